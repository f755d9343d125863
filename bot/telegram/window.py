"""No second sees more messages than it has slots, however late some of them are."""

from __future__ import annotations

import asyncio
from collections import deque

_SECOND = 1.0


class Window:
    """Lets messages go at their slots, or later; the times are the event loop's, in seconds.

    What was held up must not go together with what follows: a message goes no earlier than a second
    after the one whose slot was a second before its own. So what goes in a second had its slots in
    one, and of those there are no more than the limit. Lost time is made up for within the second
    in which it was lost.
    """

    def __init__(self) -> None:
        self._gone: deque[tuple[float, float]] = deque()
        self._not_before = 0.0

    async def wait(self, slot: float) -> None:
        """Return when a message may go."""
        loop = asyncio.get_running_loop()
        if slot > loop.time():
            await asyncio.sleep(slot - loop.time())
        while self._gone and self._gone[0][0] <= slot - _SECOND:
            self._not_before = self._gone.popleft()[1] + _SECOND
        if self._not_before > loop.time():
            await asyncio.sleep(self._not_before - loop.time())
        self._gone.append((slot, loop.time()))
