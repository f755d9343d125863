"""The hold on a restored copy of the database, and its end.

A copy is older than what was sent since. Without a hold the bot would send all that again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, delete, func, select, update

from storage.models import Hold, Outbox, OutboxState
from storage.outbox import Priority
from storage.statements import fetch_one, insert_into, table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_holds, _rows = table(Hold), table(Outbox)
_UNFINISHED = _rows.c.state.in_((OutboxState.WAITING, OutboxState.SENDING))
# The clock writes reminders and announcements again, all of them; they were sent before.
_IS_SENT_AGAIN = and_(_rows.c.critical.is_(True), _rows.c.priority <= Priority.ASSIGNMENT)


async def hold_database(connection: AsyncConnection, now: datetime) -> None:
    """Hold the database. One that is held already stays as it is."""
    statement = insert_into(Hold, connection.dialect.name).values(id=1, since=now)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["id"]))


async def find_hold(connection: AsyncConnection) -> datetime | None:
    """Return since when the database is held; None if it is not."""
    found = await fetch_one(connection, Hold, select(_holds))
    return found.since if found else None


async def count_unfinished(connection: AsyncConnection) -> list[tuple[str, bool, int]]:
    """Return the numbers of unfinished messages as (kind, is sent again, number), in that order."""
    kind = func.coalesce(_rows.c.kind, "")
    statement = (
        select(kind, _IS_SENT_AGAIN, func.count())
        .where(_UNFINISHED)
        .group_by(kind, _IS_SENT_AGAIN)
        .order_by(kind, _IS_SENT_AGAIN)
    )
    return [(row[0], row[1], row[2]) for row in (await connection.execute(statement)).all()]


async def end_hold(connection: AsyncConnection, now: datetime) -> None:
    """End the hold; every unfinished message counts as one that may have been sent.

    A critical reply or assignment is sent and marked as repeated. Any other message, such as a
    reminder, gets the state `maybe_sent`.
    """
    await connection.execute(
        update(_rows)
        .where(_UNFINISHED)
        .values(
            state=case(
                (_IS_SENT_AGAIN, OutboxState.WAITING.value),
                else_=OutboxState.MAYBE_SENT.value,
            ),
            finished_at=case((_IS_SENT_AGAIN, None), else_=now),
            repeated=True,
            owner=None,
            lease_until=None,
            error="in a restored copy",
        )
    )
    await connection.execute(delete(_holds))
