"""Two who do something with one opinion in the hall at the same moment, on PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.core.requests import Chat, Refused
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import intake_service as feedback
from bot.feedback.rules import NOTICE_VERSION
from bot.forums.session import oral_submissions
from bot.forums.session import service as session_service
from storage.models import Answer, ForumState, Hearing, Role, State, Submission
from storage.statements import fetch_all, table
from tests.attending import changed, published
from tests.races.test_casework import waiting_for_locks
from tests.stories.test_hall import CODE, WARD, sends_ahead, the_one

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from tests.people import Person, Town

CASES, ROWS = table(Submission), table(Hearing)


async def at_once(town: Town, *acts: Any) -> list[str]:
    """Let all come to the opinion's row before any of them goes on; what became of each."""

    async def one(number: int, act: Any) -> str:
        try:
            async with town.replica(number).app.database.transaction() as connection:
                await act(connection)
        except Refused:
            return "too late"
        return "done"

    async with asyncio.timeout(20):
        async with town.app.database.transaction() as holding:
            await holding.execute(select(CASES.c.id).with_for_update())
            running = [asyncio.create_task(one(*each)) for each in enumerate(acts)]
            while await waiting_for_locks(town) < len(acts):
                pass
        return list(await asyncio.gather(*running))


async def heard(town: Town) -> list[Hearing]:
    """What became of opinions in the hall."""
    async with town.app.database.reading() as connection:
        return list(await fetch_all(connection, Hearing, select(ROWS)))


async def test_an_opinion_is_answered_there_or_left_to_its_unit(twin_town: Town) -> None:
    """By two organisers at once: one of the two, and nothing of the other is left."""
    town = twin_town
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    forum = await published(town)
    opinion = await the_one(town, await sends_ahead(town.resident("Ann"), "Vỉa hè hỏng"))
    await changed(town, forum, state=ForumState.LIVE)
    number, policy = opinion.id, town.app.policy

    async def answers(connection: AsyncConnection) -> None:
        words = {"@code": CODE, "@number": number, "text": "Đã sửa", "measure": "", "deadline": ""}
        chat = Chat(organiser.id, "vi")
        await session_service.record_answer(UnitOfWork(connection, town.now, policy), chat, words)

    async def leaves(connection: AsyncConnection) -> None:
        await session_service.leave_to_unit(
            UnitOfWork(connection, town.now, policy), leader.id, CODE, number
        )

    outcomes = await at_once(town, answers, leaves)
    assert sorted(outcomes) == ["done", "too late"]
    answered = outcomes[0] == "done"
    (row,) = await heard(town)
    assert row.outcome == ("answered" if answered else "left")
    after = await the_one(town, opinion.code)
    assert (after.state is State.ANSWER_PROPOSED) is answered
    assert await town.count(Answer) == int(answered)


async def test_of_two_who_claim_what_was_spoken_one_has_it(twin_town: Town) -> None:
    """Who photographed the code of another cannot have it too."""
    town = twin_town
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    forum = await published(town)
    await changed(town, forum, state=ForumState.LIVE)
    people, policy = (town.resident("Ann"), town.resident("Bao")), town.app.policy
    words = {"@code": CODE, "kind": "question", "text": "Khi nào có camera?"}
    async with town.app.database.transaction() as connection:
        await oral_submissions.enter_oral_submission(
            UnitOfWork(connection, town.now, policy), Chat(organiser.id, "vi"), words
        )
        for person in people:
            chat = Chat(person.id, "vi")
            await feedback.record_consent(
                UnitOfWork(connection, town.now, policy), chat, NOTICE_VERSION
            )
    (row,) = await heard(town)

    def claims(person: Person) -> Any:
        async def act(connection: AsyncConnection) -> None:
            answers = {"@claim": row.claim}
            await oral_submissions.claim_submission(
                UnitOfWork(connection, town.now, policy), Chat(person.id, "vi"), answers
            )

        return act

    outcomes = await at_once(town, *(claims(person) for person in people))
    assert sorted(outcomes) == ["done", "too late"]
    winner = people[outcomes.index("done")]
    (record,) = await town.exported(with_identity=True)
    assert record["chat_id"] == winner.id
