"""Reminders of forums: each comes once, at its time, and only while it is true."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.core.business_calendar import BusinessCalendar
from bot.forums import reminders as forum_reminders
from bot.forums.attendance.rules import compute_reminder_time
from bot.runtime import jobs
from storage import delivery_results, outbox_claims
from storage.models import ForumState, Outbox, OutboxState
from storage.statements import table
from tests.town.forums import change_forum, publish_forum, register_for_forum
from tests.town.texts import contains_text

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

OUTBOX = table(Outbox)


async def send_reminders(town: Town, **later: float) -> None:
    """Advance the clock, and send the reminders that are due on every replica."""
    town.advance(**later)
    for replica in town.replicas:
        await jobs.remind_attendees(replica.app.job_context)
    await town.settle()


def list_reminders(person: Person) -> list[str]:
    """Return the texts of a person's reminders, oldest first."""
    return [text for text in person.heard if contains_text(text, "reminder.text")]


async def test_a_reminder_comes_once_at_every_offset(town: Town) -> None:
    """A week, a day and two hours before the start; none comes after the start."""
    await publish_forum(town)
    ann = town.resident("Ann")
    await register_for_forum(ann, 2)
    start = town.now + timedelta(days=10)
    for number, span in enumerate((timedelta(days=7), timedelta(days=1), timedelta(hours=2))):
        town.now = start - span - timedelta(seconds=1)
        await send_reminders(town)
        assert len(list_reminders(ann)) == number
        await send_reminders(town, seconds=1)
        await send_reminders(town, seconds=20)
        assert len(list_reminders(ann)) == number + 1
    town.now = start
    await send_reminders(town)
    assert len(list_reminders(ann)) == 3
    assert "09 giờ 30, ngày 05/12/2026" in list_reminders(ann)[0]
    assert "Hội trường phường An Biên" in list_reminders(ann)[0]


async def test_reminders_follow_a_forum_that_is_rescheduled_twice(town: Town) -> None:
    """A waiting reminder of an older start expires; the offsets count from the newest start."""
    forum = await publish_forum(town)
    ann = town.resident("Ann")
    await ann.says("/settings")
    await ann.taps("settings.quiet.night")
    await register_for_forum(ann)
    first = town.now + timedelta(days=10)
    await change_forum(
        town, forum, starts_at=first.replace(hour=13), start_version=2
    )  # 20:00 there
    await send_reminders(town, days=3, hours=12)  # 21:30: it waits for the morning
    assert not list_reminders(ann)
    assert await list_reminder_states(town) == [OutboxState.WAITING]
    second = first + timedelta(days=2)
    await change_forum(town, forum, starts_at=second, start_version=3)
    assert await list_reminder_states(town) == [OutboxState.EXPIRED]
    await send_reminders(town, hours=12)
    assert not list_reminders(ann)
    await send_reminders(town, days=1)
    (reminder,) = list_reminders(ann)
    assert "ngày 07/12/2026" in reminder
    # Now earlier than a week: nothing is made up for, the next is the day before.
    third = town.now + timedelta(days=3)
    await change_forum(town, forum, starts_at=third, start_version=4)
    await send_reminders(town, days=1)
    assert len(list_reminders(ann)) == 1
    await send_reminders(town, days=1)
    assert len(list_reminders(ann)) == 2


async def list_reminder_states(town: Town) -> list[OutboxState]:
    """Return the states of all reminders in the outbox, oldest first."""
    async with town.app.database.reading() as connection:
        found = select(OUTBOX.c.state).where(OUTBOX.c.kind == "remind")
        return list((await connection.execute(found.order_by(OUTBOX.c.id))).scalars())


async def test_a_cancelled_forum_has_no_reminders(town: Town) -> None:
    """No waiting or later reminder is sent, and none for a cancelled registration."""
    forum = await publish_forum(town)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    for person in (ann, ben):
        await person.says("/settings")
        await person.taps("settings.quiet.night")
        await register_for_forum(person)
    await send_reminders(town, days=8, hours=13)  # 22:30
    await ben.taps("forums.cancel")
    await ben.taps("forums.cancelled")
    assert await list_reminder_states(town) == [OutboxState.WAITING, OutboxState.EXPIRED]
    await change_forum(town, forum, state=ForumState.CANCELLED)
    await send_reminders(town, hours=12)
    await send_reminders(town, hours=21)
    assert not list_reminders(ann)
    assert not list_reminders(ben)


async def test_a_reminder_in_flight_is_not_retried_after_a_cancellation(town: Town) -> None:
    """It may have been sent once, and its state says so."""
    forum = await publish_forum(town)
    await register_for_forum(town.resident("Ann"))
    town.advance(days=9)
    await jobs.remind_attendees(town.app.job_context)
    database, lease = town.app.database, timedelta(minutes=1)
    async with database.transaction() as connection:
        pacing = outbox_claims.Pacing(0, 0, 0)
        found = await outbox_claims.claim_due_messages(
            connection, owner="another", now=town.now, lease=lease, pacing=pacing, max_rows=9
        )
    (claimed,) = found.rows
    await change_forum(town, forum, state=ForumState.CANCELLED)
    row = claimed.row
    failed = delivery_results.UnsentResult(row.id, row.attempt, OutboxState.WAITING, town.now)
    async with database.transaction() as connection:
        assert await delivery_results.record_results(connection, "another", [failed], town.now) == 0
    assert await list_reminder_states(town) == [OutboxState.MAYBE_SENT]


async def test_after_an_outage_only_the_latest_missed_reminder_is_sent(town: Town) -> None:
    """One reminder at most, and none after the start."""
    await publish_forum(town)
    await publish_forum(
        town, "LATE", starts_at=town.now + timedelta(days=9, hours=12), title="Sớm hơn"
    )
    ann, ben, cam = (town.resident(name) for name in ("Ann", "Ben", "Cam"))
    await register_for_forum(ann)
    await register_for_forum(ben, code="LATE")
    town.advance(days=9, hours=13)
    await register_for_forum(cam)  # who knows what she has just been told
    await send_reminders(town)
    assert len(list_reminders(ann)) == 1
    assert not list_reminders(ben)
    assert not list_reminders(cam)
    town.advance(hours=-48)  # a clock that was wrong, and is put right
    await send_reminders(town)
    await send_reminders(town, hours=40)
    assert len(list_reminders(ann)) == 1
    await send_reminders(town, hours=17)
    assert len(list_reminders(ann)) == 2


async def test_a_resident_chooses_the_times_of_reminders(town: Town) -> None:
    """A reminder waits for the end of the quiet hours, unless that would be too late."""
    start = town.now.replace(day=4, month=12, hour=23, minute=0)  # six in the morning
    await publish_forum(town, starts_at=start)
    ann = town.resident("Ann")
    await ann.says("/settings")
    await ann.taps("settings.quiet.night")
    await register_for_forum(ann)
    await ann.taps("forums.ticket")
    await ann.taps("forums.remind")
    for usual in ("✓ 7 ngày", "✓ 1 ngày", "✓ 2 giờ"):
        await ann.taps(usual)
    await ann.taps("3 ngày")
    await ann.taps("30 phút")
    town.now = start - timedelta(days=3)
    await send_reminders(town)
    assert not list_reminders(ann)
    await send_reminders(town, hours=1)
    assert len(list_reminders(ann)) == 1
    await send_reminders(town, days=2, hours=22, minutes=15)
    assert len(list_reminders(ann)) == 1
    await send_reminders(town, minutes=15)
    assert len(list_reminders(ann)) == 2


async def test_fault_24_a_reminder_keeps_the_local_time_across_a_clock_change(town: Town) -> None:
    """One day before 19:00 is 19:00, although the clock is put forward in between."""
    zone = ZoneInfo("America/New_York")
    start = datetime(2027, 3, 14, 19, 0, tzinfo=zone)  # the night before the clock is put forward
    await publish_forum(town, starts_at=start)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    policy = replace(town.app.policy, calendar=BusinessCalendar(zone), reminder_minutes=(1440, 120))
    town.now = datetime(2027, 3, 13, 18, 59, 59, tzinfo=zone)
    assert not await forum_reminders.send_reminders(town.app.database, town.now, policy=policy)
    town.advance(seconds=1)
    assert await forum_reminders.send_reminders(town.app.database, town.now, policy=policy)
    assert not await forum_reminders.send_reminders(town.app.database, town.now, policy=policy)
    for day, hour in ((14, 2), (14, 3)):  # half past two does not exist that night
        at = datetime(2027, 3, day + 1, hour, 30, tzinfo=zone)
        assert compute_reminder_time(at, 1440, zone) == datetime(2027, 3, day, 3, 30, tzinfo=zone)


async def test_fault_24_a_time_that_comes_twice_has_one_reminder(town: Town) -> None:
    """The clock is put back, so half past one comes twice on the day before the forum."""
    zone = ZoneInfo("America/New_York")
    start = datetime(2027, 11, 8, 1, 30, tzinfo=zone)
    await publish_forum(town, starts_at=start)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    policy = replace(town.app.policy, calendar=BusinessCalendar(zone), reminder_minutes=(1440, 120))
    first = datetime(2027, 11, 7, 1, 30, tzinfo=zone).astimezone(UTC)
    sent = []
    for minutes in (-60, -1, 0, 1, 59, 60, 61, 120):
        town.now = first + timedelta(minutes=minutes)
        if await forum_reminders.send_reminders(town.app.database, town.now, policy=policy):
            sent.append(minutes)
    assert sent == [0]
    await town.settle()
    assert len(list_reminders(ann)) == 1


async def test_two_replicas_send_a_reminder_once(
    twin_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both run at the same time, over several pages of registrations."""
    monkeypatch.setattr(forum_reminders, "_PAGE", 2)
    town = twin_town
    await publish_forum(town)
    people = [town.resident(name) for name in ("Ann", "Ben", "Cam")]
    for person in people:
        await register_for_forum(person)
    town.advance(days=9)
    for _ in range(3):
        await asyncio.gather(
            *(jobs.remind_attendees(each.app.job_context) for each in town.replicas)
        )
    for replica in town.replicas:
        await replica.settle()
    assert [len(list_reminders(person)) for person in people] == [1, 1, 1]
