"""Alarms that officers of the city were told of, until their cause is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from storage.models import Alarm
from storage.statements import insert_into, table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

STORE = "store"  # the evidence store is nearly full

_alarms = table(Alarm)


async def set_alarm(connection: AsyncConnection, name: str, now: datetime) -> bool:
    """Store that officers are told of something. Return False if they were told before."""
    statement = insert_into(Alarm, connection.dialect.name).values(name=name, since=now)
    added = statement.on_conflict_do_nothing(index_elements=["name"]).returning(_alarms.c.name)
    return (await connection.execute(added)).first() is not None


async def clear_alarm(connection: AsyncConnection, name: str) -> None:
    """Delete an alarm whose cause is gone, so that the next one is told again."""
    await connection.execute(delete(_alarms).where(_alarms.c.name == name))
