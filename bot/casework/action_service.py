"""Perform actions of officers and residents on cases, each in the caller's transaction.

The engine is `bot/core/transitions.py`, the table is `bot/casework/actions.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.casework import addition_limits
from bot.casework.actions import ACTIONS_BY_NAME, PROPOSE
from bot.casework.ban_actions import BAN
from bot.casework.case_access import find_case_access, lock_own_access
from bot.casework.resident_actions import RATE, RESIDENT_ACTIONS
from bot.conversation.consent import has_agreed
from bot.core.excerpts import shorten
from bot.core.refusals import append_refusal
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.transitions import is_allowed, perform_transition
from bot.core.unit_of_work import UnitOfWork
from storage import submissions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.casework.case_access import CaseAccess, ResidentAccess
    from bot.casework.case_action import CaseAction
    from bot.core.requests import Chat
    from storage.models import Submission

REFUSED = "case.refused"  # the key of the text, and the action in the audit log
_READ_AFTER_APPROVAL = {PROPOSE.name, BAN.name}  # the resident reads it when a leader approves
_EXCERPT = 80  # characters of the case's text above each question
_MAX_RECORDED = 32  # characters of an action or a code in the audit log


async def begin_action(
    work: UnitOfWork, chat_id: int, name: str, receipt_code: str, similar: Sequence[int] = ()
) -> dict[str, Any]:
    """Return the facts for the short conversation of the officer's action called `name`.

    `similar` are the ids of similar cases, if they were looked for.

    Raises Refused if the officer may not perform the action now.
    """
    action, access = await _find_action(work, chat_id, name, receipt_code, similar)
    if not is_allowed(action, access):
        raise Refused(access.explain_not_allowed())
    choices = await action.load_choices(work, access) if action.load_choices else {}
    return {
        "@code": receipt_code,
        "@about": receipt_code,
        **choices,
        "@excerpt": shorten(" ".join(access.case.text.split()), _EXCERPT),
        "@readers": _name_readers(action),
    }


def _name_readers(action: CaseAction[CaseAccess]) -> str:
    """Return who will read what is written: see the texts `draft.readers`."""
    if action.name in _READ_AFTER_APPROVAL:
        return "approved"
    return "resident" if action.resident_notice else "officers"


async def perform_action(
    work: UnitOfWork, chat_id: int, name: str, receipt_code: str, answers: Mapping[str, Any]
) -> Submission:
    """Perform the officer's action called `name`; return the case after it. Raises Refused."""
    action, access = await _find_action(work, chat_id, name, receipt_code)
    changed: Submission = await perform_transition(work, action, access, answers)
    return changed


async def _find_action(
    work: UnitOfWork, chat_id: int, name: str, receipt_code: str, similar: Sequence[int] = ()
) -> tuple[CaseAction[CaseAccess], CaseAccess]:
    action = ACTIONS_BY_NAME.get(name)
    access = await find_case_access(work, chat_id, receipt_code, similar)
    if access is None or action is None:
        raise Refused(Words(REFUSED))
    return action, access


async def record_refusal(work: UnitOfWork, chat_id: int, action: str, receipt_code: str) -> None:
    """Append an audit entry: the person of a chat tried an action that is not allowed.

    `action` and `receipt_code` come from a button and may be any text.
    """
    case = await submissions.find_submission(work.connection, receipt_code)
    details = {"action": action[:_MAX_RECORDED], "code": receipt_code[:_MAX_RECORDED]}
    await append_refusal(work, REFUSED, chat_id, details, submission_id=case.id if case else None)


async def finish_own_action(
    work: UnitOfWork, chat: Chat, answers: Mapping[str, Any], *, flow: str
) -> None:
    """Perform the resident's action that belongs to a finished flow.

    Raises Refused if it is not allowed any more; the text says that nothing was stored.
    """
    code = answers["@code"]
    actions = [each for each in RESIDENT_ACTIONS if each.flow and each.flow.name == flow]
    if await perform_own_action(work, chat, actions, code, answers) is None:
        raise Refused(Words("mine.not_stored", {"code": code}))


async def store_rating(
    work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Store a rating as soon as its button is pressed, if it is still allowed; no facts."""
    await perform_own_action(work, chat, [RATE], answers["@code"], answers)
    return {}


async def perform_own_action(
    work: UnitOfWork,
    chat: Chat,
    actions: Iterable[CaseAction[ResidentAccess]],
    receipt_code: str,
    answers: Mapping[str, Any],
) -> Submission | None:
    """Perform the first of a resident's actions that is allowed; return the submission after it.

    Returns None, with nothing changed, if none is allowed or the submission is not theirs. Raises
    Refused if the action needs a consent that is not in force, above a limit, and for a ban.
    """
    access = await lock_own_access(work, chat, receipt_code)
    if access is not None:
        for action in actions:
            if is_allowed(action, access):
                if action.needs_consent and not await has_agreed(work, chat.id):
                    raise Refused(Words("mine.needs_consent", {"code": access.case.code}))
                if action.is_limited:
                    await addition_limits.check_number(work, chat)
                    await addition_limits.check_ban(work, chat, access.case)
                changed: Submission = await perform_transition(work, action, access, answers)
                return changed
    return None
