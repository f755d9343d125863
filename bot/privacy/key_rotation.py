"""Keys: checked against the database, changed, and put to what an older release left unsealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.text_folding import fold_text
from bot.privacy import audit_chain
from bot.privacy.encryption import Unreadable
from bot.privacy.pseudonyms import Pseudonyms
from storage import encrypted_fields, failed_updates
from storage.models import Identity

if TYPE_CHECKING:
    from storage.database import Database
    from storage.models import Submission

_KNOWN = "langnghe"
_PAGE = 200


class WrongKey(Exception):
    """The database was sealed with a key that is not among the given ones."""


async def check_key(database: Database, pseudonyms: Pseudonyms) -> None:
    """Raise WrongKey unless this key opens the database; a new database takes it as its own."""
    async with database.transaction() as connection:
        known = await encrypted_fields.get_or_store_secret(
            connection, encrypted_fields.KEY_CHECK, pseudonyms.cipher.encrypt_text(_KNOWN)
        )
    try:
        pseudonyms.cipher.decrypt_text(known)
    except Unreadable as error:
        raise WrongKey(
            "the database was sealed with another key: set privacy.encryption_key (or"
            " privacy.key_file) to the one that it was made with"
        ) from error


async def rotate_keys(database: Database, pseudonyms: Pseudonyms) -> int:
    """Put everything under the first key; how many residents there were.

    In pages, each in its own transaction: the bot may run meanwhile, with the same keys, and a
    broken run is simply begun again. Files keep their seal: keep the old key until they are gone.
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
                    connection, resident.alias, address.alias, address.sealed
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
        await failed_updates.clear_aliases(connection)
        await encrypted_fields.set_secret(
            connection, encrypted_fields.KEY_CHECK, pseudonyms.cipher.encrypt_text(_KNOWN)
        )
        chain_key = await audit_chain.load_chain_key(connection, pseudonyms.cipher)
        await encrypted_fields.set_secret(
            connection, encrypted_fields.CHAIN_KEY, pseudonyms.cipher.encrypt_text(chain_key)
        )
    return done


async def encrypt_plain_rows(database: Database, pseudonyms: Pseudonyms) -> int:
    """Seal what a release before the seal wrote; how many residents there were.

    Texts are folded for the search in the same go. Begun again after a break, it goes on.
    """
    done = 0
    while True:
        async with database.transaction() as connection:
            plain = await encrypted_fields.lock_plain_residents(connection, _PAGE)
            for resident in plain:
                chat_id = int(resident.sealed.removeprefix(encrypted_fields.PLAIN))
                given = await encrypted_fields.list_submissions_of(connection, resident.id)
                for row in given:
                    await encrypted_fields.update_columns(
                        connection, row.id, **_sealed(row, pseudonyms)
                    )
                address = pseudonyms.make_address(chat_id, named=True)
                await encrypted_fields.move_resident(
                    connection, resident.alias, address.alias, address.sealed
                )
                apart = [row.id for row in given if row.confidential]
                if apart:
                    other = pseudonyms.make_address(chat_id, named=False)
                    await encrypted_fields.split_unnamed(
                        connection, resident, apart, other.alias, other.sealed
                    )
        if not plain:
            return done
        done += len(plain)


def _sealed(row: Submission, pseudonyms: Pseudonyms) -> dict[str, str]:
    changed = {"folded": fold_text(row.text)}
    if row.identity is Identity.PHONE and row.phone:
        changed["phone"] = pseudonyms.cipher.encrypt_text(row.phone)
    return changed
