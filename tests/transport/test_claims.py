"""Claims: leased, fenced, in order, and never more in a second than the limit."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from bot.runtime import jobs
from storage import delivery_results, outbox, outbox_claims
from tests.town.locks import wait_for_lock_waits
from tests.town.settings import START
from tests.town.texts import contains_text
from tests.transport.stage import MARK, ROWS, message, met, put, state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.database import Database
    from tests.postgres import Postgres
    from tests.town.town import Town

LEASE = timedelta(seconds=60)
FREE = outbox_claims.Pacing(0, 0, 0)


async def claim(
    database: Database,
    owner: str = "me",
    *,
    now: timedelta = timedelta(),
    pacing: outbox_claims.Pacing = FREE,
    most: int = 100,
) -> Sequence[outbox_claims.ClaimedMessage]:
    """Claim as a worker does, `now` after the town's start."""
    async with database.transaction() as connection:
        found = await outbox_claims.claim_due_messages(
            connection,
            owner=owner,
            now=START + now,
            lease=LEASE,
            pacing=pacing,
            most=most,
            horizon=timedelta(seconds=1),
        )
    return found.rows


async def enqueue(database: Database, *messages: outbox.OutboxMessage) -> None:
    """Put messages in an outbox that no bot works on."""
    async with database.transaction() as connection:
        await outbox.enqueue_messages(connection, messages, START)


def keys(claimed: Sequence[outbox_claims.ClaimedMessage]) -> list[str]:
    """What was claimed, in order."""
    return [each.row.dedup_key for each in claimed]


# Leases


async def test_a_late_finish_is_fenced(database: Database) -> None:
    """Stopped past its lease and continued: what the first worker writes does not count."""
    await enqueue(database, message("a", 1, START))
    (first,) = await claim(database, "first")
    async with database.transaction() as connection:
        await outbox.sweep_outbox(connection, START + LEASE)
    (second,) = await claim(database, "second", now=LEASE)
    assert second.row.repeated is True
    late = delivery_results.SentResult(first.row.id, first.row.attempt, None)
    async with database.transaction() as connection:
        assert await delivery_results.record_results(connection, "first", [late], START) == 0
        found = (await connection.execute(select(ROWS))).one()
    assert (found.state.value, found.owner) == ("sending", "second")


async def test_a_late_finish_of_an_earlier_attempt_is_fenced(database: Database) -> None:
    """The same worker, one attempt later: the fence is the attempt, not the name alone."""
    await enqueue(database, message("a", 1, START))
    (first,) = await claim(database)
    async with database.transaction() as connection:
        await outbox.sweep_outbox(connection, START + LEASE)
    (second,) = await claim(database, now=LEASE)
    became = [
        delivery_results.SentResult(each.row.id, each.row.attempt, None) for each in (first, second)
    ]
    async with database.transaction() as connection:
        assert await delivery_results.record_results(connection, "me", became[:1], START) == 0
        assert await delivery_results.record_results(connection, "me", became[1:], START) == 1


async def test_a_lease_that_has_not_ended_is_left_alone(database: Database) -> None:
    """A slow sender is not robbed."""
    await enqueue(database, message("a", 1, START))
    await claim(database, "slow")
    almost = LEASE - timedelta(milliseconds=1)
    async with database.transaction() as connection:
        assert (await outbox.sweep_outbox(connection, START + almost))["freed"] == 0
    assert await claim(database, "other", now=almost) == []


@pytest.mark.parametrize("critical", [True, False])
async def test_the_row_of_a_vanished_sender(town: Town, critical: bool) -> None:
    """A critical one is sent again with its mark; another is left for review."""
    ann = await met(town, "Ann")
    before = len(ann.heard)
    await put(town, message("a", ann.id, town.now, critical=critical))
    await claim(town.app.database, "gone")
    town.advance(seconds=61)
    await jobs.sweep_outbox(town.app.job_context)
    await town.deliver()
    if critical:
        assert await state(town, "a") == "sent"
        assert contains_text(ann.sees, MARK)
    else:
        assert await state(town, "a") == "maybe_sent"
        assert len(ann.heard) == before


# Order


async def test_one_chat_is_written_to_in_order(database: Database) -> None:
    """Only the oldest unfinished message of a chat goes, however often is claimed."""
    for key in ("a", "b", "c"):
        await enqueue(database, message(key, 1, START))
    await enqueue(database, message("other", 2, START))
    assert keys(await claim(database)) == ["a", "other"]
    assert await claim(database) == []
    async with database.transaction() as connection:
        found = await connection.execute(select(ROWS.c.id).where(ROWS.c.dedup_key == "a"))
        done = delivery_results.SentResult(found.scalar_one(), 1, None)
        await delivery_results.record_results(connection, "me", [done], START)
    assert keys(await claim(database)) == ["b"]


async def test_replies_go_first_and_announcements_last(database: Database) -> None:
    """The order of claiming is that of priority, then of age."""
    order = outbox.Priority
    for chat_id, (key, priority) in enumerate(
        [
            ("announcement", order.ANNOUNCEMENT),
            ("reminder", order.REMINDER),
            ("assignment", order.ASSIGNMENT),
            ("late reply", order.REPLY),
            ("reply", order.REPLY),
        ],
        start=1,
    ):
        await enqueue(database, message(key, chat_id, START, priority=priority))
    claimed = [*await claim(database, most=3), *await claim(database)]
    assert keys(claimed) == ["late reply", "reply", "assignment", "reminder", "announcement"]


async def test_a_key_that_is_enqueued_again_is_one_row(database: Database) -> None:
    """Also in one call, also after it was sent: the first one stands."""
    first = message("a", 1, START)
    await enqueue(database, first, message("a", 2, START))
    (claimed,) = await claim(database)
    done = delivery_results.SentResult(claimed.row.id, 1, None)
    async with database.transaction() as connection:
        await delivery_results.record_results(connection, "me", [done], START)
    await enqueue(database, first)
    async with database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(ROWS))).scalar_one() == 1
    assert await claim(database) == []


# The pace


def _most_in_a_second(slots: Sequence[float]) -> int:
    """The most slots that any window of one second holds."""
    ordered = sorted(slots)
    return max(sum(start <= each < start + 1 for each in ordered) for start in ordered)


@pytest.mark.parametrize("most", [1, 7, 20])
async def test_a_claim_takes_no_more_rows_than_it_asks_for(database: Database, most: int) -> None:
    """More would have slots after their lease, and be sent twice."""
    await enqueue(database, *(message(f"m{n}", n, START) for n in range(1, 31)))
    assert len(await claim(database, most=most)) == most


@pytest.mark.parametrize("workers", [1, 2])
async def test_no_second_has_more_slots_than_the_limit(database: Database, workers: int) -> None:
    """However many claim, at odd moments: never over 10 in any window of a second."""
    pacing = outbox_claims.Pacing(everyone=10, private=0, group=0)
    await enqueue(database, *(message(f"m{n}", n, START) for n in range(1, 61)))
    slots: list[float] = []
    moments = [0.0, 0.01, 0.35, 0.9, 1.0, 1.01, 2.4, 2.45, 3.1, 4.0, 5.5, 5.6, 6.6, 7.6, 8.0]
    for turn, moment in enumerate(moments):
        claimed = await claim(
            database, f"worker {turn % workers}", now=timedelta(seconds=moment), pacing=pacing
        )
        slots += [(each.slot - START).total_seconds() for each in claimed]
        assert all(each >= moment for each in slots[len(slots) - len(claimed) :])
    assert len(slots) > 50
    assert _most_in_a_second(slots) <= 10


@pytest.mark.parametrize("fresh", [True, False], ids=["first claim ever", "later"])
async def test_two_claims_at_once_share_the_pace(postgres: Postgres, fresh: bool) -> None:
    """The second waits for the first one's slots to be written, even on the first claim ever."""
    from storage.database import Database as Opened

    name = await postgres.create()
    database = Opened(postgres.database(name))
    pacing = outbox_claims.Pacing(everyone=10, private=0, group=0)
    await enqueue(database, *(message(f"m{n}", n, START) for n in range(1, 31)))
    slots: list[float] = []
    if not fresh:
        claimed = await claim(database, "first", pacing=pacing, most=1)
        slots += [(each.slot - START).total_seconds() for each in claimed]
    async with database.transaction() as connection:
        first = await outbox_claims.claim_due_messages(
            connection, owner="first", now=START, lease=LEASE, pacing=pacing, most=10
        )
        other = asyncio.create_task(claim(database, "second", pacing=pacing, most=10))
        await wait_for_lock_waits(database, 1, [other])
    slots += [(each.slot - START).total_seconds() for each in [*first.rows, *await other]]
    await database.close()
    await postgres.drop(name)
    assert _most_in_a_second(slots) <= 10


async def test_the_pace_is_one_senders_until_it_lets_go_or_vanishes(database: Database) -> None:
    """Another waits for the last slot and the grace time; for nothing when nothing was left."""
    pacing = outbox_claims.Pacing(everyone=10, private=0, group=0)
    await enqueue(database, *(message(f"m{n}", n, START) for n in range(1, 5)))
    held = await claim(database, "first", pacing=pacing, most=2)
    last = held[-1].slot - START
    assert await claim(database, "second", now=last, pacing=pacing) == []
    assert [each.number for each in held] == [0, 1]
    over = last + outbox_claims.GRACE + pacing.step
    (third, _fourth) = await claim(database, "second", now=over, pacing=pacing)
    assert (third.number, third.slot) == (2, START + over)
    later = over + timedelta(seconds=1)
    assert await claim(database, "second", now=later, pacing=pacing) == []  # it lets go
    await enqueue(database, message("m5", 5, START))
    assert keys(await claim(database, "first", now=later, pacing=pacing)) == ["m5"]


async def test_who_is_behind_has_its_slots_moved(database: Database) -> None:
    """By as much as it is behind, and never before now."""
    pacing = outbox_claims.Pacing(everyone=10, private=0, group=0)
    await enqueue(database, *(message(f"m{n}", n, START) for n in range(1, 5)))
    (first,) = await claim(database, pacing=pacing, most=1)
    behind = timedelta(seconds=0.2)
    async with database.transaction() as connection:
        found = await outbox_claims.claim_due_messages(
            connection,
            owner="me",
            now=START,
            lease=LEASE,
            pacing=pacing,
            most=1,
            behind=behind,
            horizon=timedelta(seconds=1),
        )
    (second,) = found.rows
    assert second.slot == first.slot + pacing.step + behind


async def test_a_chat_has_its_own_pace(database: Database) -> None:
    """The next message of a private chat, or of a group, is not claimed before its time."""
    pacing = outbox_claims.Pacing(everyone=0, private=1, group=3)
    for chat_id in (1, -1):
        for key in ("a", "b"):
            await enqueue(database, message(f"{key}{chat_id}", chat_id, START))
    done = [
        delivery_results.SentResult(each.row.id, 1, None)
        for each in await claim(database, pacing=pacing)
    ]
    async with database.transaction() as connection:
        assert await delivery_results.record_results(connection, "me", done, START) == 2
    assert keys(await claim(database, now=timedelta(seconds=0.9), pacing=pacing)) == []
    assert keys(await claim(database, now=timedelta(seconds=1), pacing=pacing)) == ["b1"]
    assert keys(await claim(database, now=timedelta(seconds=2.9), pacing=pacing)) == []
    assert keys(await claim(database, now=timedelta(seconds=3), pacing=pacing)) == ["b-1"]
