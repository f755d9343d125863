"""Assignment of cases: which officer gets a case, who is alerted, and how a case escalates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.casework import staff
from bot.runtime import jobs
from storage import officers
from storage.models import Role, State
from tests.town.casework import WARD, WARD_NAME, check_deadlines

if TYPE_CHECKING:
    from tests.town.town import Town


async def get_assignee_chat(town: Town, code: str) -> int | None:
    """Return the chat id of the officer to whom a case is assigned, None if there is none."""
    case = await town.get_submission(code)
    async with town.app.database.reading() as connection:
        found = await officers.list_by_ids(connection, [case.assignee_id or 0])
    return found[0].chat_id if found else None


async def test_the_least_loaded_officer_gets_the_next(town: Town) -> None:
    """The officer with fewer open cases gets the next one; only that officer is alerted."""
    first = await town.officer("Binh", unit=WARD)
    second = await town.officer("Dung", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    ann = town.resident("Ann")
    codes = [await ann.gives(f"Việc {number}", area=WARD_NAME) for number in range(3)]
    assert [await get_assignee_chat(town, code) for code in codes] == [
        first.id,
        second.id,
        first.id,
    ]
    assert (
        first.count_heard(codes[1]),
        second.count_heard(codes[1]),
        leader.count_heard(codes[1]),
    ) == (0, 1, 0)
    assert (await town.get_submission(codes[0])).state is State.ASSIGNED


async def test_an_urgent_case_is_alerted_to_all_on_duty(town: Town) -> None:
    """The first officer to accept has the case; the alerts of the others change and lose their
    button.
    """
    first = await town.officer("Binh", unit=WARD)
    second = await town.officer("Dung", unit=WARD)
    text = f"Cướp!!! Cứu với, nó đang cầm dao ở {WARD_NAME}"
    code = await town.resident("Ann").reports_danger(text)
    assert first.count_heard(code) == second.count_heard(code) == 1
    assert first.is_offered("case.do.accept")
    before = len(first.messages)
    await second.taps("case.do.accept")
    assert await get_assignee_chat(town, code) == second.id
    assert first.is_told("alert.taken")
    assert "Dung" in first.sees
    assert len(first.buttons) == 1
    assert first.is_offered("alert.open")
    assert len(first.messages) == before


async def test_a_case_that_nobody_accepts_escalates(town: Town) -> None:
    """Everybody on duty and the unit's leaders are alerted first, then the city's; each once a
    step.
    """
    officer = await town.officer("Binh", unit=WARD)
    other = await town.officer("Dung", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    above = await town.officer("Giang", role=Role.COORDINATOR)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    people = (officer, other, leader, above)
    town.advance(hours=7)
    await check_deadlines(town)
    assert [each.count_told("alert.unacknowledged") for each in people] == [0, 0, 0, 0]
    town.advance(hours=2)
    await check_deadlines(town, 3)
    assert [each.count_told("alert.unacknowledged") for each in people] == [1, 1, 1, 0]
    town.advance(days=1)
    await check_deadlines(town, 3)
    assert [each.count_told("alert.unacknowledged") for each in people] == [2, 2, 2, 1]
    town.advance(days=1)
    await check_deadlines(town)
    assert [each.count_told("alert.unacknowledged") for each in people] == [2, 2, 2, 1]
    await other.taps("case.do.accept", of=code)
    assert (await town.get_submission(code)).state is State.IN_PROGRESS


async def test_an_opinion_about_officers_never_reaches_their_unit(town: Town) -> None:
    """Nobody of the unit is alerted of it, opens it or finds it; the city handles it."""
    officer = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    code = await town.resident("Ann").gives(
        "Cán bộ tiếp dân quát tháo.", topic="officer_attitude", area=WARD_NAME
    )
    assert await get_assignee_chat(town, code) == city.id
    town.now = (await town.get_submission(code)).due_at
    town.advance(days=10)
    await check_deadlines(town)
    for person in (officer, leader):
        assert person.count_heard(code) == 0
        await person.says(f"/case {code}")
        assert person.is_told("case.refused")
        await person.says("/search quát")
        assert person.is_told("cases.none")
    await city.says(f"/case {code}")
    assert not city.is_offered("case.do.route")


async def test_an_officer_with_an_interest_recuses_and_never_sees_the_case_again(
    town: Town,
) -> None:
    """The case goes to another officer. A leader can exclude an officer with the same effect."""
    first = await town.officer("Binh", unit=WARD)
    second = await town.officer("Dung", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    code = await town.resident("Ann").gives("Nhà hàng xóm lấn vỉa hè.", area=WARD_NAME)
    await first.says(f"/case {code}")
    await first.taps("case.more")
    await first.taps("case.do.recuse")
    await first.writes("Chủ quán là anh tôi.")
    await first.taps("recuse.review.options.submit")
    assert first.is_told("recuse.done")
    assert not first.was_told("case.refused")
    assert await get_assignee_chat(town, code) == second.id
    await first.says(f"/case {code}")
    assert first.is_told("case.refused")
    await first.says("/cases")
    assert first.is_told("cases.none")
    await leader.says(f"/case {code}")
    await leader.taps("case.more")
    await leader.taps("case.do.exclude")
    assert not any("Binh" in label for label in leader.buttons)
    await leader.taps(next(label for label in leader.buttons if label.startswith("Dung")))
    assert await get_assignee_chat(town, code) == leader.id
    await second.says("/search vỉa hè")
    assert second.is_told("cases.none")


async def test_a_denunciation_is_read_only_by_its_distributors_and_its_assignee(town: Town) -> None:
    """Other officers of the city neither open nor find it until it is assigned to them."""
    officer = await town.officer("Binh")
    leader = await town.officer("Giang", role=Role.COORDINATOR)
    code = await town.resident("Ann").gives("Ông ấy nhận tiền.", kind="denunciation")
    await officer.says(f"/case {code}")
    assert officer.is_told("case.refused")
    await officer.says("/search nhận tiền")
    assert officer.is_told("cases.none")
    await leader.says(f"/case {code}")
    await leader.taps("case.do.assign")
    await leader.taps(next(label for label in leader.buttons if label.startswith("Binh")))
    assert officer.was_told("alert.assigned")
    await officer.taps("case.do.accept")
    assert officer.has_heard("Ông ấy nhận tiền")


async def test_the_city_routes_an_opinion_that_names_no_unit(town: Town) -> None:
    """Triage gets it first.

    After routing, an officer of the unit is alerted and the resident is told.
    """
    triage = await town.officer("Giang", role=Role.TRIAGE)
    other = await town.officer("Hạnh")
    officer = await town.officer("Binh", unit=WARD)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.")
    assert (triage.count_heard(code), other.count_heard(code)) == (1, 0)
    await triage.says(f"/case {code}")
    await triage.taps("case.do.route")
    await triage.says("an bien")
    await triage.taps("Phường An Biên")
    assert await get_assignee_chat(town, code) == officer.id
    assert ann.was_told("notice.route")
    assert officer.count_heard(code) == 1
    await officer.taps("case.do.accept")
    assert (await town.get_submission(code)).handled_by == WARD


async def test_a_substitute_works_the_cases_of_an_absent_officer(town: Town) -> None:
    """New and open cases go to the substitute until the officer is back."""
    officer = await town.officer("Binh", unit=WARD)
    running = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await officer.taps("case.do.accept", of=running)
    substitute = await town.officer("Dung", unit=WARD)
    await substitute.says("/duty off")
    await officer.says("/away")
    await officer.taps("away.days.options.3")
    await officer.taps("Dung")
    code = await town.resident("Bao").gives("Ngập nước.", area=WARD_NAME)
    assert await get_assignee_chat(town, code) == substitute.id
    await substitute.says(f"/case {running}")
    assert substitute.is_offered("case.do.propose")
    town.advance(days=4)
    await substitute.says(f"/case {running}")
    assert not substitute.is_offered("case.do.propose")
    await officer.says("/away")
    await officer.taps("away.days.options.3")
    await officer.taps("away.substitute.options.nobody")
    await officer.says("/duty on")
    later = await town.resident("Chi").gives("Ồn ào.", area=WARD_NAME)
    assert await get_assignee_chat(town, later) == officer.id


async def test_a_roster_decides_when_an_officer_is_on_duty(town: Town) -> None:
    """Outside the shifts a case waits for an officer; a night shift continues into the next day."""
    officer = await town.officer("Binh", unit=WARD)
    async with town.app.database.transaction() as connection:
        row = await officers.find_officer(connection, officer.id)
        assert row is not None
        night = [[2, 22 * 60, 6 * 60]]  # Wednesday
        await officers.update_officer(connection, row.id, roster=night)
    ann = town.resident("Ann")
    by_day = await ann.gives("Đèn hỏng.", area=WARD_NAME)
    assert await get_assignee_chat(town, by_day) is None
    town.now = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)  # Thursday, 5:00 in the city
    at_night = await ann.gives("Ồn ào.", area=WARD_NAME)
    assert await get_assignee_chat(town, at_night) == officer.id
    await jobs.assign_waiting_submissions(town.app.job_context)
    assert await get_assignee_chat(town, by_day) == officer.id


async def test_the_cases_of_a_deactivated_officer_are_assigned_again(town: Town) -> None:
    """Every case of the deactivated officer goes to another officer."""
    officer = await town.officer("Binh", unit=WARD)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await officer.taps("case.do.accept")
    other = await town.officer("Dung", unit=WARD)
    async with town.work() as work:
        row = await officers.find_officer(work.connection, officer.id)
        assert row is not None
        await staff.deactivate_officer(work, row.id, role="operator")
    await jobs.assign_waiting_submissions(town.app.job_context)
    await town.settle()
    assert await get_assignee_chat(town, code) == other.id
    assert (await town.get_submission(code)).state is State.ASSIGNED


async def test_a_units_group_gets_alerts_without_text_or_identity(town: Town) -> None:
    """The alert goes to the chosen topic; its button works for officers of the unit only.

    When the topic is deleted it goes to the group, and when the bot is removed to the officers'
    chats.
    """
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    officer = await town.officer("Binh", unit=WARD)
    stranger = town.resident("Bao")
    group = town.group("An Biên", leader, officer, stranger, topics=("Ý kiến",))
    await officer.says_in(group, "/alertshere", "Ý kiến")
    assert "Chỉ chỉ huy" in group.messages[-1]["text"]
    await leader.says_in(group, "/baotaiday", "Ý kiến")
    assert group.messages[-1]["message_thread_id"] == group.topics["Ý kiến"]
    code = await town.resident("Ann").gives("Bí mật của ngõ 5.", area=WARD_NAME)
    alert = group.messages[-1]
    assert code in alert["text"]
    assert alert["message_thread_id"] == group.topics["Ý kiến"]
    assert "Bí mật" not in alert["text"]
    await stranger.taps_in(group, "case.do.accept")
    assert (await town.get_submission(code)).state is State.ASSIGNED
    await officer.taps_in(group, "case.do.accept")
    assert await get_assignee_chat(town, code) == officer.id
    assert "Bí mật" in officer.sees
    assert "Binh" in group.messages[-1]["text"]
    assert not stranger.has_heard("Bí mật")

    del town.simulator.state.get_chat(group.id).topics[group.topics["Ý kiến"]]
    second = await town.resident("Chi").gives("Ngập nước.", area=WARD_NAME)
    town.advance(minutes=1)  # the pause before the message is sent to the group itself
    await town.deliver()
    assert second in group.messages[-1]["text"]
    assert "message_thread_id" not in group.messages[-1]
    assert leader.was_told("group.lost_topic")

    bot = {"id": 1, "is_bot": True, "first_name": "bot"}
    removed = {
        "chat": town.simulator.state.get_chat(group.id).as_json(),
        "from": {"id": leader.id, "is_bot": False, "first_name": "Cường"},
        "date": 0,
        "old_chat_member": {"status": "member", "user": bot},
        "new_chat_member": {"status": "left", "user": bot},
    }
    await leader.does("update", {"my_chat_member": removed})
    assert leader.was_told("group.lost")
    before = len(group.messages)
    third = await town.resident("Duc").gives("Ồn ào.", area=WARD_NAME)
    assert officer.count_heard(third) == 1
    assert len(group.messages) == before


async def test_a_command_of_an_anonymous_administrator_is_refused(town: Town) -> None:
    """A message that is sent in the name of the group names no officer."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    group = town.group("An Biên", leader)
    chat = town.simulator.state.get_chat(group.id)
    message = {
        "message_id": 77,
        "date": 0,
        "chat": chat.as_json(),
        "sender_chat": chat.as_json(),
        "from": {"id": 1087968824, "is_bot": True, "first_name": "Group"},
        "text": "/alertshere",
        "entities": [{"type": "bot_command", "offset": 0, "length": 11}],
    }
    await leader.does("update", {"message": message})
    assert "ẩn danh" in group.messages[-1]["text"]
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    assert not any(code in each["text"] for each in group.messages)
