"""The unit of work: one transaction, its time, and the policy."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.policy import Policy
    from storage.database import Database


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """The values that a service needs for its part of a transaction.

    `connection` belongs to the open transaction: services query and write with it and never commit.
    `now` has a time zone; the transaction stores it wherever it stores the present time.
    """

    connection: AsyncConnection
    now: datetime
    policy: Policy


@asynccontextmanager
async def begin_work(
    database: Database, now: datetime, policy: Policy
) -> AsyncIterator[UnitOfWork]:
    """Open a transaction: commit it at the end, or roll it back if anything is raised.

    Raises Unavailable if the database cannot be used now.
    """
    async with database.transaction() as connection:
        yield UnitOfWork(connection, now, policy)
