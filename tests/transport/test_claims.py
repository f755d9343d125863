"""Claims of outbox messages: leased, fenced, in order, and within the rate limit."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from bot.runtime import jobs
from storage import delivery_results, outbox, outbox_claims
from storage.models import OutboxState
from tests.town.locks import wait_for_lock_waits
from tests.town.settings import START
from tests.town.texts import contains_text
from tests.transport.rows import MARK, ROWS, enqueue, get_state, make_message, meet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.database import Database
    from tests.postgres import Postgres
    from tests.town.town import Town

LEASE = timedelta(seconds=60)
FREE = outbox_claims.Pacing(0, 0, 0)


async def claim_messages(
    database: Database,
    owner: str = "me",
    *,
    now: timedelta = timedelta(),
    pacing: outbox_claims.Pacing = FREE,
    max_rows: int = 100,
) -> Sequence[outbox_claims.ClaimedMessage]:
    """Claim messages as a worker does, at `now` after the town's start."""
    async with database.transaction() as connection:
        found = await outbox_claims.claim_due_messages(
            connection,
            owner=owner,
            now=START + now,
            lease=LEASE,
            pacing=pacing,
            max_rows=max_rows,
            horizon=timedelta(seconds=1),
        )
    return found.rows


async def enqueue_rows(database: Database, *messages: outbox.OutboxMessage) -> None:
    """Put messages into an outbox on which no bot works."""
    async with database.transaction() as connection:
        await outbox.enqueue_messages(connection, messages, START)


def list_keys(claimed: Sequence[outbox_claims.ClaimedMessage]) -> list[str]:
    """Return the deduplication keys of claimed messages, in order."""
    return [each.row.dedup_key for each in claimed]


# Leases


def make_result(
    claimed: outbox_claims.ClaimedMessage, *, sent: bool
) -> delivery_results.DeliveryResult:
    """Return that a claimed message was sent, or that it was refused and is given up."""
    row = claimed.row
    if sent:
        return delivery_results.SentResult(row.id, row.attempt, None)
    return delivery_results.UnsentResult(row.id, row.attempt, OutboxState.DEAD, START)


@pytest.mark.parametrize("sent", [True, False])
async def test_fault_22_a_late_finish_is_fenced(database: Database, sent: bool) -> None:
    """The result of a worker whose lease has ended is ignored."""
    await enqueue_rows(database, make_message("a", 1, START))
    (first,) = await claim_messages(database, "first")
    async with database.transaction() as connection:
        await outbox.sweep_outbox(connection, START + LEASE)
    (second,) = await claim_messages(database, "second", now=LEASE)
    assert second.row.repeated is True
    late = make_result(first, sent=sent)
    async with database.transaction() as connection:
        assert await delivery_results.record_results(connection, "first", [late], START) == 0
        found = (await connection.execute(select(ROWS))).one()
    assert (found.state.value, found.owner) == ("sending", "second")


@pytest.mark.parametrize("sent", [True, False])
async def test_fault_22_a_late_finish_of_an_earlier_attempt_is_fenced(
    database: Database, sent: bool
) -> None:
    """The same worker claims again: the result of its first attempt is ignored."""
    await enqueue_rows(database, make_message("a", 1, START))
    (first,) = await claim_messages(database)
    async with database.transaction() as connection:
        await outbox.sweep_outbox(connection, START + LEASE)
    (second,) = await claim_messages(database, now=LEASE)
    became = [make_result(each, sent=sent) for each in (first, second)]
    async with database.transaction() as connection:
        assert await delivery_results.record_results(connection, "me", became[:1], START) == 0
        assert await delivery_results.record_results(connection, "me", became[1:], START) == 1


async def test_a_message_under_a_lease_is_not_claimed(database: Database) -> None:
    """No other worker can claim the message of a slow sender."""
    await enqueue_rows(database, make_message("a", 1, START))
    await claim_messages(database, "slow")
    almost = LEASE - timedelta(milliseconds=1)
    async with database.transaction() as connection:
        assert (await outbox.sweep_outbox(connection, START + almost))["freed"] == 0
    assert await claim_messages(database, "other", now=almost) == []


@pytest.mark.parametrize("critical", [True, False])
async def test_fault_04_the_message_of_a_vanished_sender_is_repeated_or_reviewed(
    town: Town, critical: bool
) -> None:
    """A critical message is sent again with a mark; another one is left for review."""
    ann = await meet(town, "Ann")
    before = len(ann.heard)
    await enqueue(town, make_message("a", ann.id, town.now, critical=critical))
    await claim_messages(town.app.database, "gone")
    town.advance(seconds=61)
    await jobs.sweep_outbox(town.app.job_context)
    await town.deliver()
    if critical:
        assert await get_state(town, "a") == "sent"
        assert contains_text(ann.sees, MARK)
    else:
        assert await get_state(town, "a") == "maybe_sent"
        assert len(ann.heard) == before


# Order


async def test_the_messages_of_a_chat_are_claimed_in_order(database: Database) -> None:
    """Only the oldest unfinished message of a chat is claimed."""
    for key in ("a", "b", "c"):
        await enqueue_rows(database, make_message(key, 1, START))
    await enqueue_rows(database, make_message("other", 2, START))
    assert list_keys(await claim_messages(database)) == ["a", "other"]
    assert await claim_messages(database) == []
    async with database.transaction() as connection:
        found = await connection.execute(select(ROWS.c.id).where(ROWS.c.dedup_key == "a"))
        done = delivery_results.SentResult(found.scalar_one(), 1, None)
        await delivery_results.record_results(connection, "me", [done], START)
    assert list_keys(await claim_messages(database)) == ["b"]


async def test_replies_go_first_and_announcements_last(database: Database) -> None:
    """Claims are ordered by priority, then by age."""
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
        await enqueue_rows(database, make_message(key, chat_id, START, priority=priority))
    claimed = [*await claim_messages(database, max_rows=3), *await claim_messages(database)]
    assert list_keys(claimed) == ["late reply", "reply", "assignment", "reminder", "announcement"]


async def test_a_key_that_is_enqueued_again_is_one_row(database: Database) -> None:
    """In the same call, and after the message was sent: the first row stays."""
    first = make_message("a", 1, START)
    await enqueue_rows(database, first, make_message("a", 2, START))
    (claimed,) = await claim_messages(database)
    done = delivery_results.SentResult(claimed.row.id, 1, None)
    async with database.transaction() as connection:
        await delivery_results.record_results(connection, "me", [done], START)
    await enqueue_rows(database, first)
    async with database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(ROWS))).scalar_one() == 1
    assert await claim_messages(database) == []


# The pace


def _count_fullest_second(slots: Sequence[float]) -> int:
    """Return the largest number of slots within any window of one second."""
    ordered = sorted(slots)
    return max(sum(start <= each < start + 1 for each in ordered) for start in ordered)


@pytest.mark.parametrize("max_rows", [1, 7, 20])
async def test_a_claim_takes_no_more_rows_than_it_asks_for(
    database: Database, max_rows: int
) -> None:
    """More rows would have slots after their lease, and be sent twice."""
    await enqueue_rows(database, *(make_message(f"m{n}", n, START) for n in range(1, 31)))
    assert len(await claim_messages(database, max_rows=max_rows)) == max_rows


@pytest.mark.parametrize("workers", [1, 2])
async def test_no_second_has_more_slots_than_the_limit(database: Database, workers: int) -> None:
    """At irregular times and with two workers, no window of a second has more than 10 slots."""
    pacing = outbox_claims.Pacing(messages_per_second=10, private_pause=0, group_pause=0)
    await enqueue_rows(database, *(make_message(f"m{n}", n, START) for n in range(1, 61)))
    slots: list[float] = []
    moments = [0.0, 0.01, 0.35, 0.9, 1.0, 1.01, 2.4, 2.45, 3.1, 4.0, 5.5, 5.6, 6.6, 7.6, 8.0]
    for turn, moment in enumerate(moments):
        claimed = await claim_messages(
            database, f"worker {turn % workers}", now=timedelta(seconds=moment), pacing=pacing
        )
        slots += [(each.send_at - START).total_seconds() for each in claimed]
        assert all(each >= moment for each in slots[len(slots) - len(claimed) :])
    assert len(slots) > 50
    assert _count_fullest_second(slots) <= 10


@pytest.mark.parametrize("fresh", [True, False], ids=["first claim_messages ever", "later"])
async def test_two_claims_at_once_share_the_pace(postgres: Postgres, fresh: bool) -> None:
    """The second waits until the slots of the first are stored, also at the first claim ever."""
    from storage.database import Database as Opened

    name = await postgres.create()
    database = Opened(postgres.make_url(name))
    pacing = outbox_claims.Pacing(messages_per_second=10, private_pause=0, group_pause=0)
    await enqueue_rows(database, *(make_message(f"m{n}", n, START) for n in range(1, 31)))
    slots: list[float] = []
    if not fresh:
        claimed = await claim_messages(database, "first", pacing=pacing, max_rows=1)
        slots += [(each.send_at - START).total_seconds() for each in claimed]
    async with database.transaction() as connection:
        first = await outbox_claims.claim_due_messages(
            connection, owner="first", now=START, lease=LEASE, pacing=pacing, max_rows=10
        )
        other = asyncio.create_task(claim_messages(database, "second", pacing=pacing, max_rows=10))
        await wait_for_lock_waits(database, 1, [other])
    slots += [(each.send_at - START).total_seconds() for each in [*first.rows, *await other]]
    await database.close()
    await postgres.drop(name)
    assert _count_fullest_second(slots) <= 10


async def test_one_sender_owns_the_pace_until_it_releases_it_or_vanishes(
    database: Database,
) -> None:
    """Another sender waits for the last slot and the grace time."""
    pacing = outbox_claims.Pacing(messages_per_second=10, private_pause=0, group_pause=0)
    await enqueue_rows(database, *(make_message(f"m{n}", n, START) for n in range(1, 5)))
    held = await claim_messages(database, "first", pacing=pacing, max_rows=2)
    last = held[-1].send_at - START
    assert await claim_messages(database, "second", now=last, pacing=pacing) == []
    assert [each.slot_number for each in held] == [0, 1]
    over = last + outbox_claims.SLOT_GRACE + pacing.slot_interval
    (third, _fourth) = await claim_messages(database, "second", now=over, pacing=pacing)
    assert (third.slot_number, third.send_at) == (2, START + over)
    later = over + timedelta(seconds=1)
    assert await claim_messages(database, "second", now=later, pacing=pacing) == []  # it lets go
    await enqueue_rows(database, make_message("m5", 5, START))
    assert list_keys(await claim_messages(database, "first", now=later, pacing=pacing)) == ["m5"]


async def test_the_slots_of_a_late_sender_are_moved(database: Database) -> None:
    """By the time that it is late, and never before now."""
    pacing = outbox_claims.Pacing(messages_per_second=10, private_pause=0, group_pause=0)
    await enqueue_rows(database, *(make_message(f"m{n}", n, START) for n in range(1, 5)))
    (first,) = await claim_messages(database, pacing=pacing, max_rows=1)
    behind = timedelta(seconds=0.2)
    async with database.transaction() as connection:
        found = await outbox_claims.claim_due_messages(
            connection,
            owner="me",
            now=START,
            lease=LEASE,
            pacing=pacing,
            max_rows=1,
            delay=behind,
            horizon=timedelta(seconds=1),
        )
    (second,) = found.rows
    assert second.send_at == first.send_at + pacing.slot_interval + behind


async def test_a_chat_has_its_own_rate_limit(database: Database) -> None:
    """The next message of a private chat, or of a group, is not claimed before its time."""
    pacing = outbox_claims.Pacing(messages_per_second=0, private_pause=1, group_pause=3)
    for chat_id in (1, -1):
        for key in ("a", "b"):
            await enqueue_rows(database, make_message(f"{key}{chat_id}", chat_id, START))
    done = [
        delivery_results.SentResult(each.row.id, 1, None)
        for each in await claim_messages(database, pacing=pacing)
    ]
    async with database.transaction() as connection:
        assert await delivery_results.record_results(connection, "me", done, START) == 2
    assert (
        list_keys(await claim_messages(database, now=timedelta(seconds=0.9), pacing=pacing)) == []
    )
    assert list_keys(await claim_messages(database, now=timedelta(seconds=1), pacing=pacing)) == [
        "b1"
    ]
    assert (
        list_keys(await claim_messages(database, now=timedelta(seconds=2.9), pacing=pacing)) == []
    )
    assert list_keys(await claim_messages(database, now=timedelta(seconds=3), pacing=pacing)) == [
        "b-1"
    ]
