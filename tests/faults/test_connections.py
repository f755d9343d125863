# ruff: noqa: ASYNC110 - the simulator's journal cannot notify a waiting test
"""Telegram cannot be reached: unsent messages are sent later, unless they have expired."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.channels.telegram.request import AiohttpRequest
from bot.runtime import jobs
from bot.runtime.app import App
from storage import outbox_claims
from storage.models import Pace
from storage.statements import table
from tests.faults.network_path import NetworkPath
from tests.kills.campaign import BotProcess
from tests.policy import once
from tests.town.settings import make_settings
from tests.town.texts import contains_text
from tests.town.town import open_town
from tests.transport.rows import (
    MARK,
    add_fault,
    count_requests,
    enqueue,
    enqueue_at,
    get_row,
    get_state,
    make_message,
    meet,
)

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncIterator, Callable, Iterator

    from bot.channels.telegram.delivery import Delivery
    from tests.town.person import Person
    from tests.town.town import Town


@asynccontextmanager
async def route_through(town: Town, url: str, base: str, proxy: str = "") -> AsyncIterator[None]:
    """Let the town's replica reach Telegram at `base` or through a proxy, inside the context."""
    settings = make_settings(url, base)
    telegram = settings.telegram.model_copy(update={"proxy": proxy})
    settings = settings.model_copy(update={"telegram": telegram})
    async with town.run_replica(App(settings, clock=lambda: town.now, album_pause=0.0)):
        town.replicas.reverse()
        direct = town.replicas.pop()
        yield
        town.replicas.append(direct)


def count_unmarked(person: Person) -> int:
    """Return how often a person got the test's message without the mark of a possible repeat."""
    return sum(
        contains_text(each, "draft.none") and not contains_text(each, MARK) for each in person.heard
    )


async def test_fault_13_a_message_is_sent_unmarked_after_refused_connections(
    town: Town, database_url: str
) -> None:
    """A refused connection leaves no doubt: critical or not, each message arrives once later."""
    ann, bob = await meet(town, "Ann"), await meet(town, "Bob")
    async with NetworkPath(town.simulator.url) as path, route_through(town, database_url, path.url):
        await path.close()
        await enqueue(town, make_message("a", ann.id, town.now))
        await enqueue(town, make_message("b", bob.id, town.now, critical=False))
        for _ in range(3):
            await town.deliver()
            town.advance(minutes=1)
        rows = [await get_row(town, key) for key in "ab"]
        assert [(each.state.value, each.repeated) for each in rows] == [("waiting", False)] * 2
        assert all(each.attempt == 3 for each in rows)
        await path.open()
        town.advance(minutes=11)
        await town.deliver()
    assert (count_unmarked(ann), count_unmarked(bob)) == (1, 1)


async def test_fault_13_a_full_pool_of_connections_is_not_in_doubt(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one connection that hangs, its message is in doubt; a message that got no connection is
    not.
    """
    narrow = partial(AiohttpRequest, connections=1, connect_timeout=0.1, read_timeout=0.5)
    monkeypatch.setattr("bot.channels.telegram.request.AiohttpRequest", narrow)
    async with open_town(database_url) as town:
        bob, ann = await meet(town, "Bob"), await meet(town, "Ann")
        add_fault(town, "hang", chat_id=bob.id)
        await enqueue(
            town, make_message("b", bob.id, town.now), make_message("a", ann.id, town.now)
        )
        await town.deliver()
        found = [(await get_row(town, key)) for key in "ba"]
        assert [each.repeated for each in found] == [True, False]
        town.advance(minutes=11)
        await town.deliver()
        assert [await get_state(town, key) for key in "ba"] == ["sent", "sent"]
        assert (count_unmarked(bob), count_unmarked(ann)) == (0, 1)


async def test_fault_17_valid_messages_arrive_after_a_long_outage_of_telegram(
    town: Town, database_url: str, log: io.StringIO
) -> None:
    """Afterwards the messages that are still valid arrive; the others are expired, the operator is
    told of them, and no row is lost.
    """
    ann = await meet(town, "Ann")
    async with NetworkPath(town.simulator.url) as path, route_through(town, database_url, path.url):
        await path.close()
        for number in range(5):
            lasts = timedelta(days=1 if number % 2 else 3)
            await enqueue(town, make_message(f"m{number}", ann.id, town.now, lasts=lasts))
        for _ in range(25):
            await town.deliver()
            town.advance(hours=1)
            await jobs.sweep_outbox(town.app.job_context)
        states = [await get_state(town, f"m{number}") for number in range(5)]
        assert states == ["waiting", "expired", "waiting", "expired", "waiting"]
        assert "messages expired unsent" in log.getvalue()
        await path.open()
        await town.deliver()
        assert [await get_state(town, f"m{number}") for number in (0, 2, 4)] == ["sent"] * 3
    assert count_unmarked(ann) == 3
    assert not any(contains_text(each, MARK) for each in ann.heard)


@once
async def test_everything_goes_through_the_proxy(town: Town, database_url: str) -> None:
    """While the proxy is away nothing is sent, and nothing is in doubt."""
    ann = await meet(town, "Ann")
    address = town.simulator.url.removeprefix("http://")
    async with (
        NetworkPath() as proxy,
        route_through(town, database_url, town.simulator.url, proxy.url),
    ):
        await enqueue(town, make_message("a", ann.id, town.now))
        await town.deliver()
        assert count_unmarked(ann) == 1
        assert set(proxy.requested) == {address}
        await proxy.close()
        await enqueue(town, make_message("b", ann.id, town.now))
        await town.deliver()
        found = await get_row(town, "b")
        assert (found.state.value, found.repeated, count_unmarked(ann)) == ("waiting", False, 1)


async def test_fault_21_a_sender_stopped_by_a_signal_releases_its_claims(
    town: Town, database_url: str
) -> None:
    """SIGTERM: the message in flight is finished and recorded; the claimed ones are released."""
    people = [await meet(town, name) for name in ("Ann", "Bob", "Chi")]
    async with NetworkPath(town.simulator.url) as path:
        bot = BotProcess(town.simulator, database_url, "webhook", pace=2.5, through=path.url)
        await bot.start()
        path.may_answer.clear()
        now = datetime.now(UTC)
        await enqueue_at(town, now, *(make_message(f"m{each.id}", each.id, now) for each in people))
        async with asyncio.timeout(10):
            while not count_requests(town, people[0].id) > 1:
                await asyncio.sleep(0.01)
        bot.send(signal.SIGTERM)
        path.may_answer.set()
        assert await bot.stop() == 0
    rows = [await get_row(town, f"m{each.id}") for each in people]
    assert [(each.state.value, each.repeated) for each in rows] == [
        ("sent", False),
        ("waiting", False),
        ("waiting", False),
    ]
    assert all(each.owner is None and each.lease_until is None for each in rows)


@contextmanager
def hold_loop_clock() -> Iterator[Callable[[float], None]]:
    """Stop the event loop's clock inside the context; yield a function that adds seconds to it.

    A busy machine therefore makes no message late. Timers wait until the clock is moved.
    """
    loop = asyncio.get_running_loop()
    now = loop.time()

    def advance(seconds: float) -> None:
        nonlocal now
        now += seconds

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "time", lambda: now)
        yield advance


def slow_down_claims(
    monkeypatch: pytest.MonkeyPatch, seconds: float, advance: Callable[[float], None]
) -> None:
    """Make each claim take this many seconds of the held clock, as a slow database would."""
    quick = outbox_claims.claim_due_messages

    async def slow(*words: Any, **terms: Any) -> outbox_claims.ClaimedBatch:
        found = await quick(*words, **terms)
        advance(seconds)
        return found

    monkeypatch.setattr(outbox_claims, "claim_due_messages", slow)


@asynccontextmanager
async def run_paced_replica(town: Town, url: str, a_second: int) -> AsyncIterator[Delivery]:
    """Run a replica with a rate limit inside the context; yield its delivery."""
    settings = make_settings(url, town.simulator.url)
    limits = settings.telegram.limits.model_copy(update={"global_per_second": a_second})
    telegram = settings.telegram.model_copy(update={"limits": limits})
    settings = settings.model_copy(update={"telegram": telegram})
    async with town.run_replica(App(settings, clock=lambda: town.now, album_pause=0.0)):
        yield town.replicas[-1].app.delivery


async def test_fault_21_claims_whose_slot_has_not_come_are_released(
    town: Town, database_url: str
) -> None:
    """The sender is stopped between the slots of three claimed messages: one is sent."""
    people = [await meet(town, name) for name in ("Ann", "Bob", "Chi")]
    async with run_paced_replica(town, database_url, 10) as delivery:
        await enqueue(town, *(make_message(f"m{each.id}", each.id, town.now) for each in people))
        with hold_loop_clock() as advance:
            assert await delivery.start_due_messages() == 3
            while not count_requests(town, people[0].id) > 1:
                await asyncio.sleep(0)
            delivery.stop()
            for _ in range(100):  # both other slots come in time
                advance(0.003)
                await asyncio.sleep(0)
        await delivery.wait_until_finished()
    rows = [await get_row(town, f"m{each.id}") for each in people]
    assert [each.state.value for each in rows] == ["sent", "waiting", "waiting"]
    assert all(each.owner is None and each.lease_until is None for each in rows)
    assert not any(each.repeated for each in rows)


async def test_fault_19_a_slow_database_delays_messages_but_stops_none(
    town: Town, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim takes longer than the grace time of a slot. The message is sent all the same."""
    ann = await meet(town, "Ann")
    monkeypatch.setattr(outbox_claims, "SLOT_GRACE", timedelta(seconds=0.1))
    async with run_paced_replica(town, database_url, 100) as delivery:
        await enqueue(town, make_message("a", ann.id, town.now))
        with hold_loop_clock() as advance:
            slow_down_claims(monkeypatch, 0.2, advance)
            await delivery.start_due_messages()
            await delivery.wait_until_finished()
    assert await get_state(town, "a") == "sent"


async def test_a_late_sender_moves_the_following_slots(
    town: Town, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender that is 0.3 s late gets its next slot 0.3 s later, so it does not stay late."""
    ann, bob = await meet(town, "Ann"), await meet(town, "Bob")
    begun = town.now
    async with run_paced_replica(town, database_url, 100) as delivery:
        with hold_loop_clock() as advance:
            slow_down_claims(monkeypatch, 0.3, advance)
            for key, person in (("a", ann), ("b", bob)):
                await enqueue(town, make_message(key, person.id, town.now))
                await delivery.start_due_messages()
                await delivery.wait_until_finished()
                town.advance(seconds=0.1)
    async with town.app.database.reading() as connection:
        free = (await connection.execute(select(table(Pace).c.next_free))).scalar_one()
    assert free - begun > timedelta(seconds=0.3)
    assert [await get_state(town, key) for key in "ab"] == ["sent", "sent"]
