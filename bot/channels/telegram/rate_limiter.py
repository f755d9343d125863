"""The rate limiter: limits the number of messages that arrive at Telegram within one second."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# Seconds. A millisecond more than a second, because clocks are read at slightly different times.
_WINDOW = 1.001
# Seconds. A request is assumed to arrive within this time. If its response takes longer than this
# and the shortest round trip together, Telegram's servers were slow, not the network.
_MAX_TRAVEL_TIME = 0.05
# The estimate of the network's round trip is the shortest measured one. It is multiplied by a share
# below 1, because even the shortest measured one includes a delay. It grows by a factor with every
# message, because the network may have become slower.
_ROUND_TRIP_SHARE, _ROUND_TRIP_GROWTH = 0.9, 1.0002
_MIN_REPORTED_DELAY = 0.25  # seconds; a smaller delay does not move the slots


class RateLimiter:
    """Delays each message until its slot. All times are seconds of the event loop's clock.

    A slot is the time at which a message may be sent. Slots alone do not keep the limit, because
    delayed messages would be sent together with the next ones. Therefore message n starts at least
    1 s after message n − limit is estimated to have arrived, so no one-second window exceeds the
    limit. Messages whose numbers differ by a multiple of the limit share a lane, which stores the
    estimated arrival of its last message.

    The estimated arrival is the time of the response minus the shortest round trip, and at most
    0.05 s after the start. Delayed messages are sent at twice the limit, not all at once.
    """

    def __init__(self, limit: float, connections: int) -> None:
        """Create a limiter.

        `limit` is in messages per second. 0 is no limit, and a limit below 1 counts as 1. At most
        `connections` messages are sent at the same time, so that no message waits for a connection
        after its slot was acquired.
        """
        self._limit = limit
        self._connections = asyncio.Semaphore(connections)
        self._arrival_times = [float("-inf")] * max(1, int(limit))
        self._next_start = 0.0
        self._min_round_trip = _MAX_TRAVEL_TIME
        self._delay = 0.0
        self._first_shifted = 0

    @asynccontextmanager
    async def acquire_slot(self, number: int, slot: float, latest: float) -> AsyncIterator[bool]:
        """Wait until message `number` may be sent. Send it and read its response in the context.

        `slot` is the earliest time of sending, `latest` the last one, both in seconds of the event
        loop's clock. Yield True if the message may be sent, False if it is later than `latest`.
        """
        if not self._limit:
            async with self._connections:
                yield True
            return
        time, lane = asyncio.get_running_loop().time, number % len(self._arrival_times)
        await _sleep_until(slot)
        await _sleep_until(self._arrival_times[lane] + _WINDOW)
        start = max(time(), self._next_start)
        self._next_start = start + 0.5 / self._limit
        await _sleep_until(start)
        async with self._connections:
            started = time()
            if number >= self._first_shifted:
                self._delay = started - slot
            if started > latest:
                yield False
                return
            self._arrival_times[lane] = started + _MAX_TRAVEL_TIME
            try:
                yield True
            finally:
                duration = time() - started
                self._min_round_trip = min(duration, self._min_round_trip * _ROUND_TRIP_GROWTH)
                self._arrival_times[lane] = started + min(
                    duration - _ROUND_TRIP_SHARE * self._min_round_trip, _MAX_TRAVEL_TIME
                )

    @property
    def seconds_late(self) -> float:
        """Return by how many seconds the next slots must begin later; 0 if messages are in time."""
        return self._delay if self._delay > _MIN_REPORTED_DELAY else 0.0

    def record_shift(self, number: int) -> None:
        """Record that slots begin later from message `number` on. Reset `seconds_late`."""
        self._first_shifted, self._delay = number, 0.0


async def _sleep_until(time: float) -> None:
    seconds = time - asyncio.get_running_loop().time()
    if seconds > 0:
        await asyncio.sleep(seconds)
