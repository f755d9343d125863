"""Make concurrent transactions meet at a lock, on PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from bot.core.requests import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.unit_of_work import UnitOfWork
    from storage.database import Database
    from tests.town.town import Town

    Act = Callable[[UnitOfWork], Awaitable[Any]]

_LOCK_WAITS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
_TIMEOUT = 20  # seconds


async def count_lock_waits(database: Database) -> int:
    """Return the number of sessions of this database that wait for a lock."""
    async with database.reading() as connection:
        return int((await connection.execute(_LOCK_WAITS)).scalar_one())


async def wait_for_lock_waits(
    database: Database, count: int, running: Sequence[asyncio.Future[Any]] = ()
) -> None:
    """Return when `count` sessions wait for a lock; ended tasks of `running` count as well.

    Raises TimeoutError after 20 seconds.
    """
    async with asyncio.timeout(_TIMEOUT):
        while True:
            ended = sum(task.done() for task in running)
            if await count_lock_waits(database) + ended >= count:
                return


async def run_together(
    town: Town, lock: Callable[[AsyncConnection], Awaitable[Any]], *acts: Act
) -> list[str]:
    """Run acts at the same time: each has read, and none has written, when the first goes on.

    `lock` takes a lock that every act needs before it writes. Act n runs in a transaction of
    replica n. Return for each act "done", the key of its refusal, or "not done" if it returned
    False.
    """
    async with town.app.database.transaction() as holding:
        await lock(holding)
        running = [asyncio.create_task(_run(town, *each)) for each in enumerate(acts)]
        await wait_for_lock_waits(town.app.database, len(acts))
    async with asyncio.timeout(_TIMEOUT):
        return list(await asyncio.gather(*running))


async def _run(town: Town, replica: int, act: Act) -> str:
    try:
        async with town.work(replica) as work:
            return "not done" if await act(work) is False else "done"
    except Refused as refused:
        return refused.words.key
