"""The rate limiter: no second has more messages than the limit."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_SECOND = 1.001  # a millisecond more than a second: clocks are read at slightly different times
# The longest time, in seconds, that a request is assumed to need to arrive. What a response takes
# longer than the quickest response is the server's work, not the network.
_MAX_WAY = 0.05
# The quickest measured round trip is a little longer than the shortest possible one. It grows with
# every message, because the network may have become slower.
_TRUST, _GROWTH = 0.9, 1.0002
_MIN_SHIFT = 0.25  # seconds of delay from which the slots are moved


class RateLimiter:
    """Lets each message go at its slot. All times are the event loop's, in seconds.

    Messages have numbers and slots. The slots alone do not keep the limit: delayed messages would
    be sent together with the messages that follow. So the messages whose numbers differ by a
    multiple of the limit share a lane, and message n starts at least 1 s after message n − limit is
    estimated to have arrived. No one-second window has more messages than the limit.

    A message arrived at the latest when its response came, less the quickest round trip. Delayed
    messages are sent at twice the limit, not at once.
    """

    def __init__(self, limit: float, connections: int) -> None:
        """Create a limiter of `limit` messages a second; zero is no limit, a fraction counts as 1.

        At most `connections` messages are sent at the same time, so none waits for a connection.
        """
        self._limit = limit
        self._connections = asyncio.Semaphore(connections)
        self._arrived = [float("-inf")] * max(1, int(limit))
        self._next_start = 0.0
        self._quickest = _MAX_WAY
        self._delay = 0.0
        self._first_moved = 0

    @asynccontextmanager
    async def wait_for_slot(self, number: int, slot: float, latest: float) -> AsyncIterator[bool]:
        """Wait until message `number` may be sent; send it, and get its response, inside.

        Yield False if it is later than `latest`: the message must not be sent then.
        """
        if not self._limit:
            async with self._connections:
                yield True
            return
        time, lane = asyncio.get_running_loop().time, number % len(self._arrived)
        await _sleep_until(slot)
        await _sleep_until(self._arrived[lane] + _SECOND)
        start = max(time(), self._next_start)
        self._next_start = start + 0.5 / self._limit
        await _sleep_until(start)
        async with self._connections:
            started = time()
            if number >= self._first_moved:
                self._delay = started - slot
            if started > latest:
                yield False
                return
            self._arrived[lane] = started + _MAX_WAY
            try:
                yield True
            finally:
                took = time() - started
                self._quickest = min(took, self._quickest * _GROWTH)
                self._arrived[lane] = started + min(took - _TRUST * self._quickest, _MAX_WAY)

    @property
    def seconds_late(self) -> float:
        """Return by how many seconds the next slots must be moved; 0 for a small delay."""
        return self._delay if self._delay > _MIN_SHIFT else 0.0

    def record_shift(self, number: int) -> None:
        """Record that the slots were moved, from message `number` on."""
        self._first_moved, self._delay = number, 0.0


async def _sleep_until(time: float) -> None:
    seconds = time - asyncio.get_running_loop().time()
    if seconds > 0:
        await asyncio.sleep(seconds)
