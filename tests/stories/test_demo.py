"""The demo: what it shows before anybody has written to it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.runtime.demo import load_samples, store_samples
from storage import attendance
from storage.models import (
    Audit,
    Commitment,
    Forum,
    ForumState,
    Officer,
    Outbox,
    OutboxState,
    Registration,
    RegistrationState,
    State,
    Submission,
)
from storage.statements import fetch_all, table
from tests.town.person import Person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlmodel import SQLModel

    from tests.town.town import Town

# Where an opinion is at the end of its story, if that is not the story's own name.
STATES = {
    "waiting": State.AWAITING_RESIDENT,
    "replied": State.IN_PROGRESS,
    "sent_back": State.IN_PROGRESS,
    "proposed": State.ANSWER_PROPOSED,
    "rated": State.ANSWERED,
    "reopened": State.ASSIGNED,
    "closed_unrated": State.CLOSED,
}


@pytest.fixture
async def demo(town: Town) -> Town:
    """A town with the people of the demo, after its samples were stored."""
    for person in load_samples()["people"]:
        town.simulator.state.add_user(
            id=person["id"], first_name=person["name"], language_code=person["language"]
        )
    await store_samples(town.app.database, town.app.policy, town.now)
    return town


async def list_rows(town: Town, model: type[SQLModel]) -> Sequence[Any]:
    """Return all rows of a table."""
    async with town.app.database.reading() as connection:
        return await fetch_all(connection, model, select(table(model)).order_by("id"))


def find_person(town: Town, person_id: int) -> Person:
    """Return a person of the demo."""
    return Person(town, person_id, str(person_id))


async def test_each_opinion_is_where_its_story_ends(demo: Town) -> None:
    """There is one in every state; no opinion is later than the start of the demo."""
    by_text = {each.text: each for each in await list_rows(demo, Submission)}
    for opinion in load_samples()["opinions"]:
        case, story = by_text[opinion["text"]], opinion["story"]
        assert case.state == STATES.get(story, story), (case.state, opinion)
        assert case.created_at <= demo.now
        assert (case.rating is not None) == (story in {"rated", "closed", "reopened"}), opinion
    assert {each.state for each in by_text.values()} == set(State)
    yesterday = demo.now - timedelta(days=1)
    assert any(each.urgent and each.created_at > yesterday for each in by_text.values())


async def test_the_opinions_are_of_many_kinds_and_places(demo: Town) -> None:
    """Figures of the last 60 days therefore show something."""
    given = {opinion["text"] for opinion in load_samples()["opinions"]}
    cases = [each for each in await list_rows(demo, Submission) if each.text in given]
    assert len({each.kind for each in cases}) >= 8
    assert len({topic for each in cases for topic in each.topics}) >= 12
    places = Counter(each.unit_code for each in cases)
    assert len(places) >= 8
    assert places["11407"] >= 12
    ages = [(demo.now - each.created_at).days for each in cases]
    assert max(ages) >= 55
    assert all(any(10 * n <= age < 10 * n + 10 for age in ages) for n in range(6))


async def test_there_is_a_forum_of_each_sort(demo: Town) -> None:
    """One next week with opinions on it, one full with a waiting list, one with its results."""
    by_agenda = {each.agenda[0]: each for each in await list_rows(demo, Forum)}
    coming, full, held = (
        by_agenda[each["agenda"].strip().splitlines()[0]] for each in load_samples()["forums"]
    )
    assert coming.state is full.state is ForumState.PUBLISHED
    assert timedelta(days=6) < coming.starts_at - demo.now < timedelta(days=8)
    opinions = [each for each in await list_rows(demo, Submission) if each.forum == coming.code]
    assert len(opinions) >= 2
    tickets = [each for each in await list_rows(demo, Registration) if each.forum_id == full.id]
    waiting = [each for each in tickets if each.state is RegistrationState.WAITING]
    assert len(waiting) == 2
    assert sum(each.people for each in tickets if each not in waiting) == full.capacity
    assert held.state is ForumState.REPORTED
    assert held.minutes
    came = [each for each in await list_rows(demo, Registration) if each.forum_id == held.id]
    states = {each.state for each in came}
    assert states == {RegistrationState.ATTENDED, RegistrationState.REGISTERED}
    assert any(each.rating for each in came)
    async with demo.app.database.reading() as connection:
        promises = await attendance.list_commitments(connection, held.id)
    assert [each.kept_at is not None for each in promises] == [True, False, False]
    late = [each for each in promises if each.kept_at is None and each.due_on < demo.now.date()]
    assert len(late) == 1


async def test_the_bot_shows_the_history(demo: Town) -> None:
    """A resident sees the forums and their results, an officer the statistics and open cases."""
    hoa, duty, leader = (find_person(demo, each) for each in (1001, 2002, 2004))
    await demo.settle()
    await hoa.says("/diendan")
    assert any("Gặp gỡ phụ huynh" in label for label in hoa.buttons)
    await hoa.taps("forums.to_past")
    assert any("trật tự đêm ở khu chợ" in label for label in hoa.buttons)
    await leader.says("/stats")
    assert leader.is_told("stats.text")
    await duty.says("/cases")
    assert any("HP-" in label for label in duty.buttons)


async def test_messages_of_long_ago_are_not_sent(demo: Town) -> None:
    """The chats begin with what happened in the last two days."""
    rows = await list_rows(demo, Outbox)
    waiting = [each for each in rows if each.state is OutboxState.WAITING]
    assert 5 <= len(waiting) <= 40
    assert all(each.next_at > demo.now - timedelta(days=2) for each in waiting)


async def test_the_history_is_stored_once_in_order(demo: Town) -> None:
    """A second start adds nothing. The audit log has every step, in the order of time."""
    entries = [each.at for each in await list_rows(demo, Audit)]
    assert len(entries) > 200
    assert entries == sorted(entries)
    assert entries[-1] <= demo.now
    models: tuple[type[SQLModel], ...] = (Submission, Forum, Commitment, Officer)
    counted = [await demo.count_rows(each) for each in models]
    await store_samples(demo.app.database, demo.app.policy, demo.now + timedelta(days=1))
    assert counted == [await demo.count_rows(each) for each in models]
