# ruff: noqa: ASYNC110 - the simulator's journal has no bell
"""Telegram cannot be reached: what never left is sent again, unmarked, for as long as it is true"""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.channels.telegram.request import AiohttpRequest
from bot.runtime import jobs
from bot.runtime.app import App
from storage import outbox_claims
from storage.models import Pace
from storage.statements import table
from tests.faults.road import Road
from tests.kills.campaign import Bot
from tests.samples import once
from tests.town.settings import make_settings
from tests.town.texts import contains_text
from tests.town.town import open_town
from tests.transport.stage import MARK, fault, message, met, put, put_at, requests, row, state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from bot.channels.telegram.delivery import Delivery
    from tests.town.person import Person
    from tests.town.town import Town


@asynccontextmanager
async def through(town: Town, url: str, base: str, proxy: str = "") -> AsyncIterator[None]:
    """The town's replica reaches Telegram by another way while inside."""
    settings = make_settings(url, base)
    telegram = settings.telegram.model_copy(update={"proxy": proxy})
    settings = settings.model_copy(update={"telegram": telegram})
    async with town.run_replica(App(settings, clock=lambda: town.now, album_pause=0.0)):
        town.replicas.reverse()
        direct = town.replicas.pop()
        yield
        town.replicas.append(direct)


def unmarked(person: Person) -> int:
    """How often somebody heard what was put, without the mark of a possible repeat."""
    return sum(
        contains_text(each, "draft.none") and not contains_text(each, MARK) for each in person.heard
    )


async def test_what_a_refused_connection_kept_back_is_sent_unmarked(
    town: Town, database_url: str
) -> None:
    """Nobody listens: nothing is given up or in doubt, critical or not; later it arrives once."""
    ann, bob = await met(town, "Ann"), await met(town, "Bob")
    async with Road(town.simulator.url) as road, through(town, database_url, road.url):
        await road.shut()
        await put(town, message("a", ann.id, town.now))
        await put(town, message("b", bob.id, town.now, critical=False))
        for _ in range(3):
            await town.deliver()
            town.advance(minutes=1)
        rows = [await row(town, key) for key in "ab"]
        assert [(each.state.value, each.repeated) for each in rows] == [("waiting", False)] * 2
        assert all(each.attempt == 3 for each in rows)
        await road.open()
        town.advance(minutes=11)
        await town.deliver()
    assert (unmarked(ann), unmarked(bob)) == (1, 1)


async def test_a_full_pool_of_connections_is_not_in_doubt(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One connection, and it hangs: that message is in doubt, the one that never got it is not."""
    narrow = partial(AiohttpRequest, connections=1, connect_timeout=0.1, read_timeout=0.5)
    monkeypatch.setattr("bot.runtime.app.AiohttpRequest", narrow)
    async with open_town(database_url) as town:
        bob, ann = await met(town, "Bob"), await met(town, "Ann")
        fault(town, "hang", chat_id=bob.id)
        await put(town, message("b", bob.id, town.now), message("a", ann.id, town.now))
        await town.deliver()
        found = [(await row(town, key)) for key in "ba"]
        assert [each.repeated for each in found] == [True, False]
        town.advance(minutes=11)
        await town.deliver()
        assert [await state(town, key) for key in "ba"] == ["sent", "sent"]
        assert (unmarked(bob), unmarked(ann)) == (0, 1)


async def test_telegram_is_away_for_a_day_and_an_hour(town: Town, database_url: str) -> None:
    """What is still true arrives when it is back; what is not is flagged; no row is gone."""
    ann = await met(town, "Ann")
    async with Road(town.simulator.url) as road, through(town, database_url, road.url):
        await road.shut()
        for number in range(5):
            lasts = timedelta(days=1 if number % 2 else 3)
            await put(town, message(f"m{number}", ann.id, town.now, lasts=lasts))
        for _ in range(25):
            await town.deliver()
            town.advance(hours=1)
            await jobs.sweep_outbox(town.app.job_context)
        states = [await state(town, f"m{number}") for number in range(5)]
        assert states == ["waiting", "expired", "waiting", "expired", "waiting"]
        await road.open()
        await town.deliver()
        assert [await state(town, f"m{number}") for number in (0, 2, 4)] == ["sent"] * 3
    assert unmarked(ann) == 3
    assert not any(contains_text(each, MARK) for each in ann.heard)


@once
async def test_everything_goes_through_the_proxy(town: Town, database_url: str) -> None:
    """And only through it: while it is away nothing is sent, and nothing is in doubt."""
    ann = await met(town, "Ann")
    address = town.simulator.url.removeprefix("http://")
    async with Road() as proxy, through(town, database_url, town.simulator.url, proxy.url):
        await put(town, message("a", ann.id, town.now))
        await town.deliver()
        assert unmarked(ann) == 1
        assert set(proxy.asked) == {address}
        await proxy.shut()
        await put(town, message("b", ann.id, town.now))
        await town.deliver()
        found = await row(town, "b")
        assert (found.state.value, found.repeated, unmarked(ann)) == ("waiting", False, 1)


async def test_told_to_stop_while_sending(town: Town, database_url: str) -> None:
    """SIGTERM: what is under way ends and is written down; what was only claimed is given back."""
    people = [await met(town, name) for name in ("Ann", "Bob", "Chi")]
    async with Road(town.simulator.url) as road:
        bot = Bot(town.simulator, database_url, "webhook", pace=2.5, through=road.url)
        await bot.start()
        road.answers.clear()
        now = datetime.now(UTC)
        await put_at(town, now, *(message(f"m{each.id}", each.id, now) for each in people))
        async with asyncio.timeout(10):
            while not requests(town, people[0].id) > 1:
                await asyncio.sleep(0.01)
        bot.send(signal.SIGTERM)
        road.answers.set()
        assert await bot.stop() == 0
    rows = [await row(town, f"m{each.id}") for each in people]
    assert [(each.state.value, each.repeated) for each in rows] == [
        ("sent", False),
        ("waiting", False),
        ("waiting", False),
    ]
    assert all(each.owner is None and each.lease_until is None for each in rows)


def claims_take(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The database is slow: a claim takes so long."""
    quick = outbox_claims.claim_due_messages

    async def slow(*words: Any, **terms: Any) -> outbox_claims.ClaimedBatch:
        loop = asyncio.get_running_loop()
        found, until = await quick(*words, **terms), loop.time() + seconds
        while loop.time() < until:
            await asyncio.sleep(0)
        return found

    monkeypatch.setattr(outbox_claims, "claim_due_messages", slow)


@asynccontextmanager
async def paced(town: Town, url: str, a_second: int) -> AsyncIterator[Delivery]:
    """The town's replica keeps a limit while inside."""
    settings = make_settings(url, town.simulator.url)
    limits = settings.telegram.limits.model_copy(update={"global_per_second": a_second})
    telegram = settings.telegram.model_copy(update={"limits": limits})
    settings = settings.model_copy(update={"telegram": telegram})
    async with town.run_replica(App(settings, clock=lambda: town.now, album_pause=0.0)):
        yield town.replicas[-1].app.delivery


async def test_a_slow_database_delays_and_stops_nothing(
    town: Town, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim takes longer than a message may be late in its slot: it goes all the same."""
    ann = await met(town, "Ann")
    monkeypatch.setattr(outbox_claims, "GRACE", timedelta(seconds=0.1))
    claims_take(monkeypatch, 0.2)
    async with paced(town, database_url, 100) as delivery:
        await put(town, message("a", ann.id, town.now))
        await delivery.start_due()
        await delivery.drained()
    assert await state(town, "a") == "sent"


async def test_who_is_late_moves_the_slots_that_follow(
    town: Town, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was claimed at slots long past would all be too late, and claimed again, for ever."""
    ann, bob = await met(town, "Ann"), await met(town, "Bob")
    claims_take(monkeypatch, 0.3)
    begun = town.now
    async with paced(town, database_url, 100) as delivery:
        for key, person in (("a", ann), ("b", bob)):
            await put(town, message(key, person.id, town.now))
            await delivery.start_due()
            await delivery.drained()
            town.advance(seconds=0.1)
    async with town.app.database.reading() as connection:
        free = (await connection.execute(select(table(Pace).c.next_free))).scalar_one()
    assert free - begun > timedelta(seconds=0.3)
    assert [await state(town, key) for key in "ab"] == ["sent", "sent"]
