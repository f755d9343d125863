"""Rotation of the keys: everything that is encrypted is encrypted again with a new key.

Replicas may run at the same time, with the same keys. The database says which key it is written
with, so all of them change to the new key together. A rotation that was killed is run again.
See docs/decisions/0007-encryption-and-pseudonyms.md.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.core.search_text import make_search_text
from bot.privacy.encryption import Unreadable
from bot.privacy.failed_updates import find_chat_id
from bot.privacy.key_check import check_key, set_present_key
from bot.privacy.plain_rows import seal_plain_rows
from bot.privacy.pseudonyms import SEALED
from storage import encrypted_fields, key_rows
from storage.database import Unavailable
from storage.key_columns import KEY_COLUMNS, KeyColumns
from storage.models import FailedUpdate, Identity
from storage.statements import table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Row

    from bot.privacy.pseudonyms import Pseudonyms
    from storage.database import Database
    from storage.models import Submission

# Rows that are read at once, and rows that are changed in one transaction: SQLite has one writer.
_PAGE = 200
_CHANGED_AT_ONCE = 25
_MAX_PASSES = 10
_MAX_ATTEMPTS = 20  # of one transaction that the database refuses, for example after a deadlock
_RETRY_SECONDS = 0.25


@dataclass
class RotationResult:
    """The result of a rotation.

    - `changed`: the number of rows and files that were encrypted again, by table.
    - `unreadable`: the number of values that no key of the settings decrypts, by table.
    - `is_finished`: False if rows were still written under another key after the last pass.
    """

    changed: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    is_finished: bool = False


async def rotate_keys(
    database: Database,
    pseudonyms: Pseudonyms,
    *,
    report: Callable[[str, int, int], None] = lambda *_: None,
    rotate_files: Callable[[], Awaitable[tuple[int, int]]] | None = None,
    settle: Callable[[], Awaitable[None]] | None = None,
) -> RotationResult:
    """Encrypt everything that is encrypted with another key again with the first key.

    Rows of one person under two keys are merged. Every transaction is small, so the bot may run at
    the same time with the same keys. A rotation that was killed can be run again.

    - `report` is called with the name of a table, the number of rows that are done, and the total.
    - `rotate_files` encrypts the stored files again; it returns how many were changed, and how many
      no key decrypts.
    - `settle` is awaited after the first pass: it returns when all replicas use the new key.

    Raises WrongKey if no key belongs to the database, and Unavailable.
    """
    await check_key(database, pseudonyms)
    await set_present_key(database, pseudonyms, 0)
    result = RotationResult()
    for number in range(_MAX_PASSES):
        count, unreadable = 0, {}
        for entry in KEY_COLUMNS:
            rotation = _TableRotation(database, pseudonyms, entry, report)
            await rotation.run()
            unreadable[rotation.name] = rotation.unreadable
            result.changed[rotation.name] = result.changed.get(rotation.name, 0) + rotation.changed
            count += rotation.changed + rotation.skipped
        if rotate_files is not None:
            changed, unreadable["files"] = await rotate_files()
            result.changed["files"] = result.changed.get("files", 0) + changed
            count += changed
        result.unreadable = {name: each for name, each in unreadable.items() if each}
        if number == 0 and settle is not None:
            await settle()
        elif not count:
            result.is_finished = True
            break
    return result


class _TableRotation:
    """The rotation of one table.

    `changed`, `skipped` and `unreadable` count rows that were encrypted again, rows that another
    transaction held, and values that no key decrypts.
    """

    def __init__(
        self,
        database: Database,
        pseudonyms: Pseudonyms,
        entry: KeyColumns,
        report: Callable[[str, int, int], None],
    ) -> None:
        self._database = database
        self._pseudonyms = pseudonyms
        self._entry = entry
        self._report = report
        self.name = table(entry.model).name
        self.changed = self.skipped = self.unreadable = 0

    async def run(self) -> None:
        """Encrypt all rows of the table again that are not under the present key."""
        done, after = 0, None
        async with self._database.reading() as connection:
            total = await key_rows.count_rows(connection, self._entry)
        while True:
            async with self._database.reading() as connection:
                page = await key_rows.list_page(connection, self._entry, after, _PAGE)
            if not page:
                break
            self.unreadable += sum(self._count_unreadable(row) for row in page)
            late = [row.row_id for row in page if self._compute_changes(row)]
            for part in _split(late, _CHANGED_AT_ONCE):
                self.changed += await self._retry(partial(self._change_rows, part))
            self.changed += await self._move_others(page)
            done, after = done + len(page), page[-1].row_id
            self._report(self.name, done, max(done, total))
        self._report(self.name, done, done)

    async def _change_rows(self, row_ids: Sequence[int]) -> int:
        async with self._database.transaction() as connection:
            rows = await key_rows.lock_page(connection, self._entry, row_ids)
            for row in rows:
                changes = self._compute_changes(row)
                name = self._entry.deduplicated
                if name in changes and await key_rows.is_taken(
                    connection, self._entry, name, changes[name]
                ):
                    del changes[name]
                if changes:
                    await key_rows.update_row(connection, self._entry, row.row_id, changes)
        self.skipped += len(row_ids) - len(rows)
        return len(rows)

    def _compute_changes(self, row: Row[Any]) -> dict[str, Any]:
        """Return the columns of a row as they are under the present key, if they differ."""
        cipher, entry = self._pseudonyms.cipher, self._entry
        changes: dict[str, Any] = {}
        for name in entry.encrypted:
            value = getattr(row, name)
            number = cipher.find_key(value.encode()) if value else None
            if number not in (None, cipher.present):
                changes[name] = cipher.encrypt_text(cipher.decrypt_text(value))
        for name in entry.sealed:
            value = get_sealed(getattr(row, name))
            number = self._pseudonyms.sealer.find_key(value) if value else None
            if number not in (None, cipher.present):
                again = self._pseudonyms.sealer.seal_again(value)
                is_screen = isinstance(getattr(row, name), dict)
                changes[name] = {SEALED: again} if is_screen else again
        old = None if entry.pseudonym is None else getattr(row, entry.pseudonym)
        new = self._compute_pseudonym(row, old)
        if new != old:
            assert entry.pseudonym is not None
            changes[entry.pseudonym] = new
            if entry.deduplicated is not None:
                key = getattr(row, entry.deduplicated)
                if str(old) in key:
                    changes[entry.deduplicated] = key.replace(str(old), str(new))
        return changes

    def _compute_pseudonym(self, row: Row[Any], old: int | None) -> int | None:
        """Return the present form of a row's pseudonym; `old` itself if it cannot be computed."""
        if old is None:
            return None
        found = self._map_pseudonyms(row).get(old)
        return old if found is None else found[1]

    def _map_pseudonyms(self, row: Row[Any]) -> Mapping[int, tuple[int, int]]:
        return map_row_pseudonyms(self._pseudonyms, self._entry, row)

    def _count_unreadable(self, row: Row[Any]) -> int:
        values = (getattr(row, name) for name in self._entry.encrypted)
        sealed = (get_sealed(getattr(row, name)) for name in self._entry.sealed)
        return sum(
            self._pseudonyms.cipher.find_key(value.encode()) is None for value in values if value
        ) + sum(self._pseudonyms.sealer.find_key(value) is None for value in sealed if value)

    async def _move_others(self, page: Sequence[Row[Any]]) -> int:
        """Move the pseudonyms of the page's people in rows that have no address of their own."""
        present = self._pseudonyms.cipher.present
        moves = {
            old: new
            for row in page
            for old, (number, new) in self._map_pseudonyms(row).items()
            if number != present
        }
        if not moves or self._entry.of_message:
            return 0
        count = 0
        for entry in KEY_COLUMNS:
            if entry.pseudonym is None or entry.unique is None or entry.of_message:
                continue
            async with self._database.reading() as connection:
                known = await key_rows.list_without_address(connection, entry, moves)
            for old in known:
                await self._retry(partial(self._move_pseudonym, entry, old, moves[old]))
            count += len(known)
        return count

    async def _move_pseudonym(self, entry: KeyColumns, old: int, new: int) -> int:
        async with self._database.transaction() as connection:
            await key_rows.move_pseudonym(connection, entry, old, new)
        return 1

    async def _retry(self, change: Callable[[], Awaitable[int]]) -> int:
        """Call a function that runs a transaction; again if the database refuses it.

        Raises Unavailable after the last attempt.
        """
        for _ in range(_MAX_ATTEMPTS - 1):
            with suppress(Unavailable):
                return await change()
            await asyncio.sleep(_RETRY_SECONDS)
        return await change()


def map_row_pseudonyms(
    pseudonyms: Pseudonyms, entry: KeyColumns, row: Row[Any]
) -> Mapping[int, tuple[int, int]]:
    """Return the pseudonyms that a row's address belongs to, as `Pseudonyms.map_pseudonyms` does.

    There are none without an address, or if no key decrypts it.
    """
    address = getattr(row, entry.address) if entry.address else None
    if not address:
        return {}
    try:
        if entry.model is FailedUpdate:
            sender = find_chat_id(pseudonyms, address)
            return {} if sender is None else pseudonyms.map_pseudonyms(sender)
        if entry.of_message:
            return pseudonyms.map_message_keys(*pseudonyms.decrypt_message(address))
        return pseudonyms.map_pseudonyms(pseudonyms.decrypt_chat_id(address))
    except Unreadable:
        return {}


def get_sealed(value: Any) -> bytes | str | None:
    """Return a sealed value of a column, or what is sealed within a screen; None without one."""
    sealed: bytes | str | None = value.get(SEALED) if isinstance(value, dict) else value
    return sealed


def _split(row_ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for first in range(0, len(row_ids), size):
        yield row_ids[first : first + size]


async def encrypt_plain_rows(database: Database, pseudonyms: Pseudonyms) -> int:
    """Encrypt the rows of releases that had no encryption; return the number of residents.

    It also stores the search form of their texts, and seals the rows that the migrations of later
    releases left readable. A run that failed can be repeated.
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
                        connection, confidential, other.pseudonym, other.encrypted_chat_id
                    )
        if not plain:
            await seal_plain_rows(database, pseudonyms)
            return done
        done += len(plain)


def _encrypt_columns(row: Submission, pseudonyms: Pseudonyms) -> dict[str, str]:
    changed = {"folded": make_search_text(row.text)}
    if row.identity is Identity.PHONE and row.phone:
        changed["phone"] = pseudonyms.cipher.encrypt_text(row.phone)
    return changed
