"""Two who do something to one case at the same moment, on PostgreSQL: one wins, one is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from bot.casework import action_service
from bot.core.requests import Chat, Refused
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import followup_service
from storage import submissions
from storage.models import Role, State, Submission
from storage.statements import table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from tests.people import Person, Town

ROWS = table(Submission)


async def at_once(
    town: Town, code: str, *acts: Callable[[AsyncConnection], Awaitable[Any]]
) -> list[str]:
    """Let all have read the case before any of them may write; what became of each."""

    async def one(act: Callable[[AsyncConnection], Awaitable[Any]]) -> str:
        try:
            async with town.app.database.transaction() as connection:
                return "done" if await act(connection) else "too late"
        except Refused:
            return "too late"

    database = town.app.database
    async with asyncio.timeout(20):
        async with database.transaction() as holding:
            held = select(ROWS.c.id).where(ROWS.c.code == code).with_for_update()
            await holding.execute(held)
            running = [asyncio.create_task(one(act)) for act in acts]
            while await waiting_for_locks(town) < len(acts):
                pass  # each of them comes to stand before its UPDATE
        return list(await asyncio.gather(*running))


async def waiting_for_locks(town: Town) -> int:
    """How many sessions of this database wait for a lock."""
    statement = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with town.app.database.reading() as connection:
        return int((await connection.execute(statement)).scalar_one())


def does(
    town: Town, person: Person, action: str, code: str, **words: str
) -> Callable[[AsyncConnection], Awaitable[Any]]:
    """An officer's action, to be run in a transaction."""

    async def act(connection: AsyncConnection) -> Any:
        policy = town.app.policy
        return await action_service.perform_action(
            UnitOfWork(connection, town.now, policy), person.id, action, code, words
        )

    return act


def withdraws(town: Town, person: Person, code: str) -> Callable[[AsyncConnection], Awaitable[Any]]:
    """A resident takes their opinion back."""

    async def act(connection: AsyncConnection) -> Any:
        chat = Chat(person.id, "vi")
        return await followup_service.withdraw_submission(
            UnitOfWork(connection, town.now, town.app.policy), chat, code
        )

    return act


async def state(town: Town, code: str) -> State:
    """Where a case stands."""
    async with town.app.database.reading() as connection:
        found = await submissions.find_submission(connection, code)
    assert found is not None
    return found.state


@pytest.fixture
async def case(twin_town: Town) -> tuple[Town, Person, Person, Person, str]:
    """A town, a resident, an officer, a leader, and the code of an opinion."""
    town = twin_town
    officer = await town.officer("Binh")
    leader = await town.officer("Cường", role=Role.APPROVER)
    ann = town.resident("Ann")
    return town, ann, officer, leader, await ann.gives("Đèn hỏng.")


async def proposed(officer: Person, code: str) -> None:
    """An answer stands to be approved."""
    await officer.says(f"/case {code}")
    await officer.taps("case.do.accept")
    await officer.taps("case.do.propose")
    for words in ("Đã sửa.", "Thay bóng", "Đã xong"):
        await officer.says(words)
    await officer.taps("propose.review.options.submit")


Case = tuple["Town", "Person", "Person", "Person", str]


async def test_of_two_who_accept_one_has_it(case: Case) -> None:
    """The case has one assignee, and its version went up by one."""
    town, _ann, officer, leader, code = case
    outcomes = await at_once(
        town, code, does(town, officer, "accept", code), does(town, leader, "accept", code)
    )
    assert sorted(outcomes) == ["done", "too late"]
    async with town.app.database.reading() as connection:
        found = await submissions.find_submission(connection, code)
    assert found is not None
    assert (found.state, found.version) == (State.IN_PROGRESS, 3)


async def test_an_approval_and_a_withdrawal_do_not_both_happen(case: Case) -> None:
    """It is answered or withdrawn, and nobody hears of what did not happen."""
    town, ann, officer, leader, code = case
    await proposed(officer, code)
    outcomes = await at_once(
        town, code, does(town, leader, "approve", code), withdraws(town, ann, code)
    )
    assert sorted(outcomes) == ["done", "too late"]
    await town.app.settled()
    is_answered = await state(town, code) is State.ANSWERED
    assert is_answered is (outcomes[0] == "done")
    assert ann.was_told("notice.approve") is is_answered


async def test_a_transfer_and_a_proposal_do_not_both_happen(case: Case) -> None:
    """Its officer proposes while it is being transferred: one of the two."""
    town, ann, officer, _leader, code = case
    await officer.says(f"/case {code}")
    await officer.taps("case.do.accept")
    words = {"text": "Đã sửa.", "measure": "Thay bóng", "deadline": "Đã xong"}
    outcomes = await at_once(
        town,
        code,
        does(town, officer, "propose", code, **words),
        does(town, officer, "transfer", code, body="Sở Xây dựng", contact="0225"),
    )
    assert sorted(outcomes) == ["done", "too late"]
    await town.app.settled()
    assert ann.was_told("notice.transfer") is (outcomes[1] == "done")
