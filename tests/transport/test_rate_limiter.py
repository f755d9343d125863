"""The rate limiter: no second has more arrivals than the limit, whatever delays the messages."""

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


class LeapingSelector(selectors.SelectSelector):
    """A selector that does not wait: the time of the event loop jumps instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Move the time forward by the timeout, and return the ready keys."""
        self.now += timeout or 0.0
        return super().select(0)


def run_story(story: Coroutine[object, object, None]) -> None:
    """Run a coroutine in an event loop whose time jumps."""
    selector = LeapingSelector()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(story)


class SimulatedNetwork:
    """The way to Telegram and back, through a rate limiter; stores the arrival time of each
    message.
    """

    def __init__(self, limiter: RateLimiter, takes: Callable[[], float]) -> None:
        self.limiter = limiter
        self.takes = takes
        self.arrived: list[float] = []

    async def send_message(self, number: int, held_until: float = 0.0) -> None:
        """Send a message at its slot, or at `held_until` if that is later. Times are in seconds."""
        slot, time = number * 1.002 / LIMIT, asyncio.get_running_loop().time
        await asyncio.sleep(max(0, held_until - time()))
        async with self.limiter.acquire_slot(number, slot, latest=float("inf")):
            await asyncio.sleep(self.takes())
            self.arrived.append(time())
            await asyncio.sleep(self.takes())

    @property
    def max_arrivals_in_a_second(self) -> int:
        """The largest number of arrivals within any second."""
        return max(
            sum(begin <= each < begin + 1 for each in self.arrived) for begin in self.arrived
        )


def test_delayed_messages_are_not_sent_together_with_later_ones() -> None:
    """Nearly half a second is lost. It is made up at twice the limit at most."""
    network = SimulatedNetwork(RateLimiter(LIMIT, 100), lambda: 0.001)

    async def story() -> None:
        held = [0.7 if 15 <= number < 35 else 0.0 for number in range(300)]
        await asyncio.gather(*(network.send_message(*each) for each in enumerate(held)))

    run_story(story())
    assert network.max_arrivals_in_a_second == LIMIT
    assert max(network.arrived) < 299 * 1.002 / LIMIT + 0.1
    assert min(later - earlier for earlier, later in pairwise(network.arrived)) > 0.49 / LIMIT


def test_slow_messages_do_not_arrive_together_with_later_ones() -> None:
    """The network delays each by up to 25 ms, which the sender cannot measure."""
    chance = random.Random(17)
    network = SimulatedNetwork(RateLimiter(LIMIT, 100), lambda: chance.uniform(0.02, 0.045))

    async def story() -> None:
        await asyncio.gather(*(network.send_message(number) for number in range(600)))

    run_story(story())
    assert network.max_arrivals_in_a_second == LIMIT
    assert 600 / (max(network.arrived) - min(network.arrived)) > 0.95 * LIMIT


def test_a_sender_that_is_too_slow_reports_how_late_it_is() -> None:
    """Two connections carry half of the limit; messages claimed before the slots were moved do not
    count.
    """
    limiter = RateLimiter(LIMIT, 2)
    network = SimulatedNetwork(limiter, lambda: 0.04)
    seen = []

    async def story() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(60):
                group.create_task(network.send_message(number))
            await asyncio.sleep(0.4)
            seen.append(limiter.seconds_late)
            await asyncio.sleep(0.6)
            seen.append(limiter.seconds_late)
            limiter.record_shift(55)
            await asyncio.sleep(0.2)
            seen.append(limiter.seconds_late)
        seen.append(limiter.seconds_late)

    run_story(story())
    early, late, moved, later = seen
    assert (early, moved) == (0, 0)
    assert 0.3 < late < 0.7
    assert later > 0.9


def test_a_message_after_its_latest_time_is_not_sent() -> None:
    """Its slot belongs to another message by then."""
    entered = []

    async def story() -> None:
        limiter = RateLimiter(LIMIT, 1)
        for latest in (1.0, 0.5):
            async with limiter.acquire_slot(0, 0.7, latest) as in_time:
                entered.append(in_time)

    run_story(story())
    assert entered == [True, False]
