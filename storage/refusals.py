"""Counts of refused attempts: how often one person tried what is not allowed, within one hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from storage.models import RefusalCount
from storage.statements import fetch_all, fetch_one, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Officer

_MAX_ATTEMPTS = 20  # different ones that are named in one row; the others are only counted
OTHERS = "others"

_rows = table(RefusalCount)


async def count_refusal(
    connection: AsyncConnection, hour: datetime, tag: str, officer: Officer | None, attempt: str
) -> int:
    """Count a refused attempt; return how many there were in this hour, with this one.

    - `hour`: the start of the hour.
    - `tag`: tells one person's attempts of the hour from those of others.
    - `attempt`: what an officer tried. It is not stored of anybody else.
    """
    row = {"hour": hour, "tag": tag, "count": 0, "attempts": {}}
    row |= {"officer_id": officer.id if officer else None, "role": officer.role if officer else ""}
    statement = insert_into(RefusalCount, connection.dialect.name).values(row)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["hour", "tag"]))
    is_theirs = (_rows.c.hour == hour) & (_rows.c.tag == tag)
    found = await fetch_one(
        connection, RefusalCount, select(_rows).where(is_theirs).with_for_update()
    )
    assert found is not None
    attempts = dict(found.attempts)
    if officer is not None and found.count:  # the first one has an entry of its own
        named = attempt if attempt in attempts or len(attempts) < _MAX_ATTEMPTS else OTHERS
        attempts[named] = attempts.get(named, 0) + 1
    await connection.execute(
        update(_rows).where(is_theirs).values(count=found.count + 1, attempts=attempts)
    )
    return found.count + 1


async def take_counts(
    connection: AsyncConnection, before: datetime, max_rows: int
) -> Sequence[RefusalCount]:
    """Delete and return counts of hours that began before a given time, oldest first."""
    statement = (
        select(_rows)
        .where(_rows.c.hour < before)
        .order_by(_rows.c.hour, _rows.c.id)
        .limit(max_rows)
        .with_for_update(skip_locked=True)
    )
    found = await fetch_all(connection, RefusalCount, statement)
    ids = [each.id for each in found]
    await connection.execute(delete(_rows).where(_rows.c.id.in_(ids)))
    return found
