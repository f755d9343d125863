"""The simulator's own clock: real time, moved at will."""

from __future__ import annotations

import time


class Clock:
    """Unix seconds. Nothing waits by it: moving it makes things old at once."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """The time it shows."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move it on, or back."""
        self._ahead += seconds

    def set(self, moment: float) -> None:
        """Make it show a moment."""
        self._ahead = moment - time.time()
