"""Seals the rows that a migration from an earlier release left readable.

Each page is a transaction, and a run that failed can be repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.privacy.failed_updates import find_sender, seal_failed_update
from bot.privacy.pseudonyms import ChatAddress
from storage import plain_rows

if TYPE_CHECKING:
    from bot.privacy.pseudonyms import Pseudonyms
    from storage.database import Database
    from storage.models import Outbox

_PAGE = 200  # rows in one transaction


async def seal_plain_rows(database: Database, pseudonyms: Pseudonyms) -> int:
    """Seal all rows that are readable, and return their number. Raises Unreadable."""
    done = 0
    for seal_page in (_seal_consents, _seal_messages, _seal_updates, _seal_conversations):
        while page := await seal_page(database, pseudonyms):
            done += page
    return done


async def has_plain_rows(database: Database) -> bool:
    """Return True if there are conversations that are not sealed yet: they are sealed last."""
    async with database.reading() as connection:
        return bool(await plain_rows.lock_plain_conversations(connection, 1, locks=False))


async def _seal_conversations(database: Database, pseudonyms: Pseudonyms) -> int:
    async with database.transaction() as connection:
        page = await plain_rows.lock_plain_conversations(connection, _PAGE)
        for row in page:
            await plain_rows.replace_conversation(
                connection,
                row,
                chat_id=pseudonyms.list_chat_keys(row.chat_id)[0],
                sealed=pseudonyms.encrypt_chat_id(row.chat_id),
                profile=pseudonyms.sealer.seal(row.profile),
                draft=None if row.draft is None else pseudonyms.sealer.seal(row.draft),
            )
    return len(page)


async def _seal_consents(database: Database, pseudonyms: Pseudonyms) -> int:
    async with database.transaction() as connection:
        page = await plain_rows.lock_plain_consents(connection, _PAGE)
        for row in page:
            sealed = row.sealed.removeprefix(plain_rows.OF_RESIDENT)
            is_plain = sealed.startswith(plain_rows.PLAIN)
            chat_id = (
                int(sealed.removeprefix(plain_rows.PLAIN))
                if is_plain
                else pseudonyms.decrypt_chat_id(sealed)
            )
            address = pseudonyms.make_consent_address(chat_id)
            await plain_rows.replace_consent(
                connection, row, address.pseudonym, address.encrypted_chat_id
            )
    return len(page)


async def _seal_updates(database: Database, pseudonyms: Pseudonyms) -> int:
    async with database.transaction() as connection:
        page = await plain_rows.lock_plain_updates(connection, _PAGE)
        for row in page:
            text = row.raw.removeprefix(plain_rows.PLAIN)
            await plain_rows.replace_update(
                connection,
                row,
                raw=seal_failed_update(pseudonyms, text, row.error),
                error=row.error.partition("(")[0],
                alias=find_sender(pseudonyms, text),
            )
    return len(page)


async def _seal_messages(database: Database, pseudonyms: Pseudonyms) -> int:
    """Seal messages to residents; delete those that were sent as direct replies."""
    async with database.transaction() as connection:
        page = await plain_rows.lock_plain_messages(connection, _PAGE)
        for row in page:
            if row.sealed is None and row.finished_at is not None:
                await plain_rows.delete_message(connection, row)
                continue
            address = _make_address(pseudonyms, row)
            number = None if row.message_id is None else str(row.message_id)
            await plain_rows.replace_message(
                connection,
                row,
                address.pseudonym,
                address.encrypted_chat_id,
                screen=pseudonyms.seal_screen(row.screen),
                sealed_message=number and pseudonyms.sealer.seal_text(number),
            )
    return len(page)


def _make_address(pseudonyms: Pseudonyms, row: Outbox) -> ChatAddress:
    if row.sealed is not None:
        return ChatAddress(row.chat_id, row.sealed)
    return pseudonyms.make_chat_address(row.chat_id)
