"""Updates that could not be taken, kept raw for the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from storage.models import FailedUpdate
from storage.statements import table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(FailedUpdate)


async def add_failed_update(
    connection: AsyncConnection, update_id: int | None, raw: str, error: str, at: datetime
) -> None:
    """Keep an update as it came, with what went wrong."""
    await connection.execute(
        insert(_rows).values(update_id=update_id, raw=raw, error=error[:2000], at=at)
    )


async def count_failed_updates(connection: AsyncConnection) -> int:
    """How many there are."""
    return int((await connection.execute(select(func.count()).select_from(_rows))).scalar_one())


async def delete_failed_updates_before(connection: AsyncConnection, before: datetime) -> int:
    """Delete those older than a moment: they may hold what a person wrote."""
    return (await connection.execute(delete(_rows).where(_rows.c.at < before))).rowcount


async def delete_failed_updates_of(connection: AsyncConnection, chat_id: int) -> None:
    """Delete the updates of a chat."""
    await connection.execute(delete(_rows).where(_rows.c.raw.contains(str(chat_id))))
