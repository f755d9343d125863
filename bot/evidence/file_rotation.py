"""Rotation of the stored files: each is encrypted again with the present key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.evidence.fetcher import make_file_names
from bot.privacy.encryption import Unreadable
from storage import evidence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.evidence.store import EvidenceStore
    from storage.database import Database
    from storage.models import Attachment

_PAGE = 100  # attachments


class FileRotation:
    """Encrypts the files of one store again, and counts them by key.

    A file is read outside of any transaction. It is replaced while its attachment is locked, so
    that an erased file does not come back, and a fetcher's newer file stays.
    """

    def __init__(
        self, database: Database, store: EvidenceStore, report: Callable[[str, int, int], None]
    ) -> None:
        """Take the database and the store.

        `report` is called with "files", the number of files that are done, and the total.
        """
        self._database = database
        self._store = store
        self._report = report

    async def rotate_files(self) -> tuple[int, int]:
        """Encrypt all files again that are not under the present key.

        Return the number of files that were changed, and of those that no key decrypts. Raises
        Unavailable, and OSError if the store cannot be reached.
        """
        changed = unreadable = 0
        async for row, name in self._iterate_files():
            try:
                content = await self._store.read_outdated_file(name)
            except FileNotFoundError:
                continue
            except Unreadable:
                unreadable += 1
                continue
            if content is not None:
                changed += 1
                await self._replace_file(row, name, content)
        return changed, unreadable

    async def count_files(self) -> dict[int | None, int]:
        """Return the number of files under each key, by its number; None is no key.

        Every file is read. Raises Unavailable, and OSError if the store cannot be reached.
        """
        counts: dict[int | None, int] = {}
        async for _, name in self._iterate_files():
            try:
                number = await self._store.find_key(name)
            except FileNotFoundError:
                continue
            counts[number] = counts.get(number, 0) + 1
        return counts

    async def _replace_file(self, row: Attachment, name: str, content: bytes) -> None:
        async with self._database.transaction() as connection:
            if await evidence.lock_stored(connection, row):
                await self._store.put_file(name, content)

    async def _iterate_files(self) -> AsyncIterator[tuple[Attachment, str]]:
        """Yield all attachments with each name of a file that they may have in the store."""
        done, after = 0, 0
        async with self._database.reading() as connection:
            total = await evidence.count_stored(connection)
        while True:
            async with self._database.reading() as connection:
                page = await evidence.list_stored(connection, after, _PAGE)
            if not page:
                break
            for row in page:
                names = (row.original, row.served) if row.original else make_file_names(row.id)
                for name in names:
                    if name is not None:
                        yield row, name
                done += 1
                self._report("files", done, max(done, total))
            after = page[-1].id
            await asyncio.sleep(0)
        self._report("files", done, done)
