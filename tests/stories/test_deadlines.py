"""What time does to cases, said once, by however many replicas wake."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.casework import escalation
from bot.runtime.app import make_case_deadlines
from bot.runtime.settings import DeadlineSettings
from storage import audit, submissions
from storage.models import Role, State

if TYPE_CHECKING:
    from storage.models import Submission
    from tests.people import Person, Town

TIMES = make_case_deadlines(DeadlineSettings())


async def looked(town: Town, times: int = 1) -> None:
    """The clock wakes so many replicas at once."""
    database, policy = town.app.database, town.app.policy
    await asyncio.gather(
        *(
            escalation.check_deadlines(database, TIMES, town.now, policy=policy)
            for _ in range(times)
        )
    )
    await town.app.settled()


def told(person: Person, words: str) -> int:
    """How often somebody heard something."""
    return sum(words in said for said in person.heard)


async def the_one(town: Town, code: str) -> Submission:
    """A submission as it stands."""
    async with town.app.database.reading() as connection:
        found = await submissions.find_submission(connection, code)
    assert found is not None
    return found


async def test_who_works_on_it_is_reminded_once_before_it_is_due(town: Town) -> None:
    """Not earlier, and not every time that somebody looks."""
    officer = await town.officer("Binh")
    other = await town.officer("Dung")
    code = await town.resident("Ann").gives("Đèn hỏng.")
    await officer.says(f"/case {code}")
    await officer.taps("case.do.accept")
    await looked(town)
    assert told(officer, "Sắp đến hạn") == 0
    town.now = (await the_one(town, code)).due_at - TIMES.remind_before
    await looked(town, 3)
    await looked(town)
    assert (told(officer, "Sắp đến hạn"), told(other, "Sắp đến hạn")) == (1, 0)


async def test_what_is_overdue_goes_up(town: Town) -> None:
    """The officer, the unit's leaders and the resident; the city's when it lasts: each once."""
    ward, city = "11407", "31"
    officer = await town.officer("Binh", unit=ward)
    leader = await town.officer("Cường", unit=ward, role=Role.APPROVER)
    above = await town.officer("Giang", unit=city, role=Role.COORDINATOR)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.", area="Phường An Biên")
    await officer.says(f"/case {code}")
    await officer.taps("case.do.accept")
    town.now = (await the_one(town, code)).due_at
    town.later(minutes=1)
    await looked(town, 3)
    assert (told(leader, "Quá hạn"), told(above, "Quá hạn")) == (1, 0)
    town.later(days=5)
    await looked(town)
    for person in (officer, leader, above):
        assert told(person, "Quá hạn") == 1
    assert told(ann, "xin lỗi ông/bà về sự chậm trễ") == 1
    async with town.app.database.reading() as connection:
        number = (await the_one(town, code)).id
        assert len(await audit.list_timeline(connection, number, [escalation.OVERDUE])) == 1


async def test_what_nobody_took_goes_up_too(town: Town) -> None:
    """An opinion without an officer is overdue all the same."""
    above = await town.officer("Giang", role=Role.COORDINATOR)
    code = await town.resident("Ann").gives("Đèn hỏng.", area="Phường An Biên")
    town.now = (await the_one(town, code)).due_at
    town.later(minutes=1)
    await looked(town)
    assert told(above, "Quá hạn") == 1


async def test_while_a_question_waits_the_clock_stands_still(town: Town) -> None:
    """Nobody is blamed for the resident's silence."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.")
    await officer.says(f"/case {code}")
    await officer.taps("case.do.accept")
    await officer.taps("case.do.ask")
    await officer.says("Ở đâu?")
    town.later(days=60)
    await looked(town)
    assert told(officer, "Quá hạn") == told(ann, "xin lỗi") == 0


async def test_an_answer_is_closed_when_nobody_asks_again(town: Town) -> None:
    """After the days in which that is possible; then its time of keeping begins."""
    officer = await town.officer("Binh")
    leader = await town.officer("Cường", role=Role.APPROVER)
    code = await town.resident("Ann").gives("Đèn hỏng.")
    await officer.says(f"/case {code}")
    await officer.taps("case.do.accept")
    await officer.taps("case.do.propose")
    for words in ("Đã sửa.", "Thay bóng", "Đã xong"):
        await officer.says(words)
    await officer.taps("propose.review.options.submit")
    await leader.says(f"/case {code}")
    await leader.taps("case.do.approve")
    town.later(days=15)
    await looked(town)
    assert (await the_one(town, code)).state is State.ANSWERED
    town.later(minutes=1)
    await looked(town, 3)
    closed = await the_one(town, code)
    assert (closed.state, closed.closed_at) == (State.CLOSED, town.now)
