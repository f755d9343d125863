"""The simulator's clock: the real time plus an offset that can be changed."""

from __future__ import annotations

import time


class Clock:
    """A clock in Unix seconds. Timers do not use it: a change of the clock starts nothing."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Return the current time, in Unix seconds."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`, or back with a negative number."""
        self._offset += seconds

    def set_time(self, timestamp: float) -> None:
        """Set the clock to a Unix timestamp, in seconds."""
        self._offset = timestamp - time.time()
