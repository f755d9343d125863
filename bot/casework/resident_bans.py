"""Bans: a resident may not send submissions for some days. Officers do not learn who it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.casework.case_access import find_case_access
from storage import audit, bans, submissions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.casework.case_access import CaseAccess
    from bot.core.requests import Chat
    from bot.core.unit_of_work import UnitOfWork

BANNED, UNBANNED = "resident.banned", "resident.unbanned"  # the actions in the audit log


async def may_ban(work: UnitOfWork, chat_id: int, receipt_code: str) -> bool:
    """Return True if the officer of a chat may open a case, and so may ban its resident."""
    return await find_case_access(work, chat_id, receipt_code) is not None


async def ban_resident(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Ban the resident of a case, from the answers "days" and "reason".

    Nothing happens if the officer may not open the case, or if it has no resident any more.
    """
    access = await find_case_access(work, chat.id, answers["@code"])
    if access is None:
        return
    owner = await submissions.find_owner(work.connection, access.case.id)
    if owner is None:
        return
    days, reason = int(answers["days"]), answers["reason"]
    # The pseudonym of this submission only: two pseudonyms would show that they are one person.
    await bans.add_ban(
        work.connection,
        owner.alias,
        owner.sealed,
        work.now + timedelta(days=days),
        access.officer.id,
        reason,
        work.now,
    )
    await _record(work, BANNED, access, {"days": days, "reason": reason})


async def unban_resident(work: UnitOfWork, chat_id: int, receipt_code: str) -> bool:
    """Lift the bans of the resident of a case, of all their pseudonyms.

    Return False if there was none to lift, or if the officer may not open the case.
    """
    access = await find_case_access(work, chat_id, receipt_code)
    if access is None:
        return False
    owner = await submissions.find_owner(work.connection, access.case.id)
    if owner is None:
        return False
    pseudonyms = work.policy.pseudonyms
    own_pseudonyms = pseudonyms.list_pseudonyms(pseudonyms.decrypt_chat_id(owner.sealed))
    is_lifted = await bans.delete_bans(work.connection, own_pseudonyms)
    if is_lifted:
        await _record(work, UNBANNED, access, {})
    return is_lifted


async def _record(
    work: UnitOfWork, action: str, access: CaseAccess, details: Mapping[str, Any]
) -> None:
    await audit.append_entry(
        work.connection,
        action,
        work.now,
        role=access.role,
        actor_id=access.actor_id,
        submission_id=access.case.id,
        details=details,
    )
