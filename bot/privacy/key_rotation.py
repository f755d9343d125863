"""Functions that check the keys of a database, rotate them, and encrypt rows of old releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.search_text import make_search_text
from bot.privacy import audit_chain
from bot.privacy.encryption import Unreadable
from bot.privacy.pseudonyms import Pseudonyms
from storage import encrypted_fields, failed_updates
from storage.models import Identity

if TYPE_CHECKING:
    from storage.database import Database
    from storage.models import Submission

_KNOWN = "langnghe"  # the text that is stored encrypted to check the key
_PAGE = 200  # residents in one transaction


class WrongKey(Exception):
    """The database is encrypted with a key that is not configured. The message says what to do."""


async def check_key(database: Database, pseudonyms: Pseudonyms) -> None:
    """Raise WrongKey unless one of the keys belongs to the database.

    Store a check value, encrypted with the first key, in a database that has none.
    """
    async with database.transaction() as connection:
        known = await encrypted_fields.get_or_store_secret(
            connection, encrypted_fields.KEY_CHECK, pseudonyms.cipher.encrypt_text(_KNOWN)
        )
    try:
        pseudonyms.cipher.decrypt_text(known)
    except Unreadable as error:
        raise WrongKey(
            "the database was encrypted with another key: set privacy.encryption_key (or"
            " privacy.key_file) to the one that it was made with"
        ) from error


async def rotate_keys(database: Database, pseudonyms: Pseudonyms) -> int:
    """Encrypt chat ids and phone numbers again with the first key; return the number of residents.

    Pseudonyms change too. Each page is a transaction, so the bot may run at the same time with the
    same keys, and a run that failed can be repeated. Files are not encrypted again: keep the old
    key for them. Raises Unreadable if no key decrypts a row.
    """
    done = after = 0
    while True:
        async with database.transaction() as connection:
            residents = await encrypted_fields.lock_residents(connection, after, _PAGE)
            for resident in residents:
                address = pseudonyms.make_address(
                    pseudonyms.decrypt_chat_id(resident.sealed), named=resident.named
                )
                await encrypted_fields.move_resident(
                    connection, resident.alias, address.pseudonym, address.encrypted_chat_id
                )
            for row in await encrypted_fields.list_submissions_with_phone(
                connection, [each.id for each in residents]
            ):
                phone = pseudonyms.cipher.encrypt_text(
                    pseudonyms.cipher.decrypt_text(row.phone or "")
                )
                await encrypted_fields.update_columns(connection, row.id, phone=phone)
        if not residents:
            break
        done, after = done + len(residents), residents[-1].id
    async with database.transaction() as connection:
        await failed_updates.clear_pseudonyms(connection)
        await encrypted_fields.set_secret(
            connection, encrypted_fields.KEY_CHECK, pseudonyms.cipher.encrypt_text(_KNOWN)
        )
        chain_key = await audit_chain.load_chain_key(connection, pseudonyms.cipher)
        await encrypted_fields.set_secret(
            connection, encrypted_fields.CHAIN_KEY, pseudonyms.cipher.encrypt_text(chain_key)
        )
    return done


async def encrypt_plain_rows(database: Database, pseudonyms: Pseudonyms) -> int:
    """Encrypt the rows of releases that had no encryption; return the number of residents.

    It also stores the search form of their texts. A run that failed can be repeated.
    """
    done = 0
    while True:
        async with database.transaction() as connection:
            plain = await encrypted_fields.lock_plain_residents(connection, _PAGE)
            for resident in plain:
                chat_id = int(resident.sealed.removeprefix(encrypted_fields.PLAIN))
                own = await encrypted_fields.list_submissions_of(connection, resident.id)
                for row in own:
                    await encrypted_fields.update_columns(
                        connection, row.id, **_encrypt_columns(row, pseudonyms)
                    )
                address = pseudonyms.make_address(chat_id, named=True)
                await encrypted_fields.move_resident(
                    connection, resident.alias, address.pseudonym, address.encrypted_chat_id
                )
                confidential = [row.id for row in own if row.confidential]
                if confidential:
                    other = pseudonyms.make_address(chat_id, named=False)
                    await encrypted_fields.split_unnamed(
                        connection, resident, confidential, other.pseudonym, other.encrypted_chat_id
                    )
        if not plain:
            return done
        done += len(plain)


def _encrypt_columns(row: Submission, pseudonyms: Pseudonyms) -> dict[str, str]:
    changed = {"folded": make_search_text(row.text)}
    if row.identity is Identity.PHONE and row.phone:
        changed["phone"] = pseudonyms.cipher.encrypt_text(row.phone)
    return changed
