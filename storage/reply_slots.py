"""Slots of the shared rate limit for direct replies, which do not pass through the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.outbox_claims import lock_pace, set_pace

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.outbox_claims import Pacing


async def reserve_reply_slots(
    connection: AsyncConnection, *, now: datetime, pacing: Pacing, count: int
) -> list[datetime]:
    """Reserve the next free slots for `count` replies of one replica, and return their times.

    Claims of the outbox get later slots. They reach at most 0.25 seconds ahead, so a reply waits
    no longer than that for announcements, and announcements get what replies leave.
    """
    pace, interval = await lock_pace(connection, now), pacing.slot_interval
    first = max(now, pace.next_free)
    await set_pace(connection, next_free=first + interval * count, number=pace.number + count)
    return [first + interval * index for index in range(count)]
