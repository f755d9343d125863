"""No second sees more messages than the limit, however late some of them are."""

from __future__ import annotations

import asyncio
from collections import deque

_SECOND = 1.006  # six milliseconds more, as not everything takes as long to arrive


class Window:
    """Lets messages go in the order of their slots' numbers; times are the loop's, in seconds.

    Slots are apart, but what was held up would go together with what follows. So a message goes no
    earlier than a second after the one that is a whole limit before it, and what was held up goes
    at twice the limit, not at once.
    """

    def __init__(self, limit: float) -> None:
        """`limit` is in messages a second; one below one allows one."""
        self._limit = max(1, int(limit))
        self._gone: deque[tuple[int, float]] = deque()
        self._gap = 0.5 / limit
        self._not_before = self._next = 0.0

    async def opens(self, number: int) -> None:
        """Return when a message may go; it goes then."""
        loop = asyncio.get_running_loop()
        while self._gone and self._gone[0][0] <= number - self._limit:
            self._not_before = self._gone.popleft()[1] + _SECOND
        at = max(loop.time(), self._not_before, self._next)
        self._next = at + self._gap
        if at > loop.time():
            await asyncio.sleep(at - loop.time())
        self._gone.append((number, loop.time()))
