"""Deadlines of cases: each reminder and each escalation happens once, on any number of replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework.clock_actions import REPORT_OVERDUE
from storage import audit
from storage.models import Role, State
from tests.town.casework import DEADLINES, accept_case, check_deadlines, propose_answer

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_the_assignee_is_reminded_once_before_the_due_date(town: Town) -> None:
    """No reminder comes earlier, and none comes twice."""
    officer = await town.officer("Binh")
    other = await town.officer("Dung")
    code = await town.resident("Ann").gives("Đèn hỏng.")
    await accept_case(officer, code)
    await check_deadlines(town)
    assert officer.count_told("alert.due_soon") == 0
    town.now = (await town.get_submission(code)).due_at - DEADLINES.remind_before
    await check_deadlines(town, 3)
    await check_deadlines(town)
    assert (officer.count_told("alert.due_soon"), other.count_told("alert.due_soon")) == (1, 0)


async def test_what_is_overdue_goes_up(town: Town) -> None:
    """The officer, the unit's leaders and the resident; the city's when it lasts: each once."""
    ward, city = "11407", "31"
    officer = await town.officer("Binh", unit=ward)
    leader = await town.officer("Cường", unit=ward, role=Role.APPROVER)
    above = await town.officer("Giang", unit=city, role=Role.COORDINATOR)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.", area="Phường An Biên")
    await accept_case(officer, code)
    town.now = (await town.get_submission(code)).due_at
    town.advance(minutes=1)
    await check_deadlines(town, 3)
    assert (leader.count_told("alert.overdue"), above.count_told("alert.overdue")) == (1, 0)
    town.advance(days=5)
    await check_deadlines(town)
    for person in (officer, leader, above):
        assert person.count_told("alert.overdue") == 1
    assert ann.count_told("notice.overdue") == 1
    async with town.app.database.reading() as connection:
        number = (await town.get_submission(code)).id
        reports = await audit.list_timeline(connection, number, [REPORT_OVERDUE.audit_action])
    assert len(reports) == 1


async def test_a_case_without_an_officer_becomes_overdue_too(town: Town) -> None:
    """The city's coordinator is alerted of it."""
    above = await town.officer("Giang", role=Role.COORDINATOR)
    code = await town.resident("Ann").gives("Đèn hỏng.", area="Phường An Biên")
    town.now = (await town.get_submission(code)).due_at
    town.advance(minutes=1)
    await check_deadlines(town)
    assert above.count_told("alert.overdue") == 1


async def test_the_deadline_pauses_while_the_resident_is_asked(town: Town) -> None:
    """A case that waits for the resident's reply never becomes overdue."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.")
    await accept_case(officer, code)
    await officer.taps("case.do.ask")
    await officer.writes("Ở đâu?")
    town.advance(days=60)
    await check_deadlines(town)
    assert officer.count_told("alert.overdue") == ann.count_told("notice.overdue") == 0


async def test_an_answered_case_is_closed_after_the_reopening_time(town: Town) -> None:
    """It closes after 15 days; its retention period starts then."""
    officer = await town.officer("Binh")
    leader = await town.officer("Cường", role=Role.APPROVER)
    code = await town.resident("Ann").gives("Đèn hỏng.")
    await accept_case(officer, code)
    await propose_answer(officer)
    await leader.says(f"/case {code}")
    await leader.taps("case.do.approve")
    town.advance(days=15)
    await check_deadlines(town)
    assert (await town.get_submission(code)).state is State.ANSWERED
    town.advance(minutes=1)
    await check_deadlines(town, 3)
    closed = await town.get_submission(code)
    assert (closed.state, closed.closed_at) == (State.CLOSED, town.now)
