"""Submissions and their attachments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from storage.models import Attachment, Resident, Submission
from storage.rows import many, one, table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows, _files, _residents = table(Submission), table(Attachment), table(Resident)


@dataclass(frozen=True, slots=True)
class Exported:
    """A submission with its files and the chat of its resident."""

    submission: Submission
    attachments: Sequence[Attachment]
    chat_id: int


_of_chat = select(_residents.c.id).where(_residents.c.chat_id == bindparam("of_chat"))
_add = insert(_rows).values(resident_id=_of_chat.scalar_subquery()).returning(*_rows.c)
_attach = insert(_files)


async def add(
    connection: AsyncConnection,
    chat_id: int,
    values: Mapping[str, Any],
    attachments: Sequence[Mapping[str, Any]],
) -> Submission:
    """Store a submission of the resident of a chat, with its attachments, in order.

    Raises IntegrityError for a chat without a resident: nobody there has agreed to it.
    """
    stored = await one(connection, Submission, _add, {"of_chat": chat_id, **values})
    assert stored is not None
    if attachments:
        await connection.execute(
            _attach,
            [
                {"submission_id": stored.id, "position": position, **attachment}
                for position, attachment in enumerate(attachments)
            ],
        )
    return stored


async def by_code(connection: AsyncConnection, code: str) -> Submission | None:
    """The submission with a receipt code, or None. Who may see it is the caller's question."""
    return await one(connection, Submission, select(_rows).where(_rows.c.code == code))


async def of_chat(
    connection: AsyncConnection, chat_id: int, *, before: int | None, most: int
) -> Sequence[Submission]:
    """A resident's submissions, newest first, from those older than the id `before`."""
    statement = (
        select(_rows)
        .join(_residents, _residents.c.id == _rows.c.resident_id)
        .where(_residents.c.chat_id == chat_id)
        .order_by(_rows.c.id.desc())
        .limit(most)
    )
    if before is not None:
        statement = statement.where(_rows.c.id < before)
    return await many(connection, Submission, statement)


async def owner(connection: AsyncConnection, submission_id: int) -> int | None:
    """The chat of the resident who gave it."""
    statement = (
        select(_residents.c.chat_id)
        .join(_rows, _rows.c.resident_id == _residents.c.id)
        .where(_rows.c.id == submission_id)
    )
    return (await connection.execute(statement)).scalar_one_or_none()


async def attachments(connection: AsyncConnection, submission_id: int) -> Sequence[Attachment]:
    """The attachments of a submission, in order."""
    statement = (
        select(_files).where(_files.c.submission_id == submission_id).order_by(_files.c.position)
    )
    return await many(connection, Attachment, statement)


async def unalerted(connection: AsyncConnection, *, after: int, most: int) -> Sequence[Submission]:
    """Submissions after an id of which no officer was alerted yet, oldest first, held."""
    statement = (
        select(_rows)
        .where(_rows.c.alerted_at.is_(None), _rows.c.id > after)
        .order_by(_rows.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return await many(connection, Submission, statement)


async def count_unalerted(connection: AsyncConnection) -> int:
    """How many submissions nobody was alerted of."""
    statement = select(func.count()).select_from(_rows).where(_rows.c.alerted_at.is_(None))
    return int((await connection.execute(statement)).scalar_one())


_mark_alerted = (
    update(_rows)
    .where(_rows.c.id == bindparam("of_submission"))
    .values(alerted_at=bindparam("alerted_at"))
)


async def mark_alerted(connection: AsyncConnection, submission_id: int, at: datetime) -> None:
    """Say that officers are being alerted of it."""
    await connection.execute(_mark_alerted, {"of_submission": submission_id, "alerted_at": at})


async def everything(
    connection: AsyncConnection, since: datetime | None, until: datetime | None
) -> AsyncIterator[Exported]:
    """Every submission of a span of time, oldest first, without holding all in memory."""
    last = 0
    while True:
        statement = (
            select(_rows, _residents.c.chat_id.label("chat_id"))
            .join(_residents, _residents.c.id == _rows.c.resident_id)
            .where(_rows.c.id > last)
            .order_by(_rows.c.id)
            .limit(500)
        )
        if since is not None:
            statement = statement.where(_rows.c.created_at >= since)
        if until is not None:
            statement = statement.where(_rows.c.created_at < until)
        page = (await connection.execute(statement)).all()
        if not page:
            return
        files = await _attachments_of(connection, [row.id for row in page])
        for row in page:
            yield Exported(row, files.get(row.id, []), row.chat_id)  # type: ignore[arg-type]
        last = page[-1].id


async def _attachments_of(
    connection: AsyncConnection, submission_ids: Sequence[int]
) -> dict[int, list[Attachment]]:
    statement = (
        select(_files)
        .where(_files.c.submission_id.in_(submission_ids))
        .order_by(_files.c.submission_id, _files.c.position)
    )
    found: dict[int, list[Attachment]] = {}
    for row in await many(connection, Attachment, statement):
        found.setdefault(row.submission_id, []).append(row)
    return found


async def unmark_alerted(connection: AsyncConnection, codes: Sequence[str]) -> None:
    """Say that nobody was reached about these yet."""
    await connection.execute(update(_rows).where(_rows.c.code.in_(codes)).values(alerted_at=None))
