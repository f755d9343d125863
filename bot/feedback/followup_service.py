"""Actions of residents on their own submissions, after these were received."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework.action_service import perform_own_action
from bot.casework.resident_actions import HIDE_NAME, HIDE_PHONE, WITHDRAW
from bot.core.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from bot.core.requests import Chat
    from storage.models import Submission


async def withdraw_submission(work: UnitOfWork, chat: Chat, receipt_code: str) -> Submission | None:
    """Withdraw a resident's own submission, given its receipt code; return it.

    Return None, with nothing changed, if it is not theirs or it is too late.
    """
    return await perform_own_action(work, chat, [WITHDRAW], receipt_code, {})


IDENTITY_ACTIONS = {action.name: action for action in (HIDE_NAME, HIDE_PHONE)}


async def hide_identity(work: UnitOfWork, chat: Chat, code: str, action: str) -> Submission | None:
    """Hide the name or the phone number of the resident of a submission; return it.

    `action` is a key of IDENTITY_ACTIONS. Return None, with nothing changed, if the submission is
    not theirs, is answered, or has nothing to hide.
    """
    return await perform_own_action(work, chat, [IDENTITY_ACTIONS[action]], code, {})
