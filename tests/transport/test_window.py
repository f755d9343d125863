"""No second sees more messages than the limit, whatever held them up."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.telegram.window import Window

if TYPE_CHECKING:
    import pytest

LIMIT = 10


class Clock:
    """An event loop's time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        """The loop's time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.now += seconds


async def test_what_was_held_up_does_not_go_with_what_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half a second is lost: it is made up for, and no second has eleven."""
    clock = Clock()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    monkeypatch.setattr(asyncio, "sleep", clock.sleep)
    window, went = Window(LIMIT), []
    for number in range(60):
        clock.now = max(clock.now, number * 0.1008)
        if number == 15:
            clock.now += 0.5
        await window.opens(number)
        went.append(clock.now)
    monkeypatch.undo()
    most = max(sum(begin <= each < begin + 1 for each in went) for begin in went)
    assert most == LIMIT
    assert went[59] < 59 * 0.1008 + 0.5
    gaps = [later - earlier for earlier, later in pairwise(went)]
    assert min(gaps) > 0.049
