"""Fetch attachments in the background, with retries.

The submission is committed before. It stays valid if its attachments cannot be fetched.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from bot.evidence.cleaning_process import CleaningProcess
from bot.evidence.content_types import MAX_FILE_BYTES, seems_uncleanable
from bot.evidence.errors import ActiveContent, NotCheckable, UnreadableMedia
from bot.evidence.scanner import ScannerUnavailable
from bot.privacy.encryption import Unreadable
from storage import erasure, evidence
from storage.models import EvidenceState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.evidence.metadata import CheckedFile
    from bot.evidence.scanner import VirusScanner
    from bot.evidence.store import EvidenceStore
    from storage.database import Database
    from storage.models import Attachment

log = structlog.get_logger()

# After failing for this time Telegram is not asked for a file any more: its state is `failed`.
GIVE_UP_AFTER = timedelta(days=1)
_MAX_RETRY_DELAY = timedelta(hours=2)
_MAX_SCANNER_DELAY = timedelta(minutes=2)
_MAX_STORE_DELAY = timedelta(minutes=10)  # a store that is repaired must not wait for hours
_LEASE = timedelta(minutes=5)  # longer than it takes to fetch MAX_FILE_BYTES
_BATCH_SIZE = 4  # attachments that are fetched at the same time


class NotFetched(Exception):
    """Telegram does not send a file.

    `state` is the final state of the attachment, or None to retry later.
    """

    def __init__(self, reason: str, state: EvidenceState | None = None) -> None:
        super().__init__(reason)
        self.state = state


_NEARLY_FULL = 0.8  # of the quota of all: from here on operator and officers are warned


@dataclass(frozen=True)
class _StoredFiles:
    """The names of the two stored files of an attachment, and facts of the original.

    - `original`: the name of the unchanged file.
    - `served`: the name of the copy without metadata; None if it cannot be made.
    - `state`: STORED, or UNCHECKED if nobody may see the file.
    - `digest`: the SHA-256 of the original, in hexadecimal.
    - `size`: the size of the original in bytes.
    """

    original: str
    served: str | None
    state: EvidenceState
    content_type: str | None
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class StorageQuota:
    """The most bytes of stored files: of one resident, and of all together."""

    a_person: int
    in_all: int

    def is_nearly_full(self, used: int) -> bool:
        """Return True if so many bytes leave little room: people are told to make more."""
        return used > self.in_all * _NEARLY_FULL


class EvidenceFetcher:
    """Fetches attachments into the store. Several fetchers may run, also in several replicas."""

    def __init__(
        self,
        database: Database,
        store: EvidenceStore,
        fetch_file: Callable[[str], Awaitable[bytes]],
        clock: Callable[[], datetime],
        report_failure: Callable[[AsyncConnection, Attachment, str, datetime], Awaitable[None]],
        scanner: VirusScanner | None = None,
        quota: StorageQuota | None = None,
    ) -> None:
        """Create a fetcher.

        - `fetch_file`: returns the content for Telegram's file id, or raises NotFetched.
        - `clock`: returns the present time in UTC.
        - `report_failure`: tells the resident of an attachment that officers will not see. It gets
          the transaction, the attachment, the name of the text that says why, and the time.
        - `scanner`: looks for malware; None if there is none.
        - `quota`: the room for files; None without a limit.
        """
        self._database = database
        self._store = store
        self._fetch_file = fetch_file
        self._clock = clock
        self._report_failure = report_failure
        self._scanner = scanner
        self._quota = quota
        self._owner = uuid4().hex
        self._cleaning = CleaningProcess()

    def close(self) -> None:
        """Stop the process that cleans files."""
        self._cleaning.close()

    async def fetch_due(self) -> int:
        """Fetch and store all attachments that are due. Return their number.

        The number includes those that failed. Raises Unavailable if the database cannot be used.
        """
        count = 0
        while True:
            async with self._database.transaction() as connection:
                claimed = await evidence.claim_attachments(
                    connection,
                    owner=self._owner,
                    now=self._clock(),
                    lease=_LEASE,
                    max_rows=_BATCH_SIZE,
                )
            if not claimed:
                return count
            await asyncio.gather(*(self._process_attachment(row) for row in claimed))
            count += len(claimed)

    async def delete_erased_files(self) -> int:
        """Delete the files and then the rows of all erased attachments. Return their number.

        Raises Unavailable, and OSError if the store is not reachable.
        """
        count = 0
        while True:
            async with self._database.transaction() as connection:
                erased = await erasure.list_erased_attachments(connection, _BATCH_SIZE)
                for row in erased:
                    await self._store.delete_files(make_file_names(row.id))
                await erasure.delete_attachments(connection, [row.id for row in erased])
            if not erased:
                return count
            count += len(erased)

    async def _process_attachment(self, row: Attachment) -> None:
        """Fetch and store the file of a claimed attachment, and record the result."""
        try:
            stored = await self._store_files(row)
        except NotFetched as error:
            await self._record_failure(row, error)
            return
        except (OSError, Unreadable) as error:
            await self._record_wait(row, f"{evidence.NOT_STORED}: {error}", _MAX_STORE_DELAY)
            return
        except ScannerUnavailable as error:
            await self._record_wait(row, f"{evidence.NOT_SCANNED}: {error}", _MAX_SCANNER_DELAY)
            return
        except Exception as error:  # a file that breaks a library must not stop the other files
            log.exception("fetching an attachment raised an error", attachment=row.id)
            await self._record_failure(row, NotFetched(f"broke: {error!r}"))
            return
        async with self._database.transaction() as connection:
            is_recorded = await evidence.finish_attachment(
                connection,
                row,
                stored.state,
                original=stored.original,
                served=stored.served,
                content_type=stored.content_type,
                digest=stored.digest,
                size=stored.size,
                failing_since=None,
                error=None,
            )
            if is_recorded:
                await self._report_unseen(connection, row, stored)
        if not is_recorded and await self._is_erased(row):
            await self._store.delete_files(make_file_names(row.id))

    async def _is_erased(self, row: Attachment) -> bool:
        """Return True if the row was deleted rather than claimed by another worker."""
        async with self._database.reading() as connection:
            return not await evidence.attachment_exists(connection, row.id)

    async def _store_files(self, row: Attachment) -> _StoredFiles:
        """Fetch, check and store a file and its copy without metadata, if that can be made.

        Raises NotFetched; OSError if the store is not reachable, Unreadable if it has another key,
        ScannerUnavailable.
        """
        if (row.size or 0) > MAX_FILE_BYTES:
            raise NotFetched("over the limit of Telegram's servers", EvidenceState.TOO_LARGE)
        await self._check_quota(row)
        content = await self._load_original(row)
        original, served = make_file_names(row.id)
        # It is stored first: if the scanner is down, the file must not be lost meanwhile.
        await self._store.put_file(original, content)
        try:
            checked = await self._check(content, row.file_name)
        except NotFetched:
            # What an earlier release took stays in the store, although nobody is shown it any more.
            await self._store.delete_files([served] if row.original else [original, served])
            raise
        if checked is None or checked.copy is None:
            await self._store.delete_files([served])  # of an earlier release
        else:
            await self._store.put_file(served, checked.copy)
        return _StoredFiles(
            original,
            None if checked is None or checked.copy is None else served,
            EvidenceState.UNCHECKED if checked is None else EvidenceState.STORED,
            checked.content_type if checked else None,
            sha256(content).hexdigest(),
            len(content),
        )

    async def _check_quota(self, row: Attachment) -> None:
        """Raise NotFetched if the store has no room for the file; warn before it is full."""
        if self._quota is None:
            return
        async with self._database.reading() as connection:
            total = await evidence.measure_stored(connection)
            own = await evidence.measure_stored(connection, row)
        size = row.size or 0
        if self._quota.is_nearly_full(total + size):
            log.error("the evidence store is nearly full", bytes=total, quota=self._quota.in_all)
        if total + size > self._quota.in_all or own + size > self._quota.a_person:
            raise NotFetched("over the quota", EvidenceState.OVER_QUOTA)

    async def _load_original(self, row: Attachment) -> bytes:
        """Return the original if an earlier attempt stored it, or else the file from Telegram."""
        if row.original is not None or row.attempt > 1:
            with contextlib.suppress(FileNotFoundError):
                return await self._store.read_file(make_file_names(row.id)[0])
        return await self._fetch_file(row.file_id)

    async def _check(self, content: bytes, file_name: str | None) -> CheckedFile | None:
        """Return type and copy of a file without danger; None if nobody knows what is in it.

        Raises NotFetched for a file that is refused, ScannerUnavailable.
        """
        malware = await self._scanner.find_malware(content) if self._scanner else None
        if malware is not None:
            raise NotFetched(f"malware: {malware}", EvidenceState.DANGEROUS)
        _, dot, extension = (file_name or "").rpartition(".")
        try:
            return await asyncio.to_thread(
                self._cleaning.check_file, content, extension if dot else ""
            )
        except UnreadableMedia as error:
            raise NotFetched(str(error), EvidenceState.REFUSED) from error
        except ActiveContent as error:
            raise NotFetched(str(error), EvidenceState.DANGEROUS) from error
        except NotCheckable as error:
            log.warning("a file was not checked", reason=str(error))
            return None

    async def _report_unseen(
        self, connection: AsyncConnection, row: Attachment, stored: _StoredFiles
    ) -> None:
        """Tell the resident of a stored file that officers will not see.

        Of a document of Office 97 the resident is told before sending, if its name says what it is.
        """
        now = self._clock()
        if stored.state is EvidenceState.UNCHECKED:
            await self._report_failure(connection, row, stored.state, now)
        elif stored.served is None and not seems_uncleanable(row.file_name, row.mime_type):
            submission = await evidence.get_submission_of(connection, row)
            if submission.confidential:
                await self._report_failure(connection, row, "withheld", now)

    async def _record_failure(self, row: Attachment, error: NotFetched) -> None:
        """Schedule the next attempt, or record the final state and notify the resident."""
        now = self._clock()
        failing_since = row.failing_since or now
        state = error.state
        if state is None and now - failing_since >= GIVE_UP_AFTER:
            state = EvidenceState.FAILED
        log.warning("an attachment was not fetched", attachment=row.id, reason=str(error))
        async with self._database.transaction() as connection:
            reason = str(error)[:256]
            if state is None:
                next_at = now + compute_retry_delay(row.attempt)
                await evidence.finish_attachment(
                    connection,
                    row,
                    EvidenceState.WAITING,
                    next_at=next_at,
                    failing_since=failing_since,
                    error=reason,
                )
            elif await evidence.finish_attachment(
                connection, row, state, error=reason, served=None
            ):
                await self._report_failure(connection, row, state, now)

    async def _record_wait(self, row: Attachment, reason: str, most: timedelta) -> None:
        """Schedule the next attempt, at most so much later. The file is never given up.

        Telegram has sent it: only the store or the scanner failed.
        """
        log.warning("an attachment waits", attachment=row.id, reason=reason)
        delay = min(compute_retry_delay(row.attempt), most)
        async with self._database.transaction() as connection:
            await evidence.finish_attachment(
                connection,
                row,
                EvidenceState.WAITING,
                next_at=self._clock() + delay,
                failing_since=None,
                error=reason[:256],
            )


def compute_retry_delay(attempt: int) -> timedelta:
    """Return the delay before the next attempt: 10 seconds after attempt 1, doubled up to 2 hours.

    `attempt` is the number of the failed attempt, from 1.
    """
    return min(timedelta(seconds=10) * (1 << min(attempt - 1, 12)), _MAX_RETRY_DELAY)


def make_file_names(attachment_id: int) -> tuple[str, str]:
    """Return the names of an attachment's original and of its copy without metadata in the store.

    They are the same at every attempt, so a failed attempt leaves no other files behind.
    """
    name = f"{attachment_id // 1000:05}/{attachment_id}"
    return f"originals/{name}", f"served/{name}"
