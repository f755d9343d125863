"""Fetching: each attachment by itself, in the background, as often as it takes.

The text was committed before: whatever becomes of an attachment, the submission stands.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from bot.evidence import rules
from bot.evidence.cleaning import CannotClean, clean_file
from storage import erasure, evidence
from storage.models import EvidenceState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.evidence.store import EvidenceStore
    from storage.database import Database
    from storage.models import Attachment

log = structlog.get_logger()

_LEASE = timedelta(minutes=5)  # longer than fetching 20 MB may take
_AT_ONCE = 4


class NotFetched(Exception):
    """A file could not be had; `state` is what that makes of it, None to try again later."""

    def __init__(self, reason: str, state: EvidenceState | None = None) -> None:
        super().__init__(reason)
        self.state = state


@dataclass(frozen=True)
class _Kept:
    """What was made of a file."""

    original: str
    served: str
    content_type: str
    digest: str
    size: int


class EvidenceFetcher:
    """Fetches attachments into the store; any number, in any number of replicas, may run."""

    def __init__(
        self,
        database: Database,
        store: EvidenceStore,
        fetch: Callable[[str], Awaitable[bytes]],
        clock: Callable[[], datetime],
        given_up: Callable[[AsyncConnection, Attachment, EvidenceState, datetime], Awaitable[None]],
    ) -> None:
        """`fetch` gives the bytes of a file id, or raises NotFetched; `given_up` tells people."""
        self._database = database
        self._store = store
        self._fetch = fetch
        self._clock = clock
        self._given_up = given_up
        self._owner = uuid4().hex

    async def fetch_due(self) -> int:
        """Fetch what is due now; how many there were. Raises Unavailable."""
        done = 0
        while True:
            async with self._database.transaction() as connection:
                claimed = await evidence.claim_attachments(
                    connection, owner=self._owner, now=self._clock(), lease=_LEASE, most=_AT_ONCE
                )
            if not claimed:
                return done
            await asyncio.gather(*(self._take(row) for row in claimed))
            done += len(claimed)

    async def clear_erased(self) -> int:
        """Delete the files of what was erased, and then its last trace; how many there were."""
        cleared = 0
        while True:
            async with self._database.transaction() as connection:
                gone = await erasure.list_erased_attachments(connection, _AT_ONCE)
                for row in gone:
                    await self._store.delete(make_file_names(row.id))
                await erasure.delete_attachments(connection, [row.id for row in gone])
            if not gone:
                return cleared
            cleared += len(gone)

    async def _take(self, row: Attachment) -> None:
        try:
            kept = await self._kept(row)
        except NotFetched as error:
            await self._failed(row, error)
            return
        except OSError as error:
            await self._failed(row, NotFetched(f"cannot be stored: {error}"))
            return
        except Exception as error:  # whatever a strange file breaks, it breaks alone
            log.exception("an attachment broke its fetching", attachment=row.id)
            await self._failed(row, NotFetched(f"broke: {error!r}"))
            return
        async with self._database.transaction() as connection:
            mine = await evidence.finish_attachment(
                connection,
                row,
                EvidenceState.STORED,
                original=kept.original,
                served=kept.served,
                content_type=kept.content_type,
                digest=kept.digest,
                size=kept.size,
                error=None,
            )
        if not mine and await self._is_erased(row):
            await self._store.delete([kept.original, kept.served])

    async def _is_erased(self, row: Attachment) -> bool:
        """Whether it is gone, and not only another's: then its files would be nobody's."""
        async with self._database.reading() as connection:
            return not await evidence.attachment_exists(connection, row.id)

    async def _kept(self, row: Attachment) -> _Kept:
        if (row.size or 0) > rules.MOST_BYTES:
            raise NotFetched("over the limit of Telegram's servers", EvidenceState.TOO_LARGE)
        content = await self._fetch(row.file_id)
        found = rules.detect_content_type(content)
        if found is None:
            raise NotFetched("of a type that is not taken", EvidenceState.REFUSED)
        try:
            shown = await asyncio.to_thread(clean_file, content, found)
        except CannotClean as error:
            raise NotFetched(str(error), EvidenceState.REFUSED) from error
        original, served = make_file_names(row.id)
        await self._store.put(original, content)
        await self._store.put(served, shown)
        return _Kept(original, served, found, sha256(content).hexdigest(), len(content))

    async def _failed(self, row: Attachment, error: NotFetched) -> None:
        now = self._clock()
        state = error.state
        if state is None and row.attempt >= rules.MOST_ATTEMPTS:
            state = EvidenceState.FAILED
        log.warning("an attachment was not fetched", attachment=row.id, reason=str(error))
        async with self._database.transaction() as connection:
            reason = str(error)[:256]
            if state is None:
                later = now + rules.compute_pause(row.attempt)
                await evidence.finish_attachment(
                    connection, row, EvidenceState.WAITING, next_at=later, error=reason
                )
            elif await evidence.finish_attachment(connection, row, state, error=reason):
                await self._given_up(connection, row, state, now)


def make_file_names(attachment_id: int) -> tuple[str, str]:
    """Where an attachment's two files are: the same at every attempt, so that none is left over."""
    place = f"{attachment_id // 1000:05}/{attachment_id}"
    return f"originals/{place}", f"served/{place}"


async def read_shown_copy(store: EvidenceStore, row: Attachment) -> bytes | None:
    """The copy of an attachment that may be shown; None while there is none."""
    if row.state is not EvidenceState.STORED or row.served is None:
        return None
    return await store.get(row.served)
