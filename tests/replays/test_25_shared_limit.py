"""Kind 25: direct replies pass by the rate limit, so that a second has more than 30 messages."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channels.telegram.reply_pacer import ReplyPacer
from storage import outbox, outbox_claims
from storage.database import Unavailable
from storage.outbox import Priority
from storage.reply_slots import reserve_reply_slots
from tests.town.settings import START
from tests.transport.rows import make_message
from tests.transport.test_rate_limiter import run_story

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.database import Database

LIMIT, TELEGRAMS_LIMIT = 25, 30
PACING = outbox_claims.Pacing(LIMIT, 0, 0)
SECONDS, TICKS = 4, 50  # of a simulated run, and in each of its seconds


def count_fullest_second(times: Sequence[float]) -> int:
    """Return the largest number of times within any second."""
    ordered = sorted(times)
    return max(
        bisect_left(ordered, begin + 1 - 1e-9) - index for index, begin in enumerate(ordered)
    )


def compute_p95(waits: Sequence[float]) -> float:
    """Return the wait that 95 percent of the replies do not exceed."""
    return sorted(waits)[int(len(waits) * 0.95)]


# The slots of the database


@dataclass
class Run:
    """The times at which messages of a simulated run may be sent, and how long replies waited."""

    announced: list[float] = field(default_factory=list)
    replied: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


def spread(per_second: float, seed: int = 5) -> list[float]:
    """Return the times of replies at random, this many in a second on average."""
    chance = random.Random(seed)
    return sorted(chance.uniform(0, SECONDS - 0.1) for _ in range(int(per_second * SECONDS)))


ARRIVALS = {
    "nobody writes": [],
    "one": [1.0],
    "five a second": spread(5),
    "a hundred people, each every ten seconds": spread(10),
    "twenty a second": spread(20),
    "nearly the limit": spread(24, 11),
    "fifteen at once": [1.0] * 15,
    "ten at once, every second": [second + 0.5 for second in range(SECONDS) for _ in range(10)],
}


async def simulate(database: Database, arrivals: Sequence[float], replicas: int) -> Run:
    """Play an announcement and replies of several replicas, by a clock that the test moves."""
    run, next_claims = Run(), [0.0] * replicas
    async with database.transaction() as connection:
        rows = [
            make_message(f"m{number}", number, START, priority=Priority.ANNOUNCEMENT)
            for number in range(1, LIMIT * (SECONDS + 1))
        ]
        await outbox.enqueue_messages(connection, rows, START)
    waiting = list(arrivals)
    for tick in range(SECONDS * TICKS):
        at = tick / TICKS
        for replica in range(replicas):
            if at >= next_claims[replica]:
                next_claims[replica] = await claim(database, run, at, f"replica {replica}")
        arrived = [time for time in waiting if time <= at]
        waiting = waiting[len(arrived) :]
        if arrived:
            await reply(database, run, at, arrived)
    return run


async def claim(database: Database, run: Run, at: float, owner: str) -> float:
    """Claim messages of the announcement; return the time of the next claim."""
    async with database.transaction() as connection:
        batch = await outbox_claims.claim_due_messages(
            connection,
            owner=owner,
            now=START + timedelta(seconds=at),
            lease=timedelta(minutes=1),
            pacing=PACING,
            max_rows=250,
        )
    run.announced += [(each.send_at - START).total_seconds() for each in batch.rows]
    later = batch.next_claim_at
    return (later - START).total_seconds() if later else at + 0.1


async def reply(database: Database, run: Run, at: float, arrived: Sequence[float]) -> None:
    """Reserve slots for replies."""
    async with database.transaction() as connection:
        slots = await reserve_reply_slots(
            connection,
            now=START + timedelta(seconds=at),
            pacing=PACING,
            count=len(arrived),
        )
    run.replied += [(slot - START).total_seconds() for slot in slots]
    run.waits += [
        time - came for time, came in zip(run.replied[-len(arrived) :], arrived, strict=True)
    ]


@pytest.mark.parametrize("arrivals", ARRIVALS.values(), ids=ARRIVALS)
@pytest.mark.parametrize("replicas", [1, 2])
async def test_replies_and_announcements_share_the_slots(
    database: Database, arrivals: list[float], replicas: int
) -> None:
    """No second has more than the limit in sum; replies go first; what they leave is used."""
    run = await simulate(database, arrivals, replicas)
    everything = run.announced + run.replied
    assert len(run.replied) == len(arrivals)
    assert count_fullest_second(everything) <= LIMIT
    if arrivals:
        assert compute_p95(run.waits) < 1
    assert len([time for time in everything if time < SECONDS - 0.5]) >= 0.97 * LIMIT * (
        SECONDS - 0.5
    )


@pytest.mark.parametrize(
    ("priority", "sent"),
    [
        (Priority.REPLY, True),
        (Priority.ASSIGNMENT, True),
        (Priority.REMINDER, False),
        (Priority.ANNOUNCEMENT, False),
    ],
)
async def test_a_crowd_of_writers_does_not_keep_back_an_alert(
    database: Database, priority: Priority, sent: bool
) -> None:
    """While replies take all slots, alerts and receipts queue with them; the others wait."""
    run = Run()
    await reply(database, run, 0, [0.0] * LIMIT * 2)
    async with database.transaction() as connection:
        message = make_message("a", 1, START, priority=priority)
        await outbox.enqueue_messages(connection, [message], START)
    await claim(database, run, 0.1, "me")
    assert len(run.announced) == sent
    await reply(database, run, 0.2, [0.2] * LIMIT)
    assert count_fullest_second(run.announced + run.replied) <= LIMIT


# The pacer of a replica


class SharedSlots:
    """The slots of all replicas, without a database; `asked` has the number of each reservation."""

    def __init__(self, limit: float = LIMIT, takes: float = 0.004) -> None:
        self.step = 1.002 / limit
        self.takes = takes
        self.free = 0.0
        self.asked: list[int] = []

    async def reserve(self, count: int) -> list[float]:
        """Take the next free slots, in the time that a transaction takes."""
        self.asked.append(count)
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(self.takes)
        first = max(now, self.free)
        self.free = first + self.step * count
        return [first + self.step * index - now for index in range(count)]


class Crowd:
    """Replies through pacers; `sent` are the times of all messages, `waits` those of replies."""

    def __init__(self, slots: SharedSlots, replicas: int, limit: float = LIMIT) -> None:
        self.slots = slots
        self.pacers = [ReplyPacer(limit, slots.reserve) for _ in range(replicas)]
        self.sent: list[float] = []
        self.waits: list[float] = []

    async def write(self, number: int, at: float, count: int = 1) -> None:
        """Send a reply through one of the pacers."""
        time = asyncio.get_running_loop().time
        await asyncio.sleep(at - time())
        await self.pacers[number % len(self.pacers)].acquire_slots(count)
        self.sent += [time()] * count
        self.waits.append(time() - at)

    async def announce(self, until: float) -> None:
        """Send an announcement in the slots that replies leave, claimed 0.25 seconds ahead."""
        time = asyncio.get_running_loop().time
        while time() < until:
            while self.slots.free < time() + 0.25:
                slot = max(time(), self.slots.free)
                self.slots.free = slot + self.slots.step
                self.sent.append(slot)
            await asyncio.sleep(0.02)


def play(crowd: Crowd, arrivals: Sequence[float], *, announced: bool = True) -> None:
    """Let people write at these times, during an announcement if it is `announced`."""

    async def story() -> None:
        async with asyncio.TaskGroup() as group:
            if announced:
                group.create_task(crowd.announce(SECONDS))
            for number, at in enumerate(arrivals):
                group.create_task(crowd.write(number, at))

    run_story(story())


@pytest.mark.parametrize("arrivals", ARRIVALS.values(), ids=ARRIVALS)
@pytest.mark.parametrize("replicas", [1, 2])
def test_no_second_has_more_than_telegram_allows(arrivals: list[float], replicas: int) -> None:
    """With the replies that need no slot, and with slots that a replica did not use."""
    crowd = Crowd(SharedSlots(), replicas)
    play(crowd, arrivals)
    assert LIMIT <= count_fullest_second(crowd.sent) <= TELEGRAMS_LIMIT
    if arrivals:
        assert compute_p95(crowd.waits) < 1


def test_a_single_conversation_needs_no_transaction() -> None:
    """A reply a second, or fewer, is sent at once."""
    crowd = Crowd(SharedSlots(), 1)
    play(crowd, [second * 1.01 for second in range(20)], announced=False)
    assert crowd.slots.asked == []
    assert max(crowd.waits) == 0


@pytest.mark.parametrize("limit", [1000, 100_000])
def test_a_busy_replica_reserves_for_many_replies_at_once(limit: int) -> None:
    """At 700 replies in a second, a transaction is shared by 20 or more."""
    crowd = Crowd(SharedSlots(limit), 1, limit)
    play(crowd, [number / 700 for number in range(2100)], announced=False)
    assert len(crowd.slots.asked) < 2100 / 20
    assert compute_p95(crowd.waits) < 0.02


def test_the_files_of_an_album_take_a_slot_each() -> None:
    """They are as many messages, although they are one request."""
    crowd = Crowd(SharedSlots(), 1)

    async def story() -> None:
        await crowd.write(0, 0.0, count=10)
        await crowd.write(0, 2.0, count=10)

    run_story(story())
    assert crowd.slots.asked == [10, 10]
    assert crowd.waits[0] == pytest.approx(9 * crowd.slots.step)


@pytest.mark.parametrize("error", [Unavailable("away"), OSError("broken")])
def test_replies_are_sent_without_the_database(error: Exception) -> None:
    """Each answers a turn that is committed. Nobody waits for ever."""

    async def fail(_count: int) -> list[float]:
        raise error

    crowd = Crowd(SharedSlots(), 1)
    crowd.pacers = [ReplyPacer(LIMIT, fail)]
    play(crowd, [0.0] * 5 + [1.0] * 5, announced=False)
    assert len(crowd.sent) == 10
    assert max(crowd.waits) == 0


def test_without_a_limit_nothing_waits() -> None:
    """And no slot is reserved."""
    crowd = Crowd(SharedSlots(), 1, limit=0)
    play(crowd, [0.0] * 100, announced=False)
    assert (crowd.slots.asked, max(crowd.waits)) == ([], 0)


def test_a_slot_that_is_over_is_not_used() -> None:
    """A replica that reserved a block and fell silent does not send a burst later."""
    slots = SharedSlots(1000)
    crowd = Crowd(slots, 1, 1000)
    busy = [number / 700 for number in range(700)]
    play(crowd, [*busy, *[3.0] * 30], announced=False)
    late = [time for time in crowd.sent if time >= 3.0]
    assert len(late) == 30
    assert max(late) - min(late) > 20 * slots.step
