"""Computations that take long run before the transaction of their request, and outside of any."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.core.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.policy import Policy
    from bot.core.requests import Route
    from storage.database import Database


async def prepare_request(
    route: Route,
    database: Database,
    policy: Policy,
    *,
    chat_id: int,
    argument: str,
    now: datetime,
) -> Any:
    """Return what a route prepares for a request, see `Route`; None if it prepares nothing.

    Nothing is stored: an update that comes again is prepared again. Raises Unavailable.
    """
    if route.prepare is None:
        return None
    async with database.reading() as connection:
        compute = await route.prepare(UnitOfWork(connection, now, policy), chat_id, argument)
    return None if compute is None else await asyncio.to_thread(compute)
