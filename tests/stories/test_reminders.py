"""Reminders of forums, with a clock that the test moves: each is said once, while it is true."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
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


async def look(town: Town, **later: float) -> None:
    """Let time pass, and let every replica wake."""
    town.advance(**later)
    for replica in town.replicas:
        await jobs.remind_attendees(replica.app.job_context)
    await town.settle()


def reminders(person: Person) -> list[str]:
    """What somebody was reminded of."""
    return [text for text in person.heard if contains_text(text, "reminder.text")]


async def test_at_every_offset_once(town: Town) -> None:
    """A week, a day and two hours before; not earlier, not twice, and never after the start."""
    await publish_forum(town)
    ann = town.resident("Ann")
    await register_for_forum(ann, 2)
    start = town.now + timedelta(days=10)
    for number, span in enumerate((timedelta(days=7), timedelta(days=1), timedelta(hours=2))):
        town.now = start - span - timedelta(seconds=1)
        await look(town)
        assert len(reminders(ann)) == number
        await look(town, seconds=1)
        await look(town, seconds=20)
        assert len(reminders(ann)) == number + 1
    town.now = start
    await look(town)
    assert len(reminders(ann)) == 3
    assert "09 giờ 30, ngày 05/12/2026" in reminders(ann)[0]
    assert "Hội trường phường An Biên" in reminders(ann)[0]


async def test_moved_twice_it_is_reckoned_from_the_last_start(town: Town) -> None:
    """What waited for an older start is never sent, nor is what was due before the change."""
    forum = await publish_forum(town)
    ann = town.resident("Ann")
    await ann.says("/settings")
    await ann.taps("settings.quiet.night")
    await register_for_forum(ann)
    first = town.now + timedelta(days=10)
    await change_forum(
        town, forum, starts_at=first.replace(hour=13), start_version=2
    )  # 20:00 there
    await look(town, days=3, hours=12)  # 21:30: it waits for the morning
    assert not reminders(ann)
    assert await waiting(town) == [OutboxState.WAITING]
    second = first + timedelta(days=2)
    await change_forum(town, forum, starts_at=second, start_version=3)
    assert await waiting(town) == [OutboxState.EXPIRED]
    await look(town, hours=12)
    assert not reminders(ann)
    await look(town, days=1)
    (said,) = reminders(ann)
    assert "ngày 07/12/2026" in said
    # Now earlier than a week: nothing is made up for, the next is the day before.
    third = town.now + timedelta(days=3)
    await change_forum(town, forum, starts_at=third, start_version=4)
    await look(town, days=1)
    assert len(reminders(ann)) == 1
    await look(town, days=1)
    assert len(reminders(ann)) == 2


async def waiting(town: Town) -> list[OutboxState]:
    """What became of the reminders in the outbox."""
    async with town.app.database.reading() as connection:
        found = select(OUTBOX.c.state).where(OUTBOX.c.kind == "remind")
        return list((await connection.execute(found.order_by(OUTBOX.c.id))).scalars())


async def test_a_cancelled_forum_reminds_of_nothing(town: Town) -> None:
    """Neither by what waits nor by what would be due; nor who gave up their place."""
    forum = await publish_forum(town)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    for person in (ann, ben):
        await person.says("/settings")
        await person.taps("settings.quiet.night")
        await register_for_forum(person)
    await look(town, days=8, hours=13)  # 22:30
    await ben.taps("forums.cancel")
    await ben.taps("forums.cancelled")
    assert await waiting(town) == [OutboxState.WAITING, OutboxState.EXPIRED]
    await change_forum(town, forum, state=ForumState.CANCELLED)
    await look(town, hours=12)
    await look(town, hours=21)
    assert not reminders(ann)
    assert not reminders(ben)


async def test_what_is_on_its_way_is_not_tried_again(town: Town) -> None:
    """A forum that is cancelled while a reminder is being sent: it may have been sent, once."""
    forum = await publish_forum(town)
    await register_for_forum(town.resident("Ann"))
    town.advance(days=9)
    await jobs.remind_attendees(town.app.job_context)
    database, lease = town.app.database, timedelta(minutes=1)
    async with database.transaction() as connection:
        pacing = outbox_claims.Pacing(0, 0, 0)
        found = await outbox_claims.claim_due_messages(
            connection, owner="another", now=town.now, lease=lease, pacing=pacing, most=9
        )
    (claimed,) = found.rows
    await change_forum(town, forum, state=ForumState.CANCELLED)
    row = claimed.row
    failed = delivery_results.UnsentResult(row.id, row.attempt, OutboxState.WAITING, town.now)
    async with database.transaction() as connection:
        assert await delivery_results.record_results(connection, "another", [failed], town.now) == 0
    assert await waiting(town) == [OutboxState.MAYBE_SENT]


async def test_after_an_outage_only_what_is_still_true(town: Town) -> None:
    """The nearest that was missed, once; nothing once it has begun."""
    await publish_forum(town)
    await publish_forum(
        town, "LATE", starts_at=town.now + timedelta(days=9, hours=12), title="Sớm hơn"
    )
    ann, ben, cam = (town.resident(name) for name in ("Ann", "Ben", "Cam"))
    await register_for_forum(ann)
    await register_for_forum(ben, code="LATE")
    town.advance(days=9, hours=13)
    await register_for_forum(cam)  # who knows what she has just been told
    await look(town)
    assert len(reminders(ann)) == 1
    assert not reminders(ben)
    assert not reminders(cam)
    town.advance(hours=-48)  # a clock that was wrong, and is put right
    await look(town)
    await look(town, hours=40)
    assert len(reminders(ann)) == 1
    await look(town, hours=17)
    assert len(reminders(ann)) == 2


async def test_ones_own_moments(town: Town) -> None:
    """What one chose and nothing else; after the quiet hours, unless that would be too late."""
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
    await look(town)
    assert not reminders(ann)
    await look(town, hours=1)
    assert len(reminders(ann)) == 1
    await look(town, days=2, hours=22, minutes=15)
    assert len(reminders(ann)) == 1
    await look(town, minutes=15)
    assert len(reminders(ann)) == 2


async def test_where_the_clock_is_changed_in_between(town: Town) -> None:
    """A day before seven in the evening is seven in the evening, in winter as in summer time."""
    zone = ZoneInfo("America/New_York")
    start = datetime(2027, 3, 14, 19, 0, tzinfo=zone)  # the night before the clock is put forward
    await publish_forum(town, starts_at=start)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    policy = replace(town.app.policy, workdays=BusinessCalendar(zone))
    town.now = datetime(2027, 3, 13, 18, 59, 59, tzinfo=zone)
    usual = (1440, 120)
    assert not await forum_reminders.send_reminders(
        town.app.database, usual, town.now, policy=policy
    )
    town.advance(seconds=1)
    assert await forum_reminders.send_reminders(town.app.database, usual, town.now, policy=policy)
    assert not await forum_reminders.send_reminders(
        town.app.database, usual, town.now, policy=policy
    )
    for day, hour in ((14, 2), (14, 3)):  # half past two does not exist that night
        at = datetime(2027, 3, day + 1, hour, 30, tzinfo=zone)
        assert compute_reminder_time(at, 1440, zone) == datetime(2027, 3, day, 3, 30, tzinfo=zone)


async def test_two_replicas_at_once_remind_once(
    twin_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever wakes first, and however many pages it takes."""
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
    assert [len(reminders(person)) for person in people] == [1, 1, 1]
