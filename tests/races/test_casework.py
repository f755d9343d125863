"""Two people act on one case at the same moment, on PostgreSQL: one succeeds, one is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.casework import action_service
from bot.core.requests import Chat
from bot.feedback import followup_service
from storage.models import Role, State, Submission
from storage.statements import table
from tests.town.casework import ANSWER, accept_case, propose_answer
from tests.town.locks import run_together

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.unit_of_work import UnitOfWork
    from tests.town.locks import Act
    from tests.town.person import Person
    from tests.town.town import Town

CASES = table(Submission)
Case = tuple["Town", "Person", "Person", "Person", str]


async def lock_cases(connection: AsyncConnection) -> None:
    """Lock the row of every case."""
    await connection.execute(select(CASES.c.id).with_for_update())


def make_action(officer: Person, action: str, code: str, **words: str) -> Act:
    """Return an act in which an officer performs an action on a case."""

    async def act(work: UnitOfWork) -> Any:
        return await action_service.perform_action(work, officer.id, action, code, words)

    return act


def make_withdrawal(resident: Person, code: str) -> Act:
    """Return an act in which a resident withdraws their opinion."""

    async def act(work: UnitOfWork) -> bool:
        chat = Chat(resident.id, "vi")
        return await followup_service.withdraw_submission(work, chat, code) is not None

    return act


@pytest.fixture
async def case(twin_town: Town) -> Case:
    """A town, a resident, an officer, a leader, and the code of the resident's opinion."""
    town = twin_town
    officer = await town.officer("Binh")
    leader = await town.officer("Cường", role=Role.APPROVER)
    ann = town.resident("Ann")
    return town, ann, officer, leader, await ann.gives("Đèn hỏng.")


async def test_of_two_officers_who_accept_one_gets_the_case(case: Case) -> None:
    """The case has one assignee, and its version is one higher."""
    town, _ann, officer, leader, code = case
    outcomes = await run_together(
        town, lock_cases, make_action(officer, "accept", code), make_action(leader, "accept", code)
    )
    assert sorted(outcomes) == ["case.too_late", "done"]
    accepted = await town.get_submission(code)
    assert (accepted.state, accepted.version) == (State.IN_PROGRESS, 3)


async def test_an_approval_and_a_withdrawal_do_not_both_happen(case: Case) -> None:
    """The case is either answered or withdrawn, and only that is announced."""
    town, ann, officer, leader, code = case
    await accept_case(officer, code)
    await propose_answer(officer)
    outcomes = await run_together(
        town, lock_cases, make_action(leader, "approve", code), make_withdrawal(ann, code)
    )
    assert outcomes.count("done") == 1
    await town.settle()
    is_answered = (await town.get_submission(code)).state is State.ANSWERED
    assert is_answered is (outcomes[0] == "done")
    assert ann.was_told("notice.approve") is is_answered


async def test_a_transfer_and_a_proposal_do_not_both_happen(case: Case) -> None:
    """An officer proposes an answer while the case is transferred: only one of them counts."""
    town, ann, officer, _leader, code = case
    await accept_case(officer, code)
    text, measure, deadline = ANSWER
    outcomes = await run_together(
        town,
        lock_cases,
        make_action(officer, "propose", code, text=text, measure=measure, deadline=deadline),
        make_action(officer, "transfer", code, body="Sở Xây dựng", contact="0225"),
    )
    assert sorted(outcomes) == ["case.too_late", "done"]
    await town.settle()
    assert ann.was_told("notice.transfer") is (outcomes[1] == "done")
