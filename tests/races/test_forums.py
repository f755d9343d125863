"""Two people act on one forum at the same moment, on PostgreSQL: one succeeds, one is refused."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from bot.forums import announcements
from bot.forums.planning import action_service
from bot.forums.shared.planning_permissions import find_planned_forum
from storage import attendance, forums
from storage.models import Announcement, ForumState, Outbox, OutboxState, Role
from storage.statements import table
from tests.town.forums import CODE, WARD, change_forum, publish_forum, subscribe_many
from tests.town.locks import run_together, wait_for_lock_waits

if TYPE_CHECKING:
    from bot.core.unit_of_work import UnitOfWork
    from tests.town.locks import Act
    from tests.town.person import Person
    from tests.town.town import Town

OUTBOX = table(Outbox)
Submitted = tuple["Town", "Person", "Person", int]


def make_action(officer: Person, action: str, **words: str) -> Act:
    """Return an act in which an officer performs an action on the forum."""

    async def act(work: UnitOfWork) -> None:
        await action_service.perform_action(work, officer.id, action, CODE, words)

    return act


@pytest.fixture
async def submitted(twin_town: Town) -> Submitted:
    """A town, two leaders who may approve, and the id of a forum that waits for approval."""
    town = twin_town
    await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    first = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    second = await town.officer("Điều phối", role=Role.COORDINATOR)
    forum = await publish_forum(town, state=ForumState.SUBMITTED, published_at=None)
    return town, first, second, forum


async def test_of_two_who_approve_the_first_wins(submitted: Submitted) -> None:
    """The forum is approved by one of them, and announced once."""
    town, first, second, forum = submitted
    lock = partial(attendance.lock_forum, forum_id=forum)
    outcomes = await run_together(
        town, lock, make_action(first, "approve"), make_action(second, "approve")
    )
    assert sorted(outcomes) == ["done", "forum.too_late"]
    async with town.app.database.reading() as connection:
        row = await attendance.get_forum(connection, forum)
        winner = (first, second)[outcomes.index("done")]
        found = await find_planned_forum(connection, winner.id, CODE)
    assert (row.state, row.version) == (ForumState.PUBLISHED, 2)
    assert found is not None
    assert row.approved_by == found[0].id
    assert await town.count_rows(Announcement) == 1


async def test_an_approval_and_a_cancellation_do_not_both_happen(submitted: Submitted) -> None:
    """The forum is either published or cancelled, as the successful act says."""
    town, first, second, forum = submitted
    lock = partial(attendance.lock_forum, forum_id=forum)
    outcomes = await run_together(
        town, lock, make_action(first, "approve"), make_action(second, "cancel", reason="mưa")
    )
    assert sorted(outcomes) == ["done", "forum.too_late"]
    async with town.app.database.reading() as connection:
        row = await attendance.get_forum(connection, forum)
    approved = outcomes[0] == "done"
    assert row.state is (ForumState.PUBLISHED if approved else ForumState.CANCELLED)


async def count_waiting(town: Town) -> int:
    """Return the number of announcement messages that wait in the outbox."""
    async with town.app.database.reading() as connection:
        waiting = select(func.count()).select_from(OUTBOX)
        waiting = waiting.where(OUTBOX.c.announcement_id.is_not(None))
        counted = await connection.execute(waiting.where(OUTBOX.c.state == OutboxState.WAITING))
        return int(counted.scalar_one())


async def announce_to_thirty(town: Town) -> int:
    """Publish and announce a forum to 30 subscribers; expand nothing yet. Return its id."""
    await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    forum = await publish_forum(town)
    await subscribe_many(town, 30)
    async with town.work() as work:
        row = await attendance.get_forum(work.connection, forum)
        await announcements.announce_forum(work, row, "notice")
    return forum


async def expand_announcements(town: Town, replica: int) -> int:
    """Expand the announcements that are due on a replica; return the number of messages."""
    app = town.replica(replica).app
    return await announcements.expand_announcements(app.database, town.now, policy=app.policy)


async def test_two_replicas_expand_one_announcement(
    twin_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica skips an announcement that another has locked; each recipient has one message."""
    town = twin_town
    await announce_to_thirty(town)
    monkeypatch.setattr(announcements, "_CHUNK", 7)
    async with asyncio.timeout(20):
        async with town.work() as work:
            locked = await forums.lock_next_announcement(work.connection, town.now)
            assert locked is not None
            assert await expand_announcements(town, replica=1) == 0
        await asyncio.gather(
            expand_announcements(town, replica=0), expand_announcements(town, replica=1)
        )
    assert await count_waiting(town) == 30


async def test_a_forum_is_cancelled_during_an_expansion(twin_town: Town) -> None:
    """Messages enqueued at that moment are closed with the rest; none is enqueued afterwards."""
    town = twin_town
    forum = await announce_to_thirty(town)

    async def cancel() -> None:
        async with town.work(replica=1) as work:
            kinds = ["notice"]
            await forums.cancel_announcements(work.connection, forum, town.now, kinds=kinds)

    async with town.work() as work:
        locked: Any = await forums.lock_next_announcement(work.connection, town.now)
        await announcements._write_chunk(work, locked)
        cancelling = asyncio.create_task(cancel())
        await wait_for_lock_waits(town.app.database, 1)
    async with asyncio.timeout(20):
        await cancelling
    assert await count_waiting(town) == 0
    await change_forum(town, forum, state=ForumState.CANCELLED)
    assert await expand_announcements(town, replica=0) == 0
    assert await count_waiting(town) == 0
