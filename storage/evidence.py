"""Attachments as jobs: workers claim them to copy their files into the bot's own store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, update

from storage.models import Attachment, EvidenceState, Submission
from storage.statements import fetch_all, fetch_one, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection

# The starts of the errors of files that wait for the virus scanner, or for the store.
NOT_SCANNED, NOT_STORED = "not scanned", "not stored"

_rows, _submissions = table(Attachment), table(Submission)


async def claim_attachments(
    connection: AsyncConnection, *, owner: str, now: datetime, lease: timedelta, max_rows: int
) -> Sequence[Attachment]:
    """Claim attachments that are due to be fetched, and return them.

    No other worker claims them before the lease ends. Then `next_at` of the row is in the past.
    """
    fetching = or_(_rows.c.state == EvidenceState.WAITING, _rows.c.state == EvidenceState.FETCHING)
    due = (
        select(_rows.c.id)
        .where(fetching, _rows.c.next_at <= now)
        .order_by(_rows.c.next_at, _rows.c.id)
        .limit(max_rows)
        .with_for_update(skip_locked=True)
        .cte("due")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    statement = (
        update(_rows)
        .where(_rows.c.id.in_(select(due.c.id)))
        .values(
            state=EvidenceState.FETCHING,
            owner=owner,
            attempt=_rows.c.attempt + 1,
            next_at=now + lease,
        )
        .returning(*_rows.c)
    )
    return await fetch_all(connection, Attachment, statement)


async def finish_attachment(
    connection: AsyncConnection, row: Attachment, state: EvidenceState, **values: Any
) -> bool:
    """Write the state and other columns of a claimed row.

    Return False and write nothing if the row was claimed by another worker or erased since.
    """
    result = await connection.execute(
        update(_rows)
        .where(_rows.c.id == row.id, _rows.c.state == EvidenceState.FETCHING)
        .where(_rows.c.owner == row.owner, _rows.c.attempt == row.attempt)
        .values(state=state, owner=None, **values)
    )
    return result.rowcount == 1


async def get_submission_of(connection: AsyncConnection, row: Attachment) -> Submission:
    """Return the submission of an attachment."""
    statement = select(_submissions).where(_submissions.c.id == row.submission_id)
    found = await fetch_one(connection, Submission, statement)
    assert found is not None
    return found


async def attachment_exists(connection: AsyncConnection, attachment_id: int) -> bool:
    """Return True if an attachment exists and is not being erased."""
    found = await connection.execute(
        select(_rows.c.id).where(_rows.c.id == attachment_id, _rows.c.state != EvidenceState.ERASED)
    )
    return found.first() is not None


async def count_by_state(connection: AsyncConnection) -> dict[str, int]:
    """Return the numbers of attachments by state; all states are in it."""
    statement = select(_rows.c.state, func.count()).group_by(_rows.c.state)
    counts = {EvidenceState(state): count for state, count in await connection.execute(statement)}
    return {state.value: counts.get(state, 0) for state in EvidenceState}


async def count_waiting(connection: AsyncConnection, reason: str) -> int:
    """Return the number of files that wait for a reason: NOT_SCANNED or NOT_STORED."""
    statement = (
        select(func.count())
        .select_from(_rows)
        .where(_rows.c.state == EvidenceState.WAITING, _rows.c.error.startswith(reason))
    )
    return int((await connection.execute(statement)).scalar_one())


async def count_unfetched(connection: AsyncConnection) -> int:
    """Return the number of attachments that are still to be fetched."""
    statement = (
        select(func.count())
        .select_from(_rows)
        .where(_rows.c.state.in_([EvidenceState.WAITING, EvidenceState.FETCHING]))
    )
    return int((await connection.execute(statement)).scalar_one())


# An attempt that failed may have stored a file before, for example if the scanner did not answer.
_may_be_stored = (_rows.c.attempt > 0) & _rows.c.state.in_(
    [EvidenceState.WAITING, EvidenceState.FETCHING]
)
_has_files = (_rows.c.state != EvidenceState.ERASED) & (
    _rows.c.original.is_not(None) | _may_be_stored
)


async def list_stored(
    connection: AsyncConnection, after: int, max_rows: int
) -> Sequence[Attachment]:
    """Return attachments that may have files in the store, with an id over `after`, by id."""
    statement = select(_rows).where(_has_files, _rows.c.id > after).order_by(_rows.c.id)
    return await fetch_all(connection, Attachment, statement.limit(max_rows))


async def count_stored(connection: AsyncConnection) -> int:
    """Return the number of attachments that may have files in the store."""
    found = await connection.execute(select(func.count()).select_from(_rows).where(_has_files))
    return int(found.scalar_one())


async def lock_stored(connection: AsyncConnection, row: Attachment) -> bool:
    """Lock an attachment, so that its files can be replaced by equal ones.

    Return False if it was erased or claimed since it was read.
    """
    statement = (
        select(_rows.c.id)
        .where(_rows.c.id == row.id, _has_files, _rows.c.attempt == row.attempt)
        .where(_rows.c.state != EvidenceState.FETCHING)
        .with_for_update()
    )
    return (await connection.execute(statement)).first() is not None


async def measure_stored(connection: AsyncConnection, row: Attachment | None = None) -> int:
    """Return the bytes of all stored originals; with a row, of those of its resident."""
    statement = select(func.coalesce(func.sum(_rows.c.size), 0)).where(
        _rows.c.original.is_not(None)
    )
    if row is not None:
        author = select(_submissions.c.resident_id).where(_submissions.c.id == row.submission_id)
        theirs = select(_submissions.c.id).where(
            _submissions.c.resident_id == author.scalar_subquery()
        )
        statement = statement.where(_rows.c.submission_id.in_(theirs))
    return int((await connection.execute(statement)).scalar_one())
