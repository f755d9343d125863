"""The pacer of direct replies: they share the rate limit of the outbox, and go before it."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from storage.reply_slots import reserve_reply_slots

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from storage.database import Database
    from storage.outbox_claims import Pacing

log = structlog.get_logger()

# Seconds. One reply in this time needs no slot: a single conversation costs no transaction. With a
# limit of 25 there is room for five replicas below the 30 that Telegram allows.
_FREE_INTERVAL = 1.001
# Seconds. A busy replica reserves the slots of this time at once. A slot is lost if no reply uses
# it in this time: many late ones together would exceed the limit.
_BLOCK = 0.05
_NEVER = float("-inf")


class ReplyPacer:
    """Delays direct replies until their slots. Replies that wait together share a transaction."""

    def __init__(self, limit: float, reserve: Callable[[int], Awaitable[Sequence[float]]]) -> None:
        """Create a pacer for a `limit` in messages per second; 0 is no limit.

        `reserve` takes a number of replies and returns the seconds from now until the slot of each
        one, ascending. If it raises, the replies are sent all the same, because each answers a turn
        that is committed.
        """
        self._limit = limit
        self._reserve = reserve
        self._free_at = _NEVER
        self._spare_slots: deque[float] = deque()
        self._waiting: deque[asyncio.Future[float]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._recent = deque[float](maxlen=max(1, min(int(limit), 1000)))

    async def acquire_slots(self, count: int = 1) -> None:
        """Wait until `count` messages may be sent, such as the files of an album."""
        if not self._limit:
            return
        time = asyncio.get_running_loop().time
        for _ in range(count):
            self._recent.append(time())
        if count == 1 and not self._waiting and time() >= self._free_at:
            self._free_at = time() + _FREE_INTERVAL
            return
        slots = [await slot for slot in [self._request_slot(time()) for _ in range(count)]]
        await asyncio.sleep(max(0.0, max(slots) - time()))

    def _request_slot(self, now: float) -> asyncio.Future[float]:
        """Return the time of a slot: of one that is reserved already, or of one to be reserved."""
        future = asyncio.get_running_loop().create_future()
        while self._spare_slots and not self._waiting:
            slot = self._spare_slots.popleft()
            if slot + _BLOCK > now:
                future.set_result(slot)
                return future
        self._waiting.append(future)
        if self._worker is None:
            self._worker = asyncio.create_task(self._reserve_for_waiting())
        return future

    async def _reserve_for_waiting(self) -> None:
        time = asyncio.get_running_loop().time
        while self._waiting:
            begun = time()
            count = max(len(self._waiting), self._count_of_block(begun))
            try:
                slots = [begun + after for after in await self._reserve(count)]
            except Exception as error:  # the replies must be sent after any error
                log.warning("replies are sent without slots", error=repr(error))
                slots = [begun] * len(self._waiting)
            for slot in slots:
                if self._waiting:
                    _set_result(self._waiting.popleft(), slot)
                else:
                    self._spare_slots.append(slot)
        self._worker = None

    def _count_of_block(self, now: float) -> int:
        """Return the number of replies in a block of slots, at the rate of the last ones."""
        if len(self._recent) < 2 or now <= self._recent[0]:
            return 1
        rate = len(self._recent) / max(now - self._recent[0], _BLOCK)
        return max(1, int(min(rate, self._limit) * _BLOCK))


def _set_result(future: asyncio.Future[float], slot: float) -> None:
    if not future.done():  # its reply may be cancelled
        future.set_result(slot)


def make_reply_pacer(
    database: Database, pacing: Pacing, clock: Callable[[], datetime]
) -> ReplyPacer:
    """Return a pacer that reserves slots in the database, where all replicas share them.

    `clock` returns the present time in UTC.
    """

    async def reserve(count: int) -> Sequence[float]:
        now = clock()
        async with database.transaction() as connection:
            slots = await reserve_reply_slots(connection, now=now, pacing=pacing, count=count)
        return [(slot - now) / timedelta(seconds=1) for slot in slots]

    return ReplyPacer(pacing.messages_per_second, reserve)
