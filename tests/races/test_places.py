"""Two people want the last place at the same moment, on PostgreSQL: one gets it, one waits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.core.requests import Chat
from bot.forums.attendance import registration
from storage import attendance
from storage.models import RegistrationState
from tests.town.forums import CODE, list_registrations, publish_forum, register_for_forum
from tests.town.locks import run_together

if TYPE_CHECKING:
    from bot.core.unit_of_work import UnitOfWork
    from tests.town.locks import Act
    from tests.town.person import Person
    from tests.town.town import Town


def make_registration(person: Person) -> Act:
    """Return an act that completes a person's registration."""

    async def act(work: UnitOfWork) -> None:
        answers = {"@code": CODE, "people": "1", "category": "resident"}
        await registration.register_attendee(work, Chat(person.id, "vi"), answers)

    return act


async def test_of_two_who_take_the_last_place_one_waits(twin_town: Town) -> None:
    """Two replicas together never register more people than there are places."""
    town = twin_town
    forum = await publish_forum(town, capacity=3)
    await register_for_forum(town.resident("Ann"), 2)
    ben, cam = town.resident("Ben"), town.resident("Cam")
    lock = partial(attendance.lock_forum, forum_id=forum)
    assert await run_together(town, lock, make_registration(ben), make_registration(cam)) == [
        "done",
        "done",
    ]
    states = [row.state for row in await list_registrations(town)]
    assert sorted(states) == [
        RegistrationState.REGISTERED,
        RegistrationState.REGISTERED,
        RegistrationState.WAITING,
    ]


async def test_a_place_is_given_up_and_taken_at_once(twin_town: Town) -> None:
    """The person who asks for the place gets it: nobody waits while a place is free."""
    town = twin_town
    forum = await publish_forum(town, capacity=1)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await register_for_forum(ann)

    async def cancel(work: UnitOfWork) -> bool:
        return bool(await registration.cancel_registration(work, ann.id, CODE))

    lock = partial(attendance.lock_forum, forum_id=forum)
    assert await run_together(town, lock, cancel, make_registration(ben)) == ["done", "done"]
    assert [row.state for row in await list_registrations(town)] == [
        RegistrationState.CANCELLED,
        RegistrationState.REGISTERED,
    ]
