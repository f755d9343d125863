"""A restored copy of the database: what was sent since is not sent again to everybody."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.runtime import jobs, restored_copy
from bot.runtime.replica import CannotStart, check_hold, serve
from storage import holds
from storage.models import OutboxState
from tests.town.forums import publish_forum, register_for_forum
from tests.transport.rows import MARK, enqueue, get_state, make_message, meet

if TYPE_CHECKING:
    from tests.town.town import Town


MONTH = timedelta(days=30)


async def hold(town: Town) -> None:
    """Hold the database, as an operator does after restoring it."""
    async with town.app.database.transaction() as connection:
        await holds.hold_database(connection, town.now)


async def test_fault_30_a_restored_copy_is_not_sent_again(town: Town) -> None:
    """A day passed since the copy: reminders and announcements are left for review.

    A receipt that waited is sent once, with a mark. What comes later is sent as usual.
    """
    await publish_forum(town)
    people = [town.resident(f"Resident {number}") for number in range(5)]
    for person in people:
        await register_for_forum(person)
    await enqueue(town, make_message("receipt", people[0].id, town.now, lasts=MONTH))
    await enqueue(town, make_message("news", people[1].id, town.now, critical=False, lasts=MONTH))
    await hold(town)
    town.advance(days=9, hours=1)  # the reminder of the day before was due, and was sent
    heard = [len(person.heard) for person in people]
    counted = await restored_copy.enqueue_everything_due(town.app.job_context)
    assert ("remind", False, 5) in counted
    await restored_copy.release_database(town.app.job_context)
    await jobs.remind_attendees(town.app.job_context)
    await town.settle()
    news = [len(each.heard) - before for each, before in zip(people, heard, strict=True)]
    assert news == [1, 0, 0, 0, 0]
    assert people[0].is_told(MARK)
    assert await get_state(town, "news") == OutboxState.MAYBE_SENT
    town.advance(hours=21)
    await jobs.remind_attendees(town.app.job_context)
    await town.settle()
    assert all(person.is_told("reminder.text") for person in people)


async def test_fault_30_no_bot_starts_on_a_held_database(town: Town) -> None:
    """The refusal names the command; after the release the bot starts."""
    ann = await meet(town, "Ann")
    await enqueue(town, make_message("receipt", ann.id, town.now))
    await hold(town)
    with pytest.raises(CannotStart, match="outbox release"):
        await asyncio.wait_for(serve(town.app), 20)  # a bot that starts would run for ever
    await restored_copy.release_database(town.app.job_context)
    await check_hold(town.app)


async def test_holding_twice_keeps_the_first_time(town: Town) -> None:
    """The operator sees since when the copy is held."""
    await hold(town)
    first = town.now
    town.advance(hours=1)
    await hold(town)
    async with town.app.database.reading() as connection:
        assert await holds.find_hold(connection) == first
