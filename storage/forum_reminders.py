"""Reminders of forums: their progress, and the cancelling of their messages in the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, select, update

from storage.models import Outbox, OutboxState, Reminder
from storage.statements import fetch_all, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Update
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Forum

_marks, _outbox = table(Reminder), table(Outbox)


async def map_reminders(connection: AsyncConnection, forum: Forum) -> dict[int, Reminder]:
    """Return the progress of the reminders of a forum's present start, by offset."""
    statement = select(_marks).where(
        _marks.c.forum_id == forum.id, _marks.c.start_version == forum.start_version
    )
    return {mark.offset: mark for mark in await fetch_all(connection, Reminder, statement)}


async def add_reminder(
    connection: AsyncConnection, forum: Forum, offset: int, now: datetime
) -> None:
    """Store that a reminder is begun, `offset` minutes before the start.

    An existing row is left as it is.
    """
    statement = insert_into(Reminder, connection.dialect.name).values(
        forum_id=forum.id,
        start_version=forum.start_version,
        offset=offset,
        cursor=0,
        created_at=now,
        finished_at=None,
    )
    await connection.execute(
        statement.on_conflict_do_nothing(index_elements=["forum_id", "start_version", "offset"])
    )


async def update_reminder(
    connection: AsyncConnection,
    forum: Forum,
    offset: int,
    cursor: int,
    finished_at: datetime | None,
) -> None:
    """Store the progress of a reminder; `cursor` is the id of the last handled registration."""
    await connection.execute(
        update(_marks)
        .where(_marks.c.forum_id == forum.id, _marks.c.offset == offset)
        .where(_marks.c.start_version == forum.start_version)
        .values(cursor=cursor, finished_at=finished_at)
    )


async def cancel_reminders(
    connection: AsyncConnection, forum_id: int, now: datetime, *, but_of_version: int | None
) -> None:
    """Cancel the waiting reminders of a forum, except those for the start version `but_of_version`.

    A reminder that is being sent now is not sent again if it fails.
    """
    statement = _update_unfinished(forum_id)
    if but_of_version is not None:
        statement = statement.where(_outbox.c.start_version != but_of_version)
    await _close(connection, statement, now)


async def cancel_reminders_of(
    connection: AsyncConnection, forum_id: int, pseudonyms: Collection[int], now: datetime
) -> None:
    """Cancel the waiting reminders of one person for a forum."""
    own = _update_unfinished(forum_id).where(_outbox.c.chat_id.in_(pseudonyms))
    await _close(connection, own, now)


def _update_unfinished(forum_id: int) -> Update:
    """Return an UPDATE of a forum's unfinished reminders: only reminders have a start version."""
    return update(_outbox).where(
        _outbox.c.forum_id == forum_id,
        _outbox.c.start_version.is_not(None),
        _outbox.c.finished_at.is_(None),
    )


async def _close(connection: AsyncConnection, statement: Update, now: datetime) -> None:
    sending = (_outbox.c.state == OutboxState.SENDING, OutboxState.MAYBE_SENT.value)
    await connection.execute(
        statement.values(
            state=case(sending, else_=OutboxState.EXPIRED.value),
            finished_at=now,
            owner=None,
            lease_until=None,
            error="the forum changed",
        )
    )
