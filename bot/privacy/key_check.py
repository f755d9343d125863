"""Check that the keys of the settings belong to a database, and find the key it is written with.

A database has a known text, encrypted with the key that new rows are encrypted with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import encrypted_fields
from storage.encrypted_fields import KEY_CHECK

if TYPE_CHECKING:
    from bot.privacy.pseudonyms import Pseudonyms
    from storage.database import Database

_KNOWN = "langnghe"  # the text that is stored encrypted to check the key


class WrongKey(Exception):
    """The database is encrypted with a key that is not configured. The message says what to do."""


async def check_key(database: Database, pseudonyms: Pseudonyms, *, stores: bool = True) -> None:
    """Raise WrongKey unless one of the keys belongs to the database, and use that key.

    A database that has no check value gets one, under the first key, if `stores` is True.
    """
    if stores:
        async with database.transaction() as connection:
            known: str | None = await encrypted_fields.get_or_store_secret(
                connection, KEY_CHECK, pseudonyms.cipher.encrypt_text(_KNOWN)
            )
    else:
        known = await find_check(database)
    if known is None:
        return
    number = pseudonyms.cipher.find_key(known.encode())
    if number is None:
        raise WrongKey(
            "the database was encrypted with another key: set privacy.encryption_key (or"
            " privacy.key_file) to the one that it was made with"
        )
    pseudonyms.cipher.use_key(number)


async def find_check(database: Database) -> str | None:
    """Return the check value of a database; None if it has none, or has no tables yet."""
    async with database.reading() as connection:
        return await encrypted_fields.find_secret(connection, KEY_CHECK)


async def set_present_key(database: Database, pseudonyms: Pseudonyms, number: int) -> None:
    """Write new rows with the key of a number from now on; all replicas will do so too."""
    pseudonyms.cipher.use_key(number)
    async with database.transaction() as connection:
        known = await encrypted_fields.find_secret(connection, KEY_CHECK)
        if known is None or pseudonyms.cipher.find_key(known.encode()) != number:
            await encrypted_fields.set_secret(
                connection, KEY_CHECK, pseudonyms.cipher.encrypt_text(_KNOWN)
            )
