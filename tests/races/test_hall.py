"""Two people act on one opinion in the hall at the same moment, on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation.consent import NOTICE_VERSION
from bot.core.requests import Chat
from bot.feedback import intake_service
from bot.forums.session import oral_submissions
from bot.forums.session.submission_outcomes import leave_to_unit, record_answer
from storage.models import Answer, ForumState, Role, State
from tests.races.test_casework import lock_cases
from tests.stories.test_hall import list_hearings, submit_for_forum
from tests.town.forums import CODE, WARD, change_forum, publish_forum
from tests.town.locks import run_together

if TYPE_CHECKING:
    from bot.core.unit_of_work import UnitOfWork
    from tests.town.locks import Act
    from tests.town.person import Person
    from tests.town.town import Town


async def test_an_opinion_is_answered_there_or_left_to_its_unit(twin_town: Town) -> None:
    """Two organisers choose differently: one choice is stored, and nothing of the other."""
    town = twin_town
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    forum = await publish_forum(town)
    code = await submit_for_forum(town.resident("Ann"), "Vỉa hè hỏng")
    number = (await town.get_submission(code)).id
    await change_forum(town, forum, state=ForumState.LIVE)

    async def answer(work: UnitOfWork) -> None:
        words = {"@code": CODE, "@number": number, "text": "Đã sửa", "measure": "", "deadline": ""}
        await record_answer(work, Chat(organiser.id, "vi"), words)

    async def leave(work: UnitOfWork) -> None:
        await leave_to_unit(work, leader.id, CODE, number)

    outcomes = await run_together(town, lock_cases, answer, leave)
    assert outcomes.count("done") == 1
    is_answered = outcomes[0] == "done"
    (row,) = await list_hearings(town)
    assert row.outcome == ("answered" if is_answered else "left")
    after = await town.get_submission(code)
    assert (after.state is State.ANSWER_PROPOSED) is is_answered
    assert await town.count_rows(Answer) == int(is_answered)


async def test_of_two_who_claim_an_oral_opinion_one_gets_it(twin_town: Town) -> None:
    """A second person with the same claim link is refused."""
    town = twin_town
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    forum = await publish_forum(town)
    await change_forum(town, forum, state=ForumState.LIVE)
    people = (town.resident("Ann"), town.resident("Bao"))
    words = {"@code": CODE, "kind": "question", "text": "Khi nào có camera?"}
    async with town.work() as work:
        await oral_submissions.enter_oral_submission(work, Chat(organiser.id, "vi"), words)
        for person in people:
            await intake_service.record_consent(
                work, Chat(person.id, "vi"), {"consent": NOTICE_VERSION}
            )
    (row,) = await list_hearings(town)

    def claim(person: Person) -> Act:
        async def act(work: UnitOfWork) -> None:
            answers = {"@claim": row.claim}
            await oral_submissions.claim_submission(work, Chat(person.id, "vi"), answers)

        return act

    outcomes = await run_together(town, lock_cases, *(claim(person) for person in people))
    assert outcomes.count("done") == 1
    winner = people[outcomes.index("done")]
    (record,) = await town.export_submissions(with_identity=True)
    assert record["chat_id"] == winner.id
