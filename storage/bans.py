"""Bans: who may give no opinions, by pseudonym, until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from storage.models import Ban
from storage.rows import insert_into, one, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(Ban)


async def find(connection: AsyncConnection, aliases: Sequence[int], now: datetime) -> Ban | None:
    """The ban of one of these pseudonyms that holds now, or None."""
    statement = (
        select(_rows)
        .where(_rows.c.alias.in_(aliases), _rows.c.until > now)
        .order_by(_rows.c.until.desc())
        .limit(1)
    )
    return await one(connection, Ban, statement)


async def ban(
    connection: AsyncConnection,
    alias: int,
    until: datetime,
    officer_id: int,
    reason: str,
    at: datetime,
) -> None:
    """Ban a pseudonym; a ban that is there already is replaced."""
    values = {"until": until, "officer_id": officer_id, "reason": reason, "at": at}
    await connection.execute(
        insert_into(Ban, connection.dialect.name)
        .values(alias=alias, **values)
        .on_conflict_do_update(index_elements=["alias"], set_=values)
    )


async def lift(connection: AsyncConnection, aliases: Sequence[int]) -> bool:
    """Let these pseudonyms give opinions again; whether one of them was banned."""
    result = await connection.execute(delete(_rows).where(_rows.c.alias.in_(aliases)))
    return result.rowcount > 0
