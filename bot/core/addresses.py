"""The address under which a person is stored, also while the operator's keys are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.privacy.pseudonyms import ChatAddress
from storage import consents, residents

if TYPE_CHECKING:
    from bot.core.unit_of_work import UnitOfWork


async def load_address(work: UnitOfWork, chat_id: int, *, named: bool) -> ChatAddress:
    """Return the address to store for a person, as a named or an unnamed resident.

    A person who is stored under another key keeps that address until `keys rotate` moves all their
    rows. Until the end of this transaction it cannot: otherwise a row would be left behind.
    """
    pseudonyms = work.policy.pseudonyms
    if pseudonyms.cipher.key_count > 1:
        own = pseudonyms.list_pseudonyms(chat_id, named=named)
        stored = await residents.lock_address(work.connection, own)
        if stored is not None:
            return ChatAddress(stored.alias, stored.sealed)
    return pseudonyms.make_address(chat_id, named=named)


async def load_consent_address(work: UnitOfWork, chat_id: int) -> ChatAddress:
    """Return the address under which to store the consent of the person of a chat.

    A consent that is stored under another key keeps its address, as in `load_address`.
    """
    pseudonyms = work.policy.pseudonyms
    if pseudonyms.cipher.key_count > 1:
        own = pseudonyms.list_consent_keys(chat_id)
        stored = await consents.find_consent(work.connection, own, locks=True)
        if stored is not None:
            return ChatAddress(stored.alias, stored.sealed)
    return pseudonyms.make_consent_address(chat_id)
