"""Two who do something to one forum at the same moment, on PostgreSQL: one wins, one is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from bot.core.requests import Refused
from bot.core.unit_of_work import UnitOfWork
from bot.forums import announcements
from bot.forums.planning import service
from storage import attendance, forums
from storage.models import Announcement, ForumState, Outbox, OutboxState, Role
from storage.statements import table
from tests.attending import changed, published
from tests.races.test_casework import waiting_for_locks
from tests.stories.test_forums import crowd

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.people import Person, Town

WARD, CODE = "11407", "DD7K2"
OUTBOX = table(Outbox)


async def at_once(town: Town, forum: int, *acts: Callable[[], Awaitable[str]]) -> list[str]:
    """Let all have read the forum before any of them may write; what became of each."""
    async with asyncio.timeout(20):
        async with town.app.database.transaction() as holding:
            await attendance.lock_forum(holding, forum)
            running = [asyncio.create_task(_run(act)) for act in acts]
            while await waiting_for_locks(town) < len(acts):
                pass  # each of them comes to stand before its UPDATE
        return list(await asyncio.gather(*running))


async def _run(act: Callable[[], Awaitable[str]]) -> str:
    return await act()


def does(
    town: Town, person: Person, move: str, replica: int, **words: str
) -> Callable[[], Awaitable[str]]:
    """A move, in a transaction of a replica's own."""

    async def act() -> str:
        app = town.replica(replica).app
        try:
            async with app.database.transaction() as connection:
                await service.perform_action(
                    UnitOfWork(connection, town.now, app.policy), person.id, move, CODE, words
                )
        except Refused as refused:
            return refused.words.key
        return "done"

    return act


@pytest.fixture
async def submitted(twin_town: Town) -> tuple[Town, Person, Person, int]:
    """A town, two leaders who may approve, a forum that waits for it."""
    town = twin_town
    await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    first = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    second = await town.officer("Điều phối", role=Role.COORDINATOR)
    forum = await published(town, state=ForumState.SUBMITTED, published_at=None)
    return town, first, second, forum


Submitted = tuple["Town", "Person", "Person", int]


async def test_of_two_who_approve_the_first_wins(submitted: Submitted) -> None:
    """It is approved by one, and announced once."""
    town, first, second, forum = submitted
    outcomes = await at_once(
        town, forum, does(town, first, "approve", 0), does(town, second, "approve", 1)
    )
    assert sorted(outcomes) == ["done", "forum.too_late"]
    async with town.app.database.reading() as connection:
        row = await attendance.get_forum(connection, forum)
        winner = (first, second)[outcomes.index("done")]
        found = await service.find_planned_forum(connection, winner.id, CODE)
    assert (row.state, row.version) == (ForumState.PUBLISHED, 2)
    assert found[0] is not None
    assert row.approved_by == found[0].id
    assert await town.count(Announcement) == 1


async def test_an_approval_and_a_cancellation_do_not_both_happen(submitted: Submitted) -> None:
    """Nobody hears of a forum that was cancelled before it was approved."""
    town, first, second, forum = submitted
    outcomes = await at_once(
        town, forum, does(town, first, "approve", 0), does(town, second, "cancel", 1, reason="mưa")
    )
    assert sorted(outcomes) == ["done", "forum.too_late"]
    async with town.app.database.reading() as connection:
        row = await attendance.get_forum(connection, forum)
    approved = outcomes[0] == "done"
    assert row.state is (ForumState.PUBLISHED if approved else ForumState.CANCELLED)


async def _waiting(town: Town) -> int:
    async with town.app.database.reading() as connection:
        waits = select(func.count()).select_from(OUTBOX)
        waits = waits.where(OUTBOX.c.announcement_id.is_not(None))
        found = await connection.execute(waits.where(OUTBOX.c.state == OutboxState.WAITING))
        return int(found.scalar_one())


async def _announced(town: Town) -> int:
    """A forum that is announced and not expanded yet."""
    await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    forum = await published(town)
    await crowd(town, 30)
    async with town.app.database.transaction() as connection:
        row = await attendance.get_forum(connection, forum)
        await announcements.announce_forum(
            UnitOfWork(connection, town.now, town.app.policy), row, "notice"
        )
    return forum


async def test_two_replicas_expand_one_announcement(
    twin_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one has a chunk in its hands the other passes by; each recipient has one message."""
    town = twin_town
    await _announced(town)
    monkeypatch.setattr(announcements, "_CHUNK", 7)
    one, other = (town.replica(number).app for number in (0, 1))
    async with asyncio.timeout(20):
        async with one.database.transaction() as connection:
            held = await forums.lock_next_announcement(connection, town.now)
            assert held is not None
            assert (
                await announcements.expand_announcements(
                    other.database, town.now, policy=other.policy
                )
                == 0
            )
        await asyncio.gather(
            *(
                announcements.expand_announcements(app.database, town.now, policy=app.policy)
                for app in (one, other)
            )
        )
    assert await _waiting(town) == 30


async def test_a_forum_is_cancelled_while_a_chunk_is_being_put(twin_town: Town) -> None:
    """What is put in that moment is closed with the rest; nothing is put afterwards."""
    town = twin_town
    forum = await _announced(town)
    app = town.app

    async def stops() -> None:
        async with town.replica(1).app.database.transaction() as connection:
            await forums.cancel_announcements(connection, forum, town.now, kinds=["notice"])

    async with asyncio.timeout(20):
        async with app.database.transaction() as connection:
            held: Any = await forums.lock_next_announcement(connection, town.now)
            await announcements._chunk(UnitOfWork(connection, town.now, app.policy), held)
            stopping = asyncio.create_task(stops())
            while await waiting_for_locks(town) < 1:
                pass  # it comes to stand before the announcement
        await stopping
    assert await _waiting(town) == 0
    await changed(town, forum, state=ForumState.CANCELLED)
    assert await announcements.expand_announcements(app.database, town.now, policy=app.policy) == 0
    assert await _waiting(town) == 0
