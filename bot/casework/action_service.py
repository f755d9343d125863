"""Actions on cases, each in the caller's transaction: of officers, and of residents.

The engine is `bot/core/transitions.py`, the table is `bot/casework/actions.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.casework.actions import ACTIONS_BY_NAME
from bot.casework.case_access import find_case_access, lock_own_access
from bot.casework.resident_actions import RESIDENT_ACTIONS
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.transitions import is_allowed, perform_transition
from bot.core.unit_of_work import UnitOfWork
from storage import audit, officers, submissions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.casework.case_access import CaseAccess, ResidentAccess
    from bot.casework.case_action import CaseAction
    from bot.core.requests import Chat
    from storage.models import Submission

REFUSED = "case.refused"


async def begin_action(work: UnitOfWork, chat_id: int, name: str, code: str) -> dict[str, Any]:
    """Return the facts that the short conversation of an officer's action begins with.

    Raises Refused unless the officer of the chat may do this with the case as it is now.
    """
    action, access = await _find_action(work, chat_id, name, code)
    if not is_allowed(action, access):
        raise Refused(access.explain_not_allowed())
    choices = await action.load_choices(work, access) if action.load_choices else {}
    return {"@code": code, "@about": code, **choices}


async def finish_action(
    work: UnitOfWork, chat: Chat, answers: Mapping[str, Any], *, action: str
) -> None:
    """Do an officer's action with the words of its short conversation; raises Refused."""
    await perform_action(work, chat.id, action, answers["@code"], answers)


async def perform_action(
    work: UnitOfWork, chat_id: int, name: str, code: str, answers: Mapping[str, Any]
) -> Submission:
    """Do an officer's action; return the case after it. Raises Refused, with nothing changed."""
    action, access = await _find_action(work, chat_id, name, code)
    changed: Submission = await perform_transition(work, action, access, answers)
    return changed


async def _find_action(
    work: UnitOfWork, chat_id: int, name: str, code: str
) -> tuple[CaseAction[CaseAccess], CaseAccess]:
    access, action = await find_case_access(work, chat_id, code), ACTIONS_BY_NAME.get(name)
    if access is None or action is None:
        raise Refused(Words(REFUSED))
    return action, access


async def record_refusal(work: UnitOfWork, chat_id: int, action: str, code: str) -> None:
    """Record in the audit that somebody tried what they may not do, or not now."""
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


async def finish_own_action(
    work: UnitOfWork, chat: Chat, answers: Mapping[str, Any], *, flow: str
) -> None:
    """Do what a resident's short conversation was about, if it is still possible."""
    actions = [each for each in RESIDENT_ACTIONS if each.flow and each.flow.name == flow]
    await perform_own_action(work, chat, actions, answers["@code"], answers)


async def perform_own_action(
    work: UnitOfWork,
    chat: Chat,
    actions: Iterable[CaseAction[ResidentAccess]],
    code: str,
    answers: Mapping[str, Any],
) -> Submission | None:
    """Do the first of a resident's actions that is allowed; return their submission after it.

    Returns None, with nothing changed, if none is allowed or the submission is not theirs.
    """
    access = await lock_own_access(work, chat, code)
    if access is not None:
        for action in actions:
            if is_allowed(action, access):
                changed: Submission = await perform_transition(work, action, access, answers)
                return changed
    return None
