"""What officers do with a case: one transaction each, rights checked in the change itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.casework import case_access, choices, side_effects
from bot.casework.actions import BY_NAME, is_allowed
from bot.casework.changes import compute_changes
from bot.casework.side_effects import ActionResult
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from storage import audit, officers, submissions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.casework.actions import CaseAccess, Transition
    from bot.core.requests import Chat
    from storage.models import Submission

REFUSED = "case.refused"


async def begin_action(work: UnitOfWork, chat_id: int, action: str, code: str) -> dict[str, Any]:
    """The facts that the short conversation of an action begins with, as what can be chosen.

    Raises Refused unless the person of a chat may do this with a case as it is now.
    """
    at, _transition = await _found(work, chat_id, action, code)
    return {"@code": code, **await choices.load_choices(work, action, at)}


async def finish_action(
    work: UnitOfWork, chat: Chat, answers: Mapping[str, Any], *, action: str
) -> None:
    """Do an action that a short conversation gave the words for; raises Refused."""
    await perform_action(work, chat.id, action, answers["@code"], answers)


async def perform_action(
    work: UnitOfWork, chat_id: int, action: str, code: str, words: Mapping[str, Any]
) -> Submission:
    """Do an action; the case as it is then. Raises Refused, with nothing changed."""
    at, transition = await _found(work, chat_id, action, code)
    await choices.check_choice(work.connection, action, at, words)
    written = compute_changes(transition, at, work.now, words, work.policy)
    if action == "merge":
        written["merged_into"] = await choices.lock_merge_target(work.connection, at, words)
    changed = await submissions.update_submission(
        work.connection, at.case, by=at.officer, **written
    )
    if changed is None:  # somebody was first
        raise Refused(Words("case.too_late", {"code": code}))
    if action == "approve" and not await submissions.approve_answer(
        work.connection, (at.answer.id if at.answer else 0) or 0, at.officer.id, work.now
    ):
        raise Refused(Words("case.too_late", {"code": code}))
    await audit.append_entry(
        work.connection,
        f"case.{action}",
        work.now,
        role=at.officer.role,
        actor_id=at.officer.id,
        submission_id=at.case.id,
        details=_differences(at.case, changed),
    )
    await side_effects.apply_side_effects(ActionResult(work, transition, at, changed, words))
    return changed


async def record_refusal(work: UnitOfWork, chat_id: int, action: str, code: str) -> None:
    """Write down that somebody tried what they may not, or not now."""
    officer = await officers.find_officer(work.connection, chat_id)
    case = await submissions.find_submission(work.connection, code)
    await audit.append_entry(
        work.connection,
        REFUSED,
        work.now,
        role=officer.role if officer else "none",
        actor_id=officer.id if officer else chat_id,
        submission_id=case.id if case else None,
        details={"action": action[:32], "code": code[:32]},
    )


# What the audit keeps of an action: nothing that anybody wrote.
_LOGGED = ("state", "kind", "topics", "handled_by", "assignee_id", "due_at", "merged_into")


def _differences(before: Submission, after: Submission) -> dict[str, Any]:
    old = {name: _plain(getattr(before, name)) for name in _LOGGED}
    new = {name: _plain(getattr(after, name)) for name in _LOGGED}
    changed = [name for name in _LOGGED if old[name] != new[name]]
    return {
        "from": {name: old[name] for name in changed},
        "to": {name: new[name] for name in changed},
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


async def _found(
    work: UnitOfWork, chat_id: int, action: str, code: str
) -> tuple[CaseAccess, Transition]:
    at = await case_access.find_case_access(work, chat_id, code)
    transition = BY_NAME.get(action)
    if at is None or transition is None:
        raise Refused(Words(REFUSED))
    if not is_allowed(transition, at):
        raise Refused(Words("case.not_now", {"code": code}))
    return at, transition
