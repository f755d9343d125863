"""No second sees more messages than the limit, however late some of them are."""

from __future__ import annotations

import asyncio
from collections import deque

_SECOND = 1.0


class Window:
    """Lets messages go in the order of their slots' numbers; times are the loop's, in seconds.

    Slots are apart, but what was held up would go together with what follows. So a message goes no
    earlier than a second after the one that is a whole limit before it.
    """

    def __init__(self, limit: float) -> None:
        """`limit` is in messages a second; one below one allows one."""
        self._limit = max(1, int(limit))
        self._gone: deque[tuple[int, float]] = deque()
        self._not_before = 0.0

    async def opens(self, number: int) -> None:
        """Return when a message may go; it goes then."""
        loop = asyncio.get_running_loop()
        while self._gone and self._gone[0][0] <= number - self._limit:
            self._not_before = self._gone.popleft()[1] + _SECOND
        if self._not_before > loop.time():
            await asyncio.sleep(self._not_before - loop.time())
        self._gone.append((number, loop.time()))
