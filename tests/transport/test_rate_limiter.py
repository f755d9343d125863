"""No second sees more messages than the limit, whatever held them up, here or on their way."""

from __future__ import annotations

import asyncio
import random
import selectors
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.channels.telegram.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LIMIT = 50


class Leaping(selectors.SelectSelector):
    """Does not wait: what an event loop would wait for has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let the time pass at once."""
        self.now += timeout or 0.0
        return super().select(0)


def passes(story: Coroutine[object, object, None]) -> None:
    """Play a story in a loop whose time leaps."""
    selector = Leaping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(story)


class Road:
    """The way to Telegram and back, through a gate; remembers when each message arrived."""

    def __init__(self, gate: RateLimiter, takes: Callable[[], float]) -> None:
        self.gate = gate
        self.takes = takes
        self.arrived: list[float] = []

    async def travels(self, number: int, held_until: float = 0.0) -> None:
        """One message, at its slot or when it is let go."""
        slot, time = number * 1.002 / LIMIT, asyncio.get_running_loop().time
        await asyncio.sleep(max(0, held_until - time()))
        async with self.gate.passing(number, slot, latest=float("inf")):
            await asyncio.sleep(self.takes())
            self.arrived.append(time())
            await asyncio.sleep(self.takes())

    @property
    def fullest(self) -> int:
        """The most that arrived within any second."""
        return max(
            sum(begin <= each < begin + 1 for each in self.arrived) for begin in self.arrived
        )


def test_what_was_held_up_does_not_go_with_what_follows() -> None:
    """Nearly half a second is lost here: it is made up for, at twice the limit at most."""
    road = Road(RateLimiter(LIMIT, 100), lambda: 0.001)

    async def story() -> None:
        held = [0.7 if 15 <= number < 35 else 0.0 for number in range(300)]
        await asyncio.gather(*(road.travels(*each) for each in enumerate(held)))

    passes(story())
    assert road.fullest == LIMIT
    assert max(road.arrived) < 299 * 1.002 / LIMIT + 0.1
    assert min(later - earlier for earlier, later in pairwise(road.arrived)) > 0.49 / LIMIT


def test_what_is_late_on_its_way_does_not_arrive_with_what_follows() -> None:
    """Each way takes up to a twentieth of a second longer: nobody sees that from here."""
    chance = random.Random(17)
    road = Road(RateLimiter(LIMIT, 100), lambda: chance.uniform(0.02, 0.045))

    async def story() -> None:
        await asyncio.gather(*(road.travels(number) for number in range(600)))

    passes(story())
    assert road.fullest == LIMIT
    assert 600 / (max(road.arrived) - min(road.arrived)) > 0.95 * LIMIT


def test_who_cannot_keep_up_has_the_slots_moved() -> None:
    """Two connections carry half of the limit; what was claimed before the move does not count."""
    gate = RateLimiter(LIMIT, 2)
    road = Road(gate, lambda: 0.04)
    seen = []

    async def story() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(60):
                group.create_task(road.travels(number))
            await asyncio.sleep(0.4)
            seen.append(gate.behind)
            await asyncio.sleep(0.6)
            seen.append(gate.behind)
            gate.moved(55)
            await asyncio.sleep(0.2)
            seen.append(gate.behind)
        seen.append(gate.behind)

    passes(story())
    early, late, moved, later = seen
    assert (early, moved) == (0, 0)
    assert 0.3 < late < 0.7
    assert later > 0.9


def test_what_is_too_late_does_not_go() -> None:
    """The slot is another's then."""
    entered = []

    async def story() -> None:
        gate = RateLimiter(LIMIT, 1)
        for latest in (1.0, 0.5):
            async with gate.passing(0, 0.7, latest) as in_time:
                entered.append(in_time)

    passes(story())
    assert entered == [True, False]
