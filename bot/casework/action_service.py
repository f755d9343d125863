"""What officers do with a case: one transaction each, rights checked in the change itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.casework import case_access, choices, side_effects
from bot.casework.actions import BY_NAME, is_allowed
from bot.casework.changes import compute_changes
from bot.casework.side_effects import ActionResult
from bot.conversation.engine import Refused
from bot.core.screen import Words
from storage import audit, officers, submissions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.casework.actions import CaseAccess, Transition
    from bot.conversation.engine import Chat
    from bot.core.policy import Policy
    from storage.models import Submission

REFUSED = "case.refused"


async def begin_action(
    connection: AsyncConnection, chat_id: int, action: str, code: str, now: datetime, policy: Policy
) -> dict[str, Any]:
    """The facts that the short conversation of an action begins with, as what can be chosen.

    Raises Refused unless the person of a chat may do this with a case as it is now.
    """
    at, _transition = await _found(connection, chat_id, action, code, now)
    return {"@code": code, **await choices.load_choices(connection, action, at, now, policy)}


async def finish_action(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    action: str,
    policy: Policy,
) -> None:
    """Do an action that a short conversation gave the words for; raises Refused."""
    await perform_action(connection, chat.id, action, answers["@code"], now, answers, policy=policy)


async def perform_action(
    connection: AsyncConnection,
    chat_id: int,
    action: str,
    code: str,
    now: datetime,
    words: Mapping[str, Any],
    *,
    policy: Policy,
) -> Submission:
    """Do an action; the case as it is then. Raises Refused, with nothing changed."""
    at, transition = await _found(connection, chat_id, action, code, now)
    await choices.check_choice(connection, action, at, words)
    written = compute_changes(transition, at, now, words, policy)
    if action == "merge":
        written["merged_into"] = await choices.lock_merge_target(connection, at, words)
    changed = await submissions.update_submission(connection, at.case, by=at.officer, **written)
    if changed is None:  # somebody was first
        raise Refused(Words("case.too_late", {"code": code}))
    if action == "approve" and not await submissions.approve_answer(
        connection, (at.answer.id if at.answer else 0) or 0, at.officer.id, now
    ):
        raise Refused(Words("case.too_late", {"code": code}))
    await audit.append_entry(
        connection,
        f"case.{action}",
        now,
        role=at.officer.role,
        actor_id=at.officer.id,
        submission_id=at.case.id,
        details=_differences(at.case, changed),
    )
    await side_effects.apply_side_effects(
        ActionResult(connection, transition, at, changed, words, now, policy)
    )
    return changed


async def record_refusal(
    connection: AsyncConnection, chat_id: int, action: str, code: str, now: datetime
) -> None:
    """Write down that somebody tried what they may not, or not now."""
    officer = await officers.find_officer(connection, chat_id)
    case = await submissions.find_submission(connection, code)
    await audit.append_entry(
        connection,
        REFUSED,
        now,
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
    connection: AsyncConnection, chat_id: int, action: str, code: str, now: datetime
) -> tuple[CaseAccess, Transition]:
    at = await case_access.find_case_access(connection, chat_id, code, now)
    transition = BY_NAME.get(action)
    if at is None or transition is None:
        raise Refused(Words(REFUSED))
    if not is_allowed(transition, at):
        raise Refused(Words("case.not_now", {"code": code}))
    return at, transition
