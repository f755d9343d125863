"""The identity of a resident: stored twice, as a named and as an unnamed resident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.addresses import load_address
from bot.core.transitions import ActionResult, Attempt, Columns
from bot.core.unit_of_work import UnitOfWork
from storage import outbox, residents, submissions
from storage.models import Identity

if TYPE_CHECKING:
    from bot.casework.case_access import ResidentAccess
    from bot.privacy.pseudonyms import ChatAddress
    from storage.models import Resident


async def store_resident(work: UnitOfWork, chat_id: int, *, named: bool) -> ChatAddress:
    """Store the person of a chat as a named or an unnamed resident, unless they are known as such.

    Return the address of that resident. Each is stored with its own first submission only: stored
    at another moment, the order of rows could connect the two.
    """
    address = await load_address(work, chat_id, named=named)
    await residents.add_resident(
        work.connection, address.pseudonym, address.encrypted_chat_id, named=named
    )
    return address


async def hide_resident(attempt: Attempt[ResidentAccess]) -> Columns:
    """Return the columns of a submission that becomes unnamed: it belongs to another resident."""
    work = attempt.work
    chat_id = await _find_chat_id(work, attempt.access.case.id)
    address = await store_resident(work, chat_id, named=False)
    unnamed = await residents.find_resident(work.connection, [address.pseudonym])
    assert unnamed is not None
    return {
        "resident_id": unnamed.id,
        "identity": Identity.UNNAMED,
        "phone": None,
        "confidential": True,
    }


def remove_phone(_attempt: Attempt[ResidentAccess]) -> Columns:
    """Return the columns of a submission whose resident is reached by this channel only."""
    return {"identity": Identity.CHANNEL, "phone": None}


async def readdress_messages(result: ActionResult[ResidentAccess]) -> None:
    """Address the messages about the submission to the unnamed resident, sent ones too.

    Their addresses would connect the submission with the named resident.
    """
    work, case = result.work, result.after
    owner = await _get_owner(work, case.id)
    chat_id = work.policy.pseudonyms.decrypt_chat_id(owner.sealed)
    named = work.policy.pseudonyms.list_pseudonyms(chat_id, named=True)
    await outbox.readdress_messages(work.connection, case.id, named, owner.alias, owner.sealed)


async def _find_chat_id(work: UnitOfWork, submission_id: int) -> int:
    owner = await _get_owner(work, submission_id)
    return work.policy.pseudonyms.decrypt_chat_id(owner.sealed)


async def _get_owner(work: UnitOfWork, submission_id: int) -> Resident:
    owner = await submissions.find_owner(work.connection, submission_id)
    assert owner is not None
    return owner
