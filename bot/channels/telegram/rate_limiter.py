"""How many messages go at once, and that no second sees more of them than the limit."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_SECOND = 1.001  # a millisecond more, as clocks are read a little apart
# What an answer takes longer than that, above the quickest, is Telegram thinking, not the way.
_LONGEST = 0.05
# The quickest of many ways there and back is a little longer than the shortest that can be; and it
# is doubted a little with each message, as the way may have grown longer.
_TRUST, _DOUBT = 0.9, 1.0002
_MUCH = 0.25  # seconds too late, from which on the slots are moved


class RateLimiter:
    """Lets messages go at their slots, which have numbers; times are the loop's, in seconds.

    Slots are apart, but what was held up would go together with what follows. Numbers that are a
    limit apart share a lane, and the next of a lane goes a second after the one before has arrived:
    of any limit and one more, two share a lane, so that no second sees them all. When a message
    arrived is not known; it was no later than its answer came, less the quickest there and back.
    What was held up goes at twice the limit, not at once.
    """

    def __init__(self, limit: float, connections: int) -> None:
        """`limit` is in messages a second, zero for none; one below one allows one."""
        self._limit = limit
        # As many as there are connections: none waits for one when it was let go.
        self._lines = asyncio.Semaphore(connections)
        self._arrived = [float("-inf")] * max(1, int(limit))
        self._next = 0.0
        self._quickest = _LONGEST
        self._late = 0.0
        self._since = 0

    @asynccontextmanager
    async def passing(self, number: int, slot: float, latest: float) -> AsyncIterator[bool]:
        """Enter when a message may go; it goes inside, and its answer is there at the end.

        False when it is later than `latest`: it must not go then.
        """
        if not self._limit:
            async with self._lines:
                yield True
            return
        time, lane = asyncio.get_running_loop().time, number % len(self._arrived)
        await _until(slot)
        await _until(self._arrived[lane] + _SECOND)
        at = max(time(), self._next)
        self._next = at + 0.5 / self._limit
        await _until(at)
        async with self._lines:
            went = time()
            if number >= self._since:
                self._late = went - slot
            if went > latest:
                yield False
                return
            self._arrived[lane] = went + _LONGEST
            try:
                yield True
            finally:
                took = time() - went
                self._quickest = min(took, self._quickest * _DOUBT)
                self._arrived[lane] = went + min(took - _TRUST * self._quickest, _LONGEST)

    @property
    def behind(self) -> float:
        """By how many seconds the slots are to be moved: so late goes what is claimed now."""
        return self._late if self._late > _MUCH else 0.0

    def moved(self, number: int) -> None:
        """The slots were moved, from this number on."""
        self._since, self._late = number, 0.0


async def _until(moment: float) -> None:
    left = moment - asyncio.get_running_loop().time()
    if left > 0:
        await asyncio.sleep(left)
