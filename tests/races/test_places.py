"""Two who want the last place at the same moment, on PostgreSQL: one has it, one waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.core.requests import Chat
from bot.core.unit_of_work import UnitOfWork
from bot.forums.attendance import service
from storage import attendance
from storage.models import RegistrationState
from tests.attending import published, registered, registers
from tests.races.test_casework import waiting_for_locks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.people import Person, Town


async def at_once(town: Town, forum: int, *acts: Callable[[], Awaitable[None]]) -> None:
    """Let all come to the forum's row before any of them goes on."""
    async with asyncio.timeout(20):
        async with town.app.database.transaction() as holding:
            await attendance.lock_forum(holding, forum)
            running = [asyncio.create_task(_run(act)) for act in acts]
            while await waiting_for_locks(town) < len(acts):
                pass  # each of them comes to stand before the row
        await asyncio.gather(*running)


async def _run(act: Callable[[], Awaitable[None]]) -> None:
    await act()


def wants(town: Town, person: Person, replica: int) -> Callable[[], Awaitable[None]]:
    """The last turn of a registration, in a transaction of a replica's own."""

    async def act() -> None:
        app = town.replica(replica).app
        answers = {"@code": "DD7K2", "people": "1", "category": "resident"}
        async with app.database.transaction() as connection:
            chat = Chat(person.id, "vi")
            await service.register_attendee(
                UnitOfWork(connection, town.now, app.policy), chat, answers
            )

    return act


async def test_of_two_who_take_the_last_place_one_waits(twin_town: Town) -> None:
    """Never more people than places, whoever is served by which replica."""
    town = twin_town
    forum = await published(town, capacity=3)
    await registers(town.resident("Ann"), 2)
    ben, cam = town.resident("Ben"), town.resident("Cam")
    await at_once(town, forum, wants(town, ben, 0), wants(town, cam, 1))
    states = [row.state for row in await registered(town)]
    assert sorted(states) == [
        RegistrationState.REGISTERED,
        RegistrationState.REGISTERED,
        RegistrationState.WAITING,
    ]


async def test_a_place_is_given_up_and_taken_at_once(twin_town: Town) -> None:
    """Nobody is left waiting beside an empty chair."""
    town = twin_town
    forum = await published(town, capacity=1)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await registers(ann)

    async def gives_up() -> None:
        app = town.replica(0).app
        async with app.database.transaction() as connection:
            assert await service.cancel_registration(
                UnitOfWork(connection, town.now, app.policy), ann.id, "DD7K2"
            )

    await at_once(town, forum, gives_up, wants(town, ben, 1))
    assert [row.state for row in await registered(town)] == [
        RegistrationState.CANCELLED,
        RegistrationState.REGISTERED,
    ]
