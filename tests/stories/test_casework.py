"""A case from the submission to the rated answer, and the actions of officers on it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from storage import officers, submissions
from storage.models import Role, State
from tests.policy import once
from tests.town.casework import ANSWER, WARD, accept_case, open_case, propose_answer

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_from_submission_to_rated_answer(town: Town) -> None:
    """A resident, an officer and a leader each see what concerns them, and nothing else."""
    officer = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Đêm nào cũng có trộm ở ngõ 5.", area="Phường An Biên")
    due = (await town.get_submission(code)).due_at
    await officer.taps("alert.open", of=code)
    await officer.taps("case.do.accept")
    assert (await town.get_submission(code)).state is State.IN_PROGRESS
    assert ann.was_told("notice.accept")

    await officer.taps("case.do.ask")
    await officer.writes("Thường xảy ra lúc mấy giờ?")
    assert "Thường xảy ra lúc mấy giờ?" in ann.sees
    assert (await town.get_submission(code)).state is State.AWAITING_RESIDENT
    town.advance(days=2)
    await ann.taps("mine.reply")
    await ann.says("Khoảng 2 giờ sáng.")
    await ann.taps("reply.details.options.done")
    resumed = await town.get_submission(code)
    assert resumed.state is State.IN_PROGRESS
    assert resumed.due_at >= due + timedelta(days=2)
    assert officer.was_told("alert.replied")

    await open_case(officer, code)
    await propose_answer(officer)
    assert (await town.get_submission(code)).state is State.ANSWER_PROPOSED
    assert leader.was_told("alert.propose")
    assert ANSWER[0] not in ann.heard[-1]
    await leader.taps("alert.open", of="chờ duyệt")
    assert leader.has_heard("Khoảng 2 giờ sáng.")
    await leader.taps("case.do.send_back")
    await leader.writes("Nêu rõ tổ nào")
    assert officer.was_told("alert.send_back")
    await open_case(officer, code)
    assert officer.is_told("case.unapproved")
    await propose_answer(
        officer, ("Tổ 3 sẽ tuần tra.", "Mỗi đêm từ 22 giờ", "Trước ngày 15/12/2026")
    )
    await open_case(leader, code)
    await leader.taps("case.do.approve")
    answered = await town.get_submission(code)
    assert (answered.state, answered.answered_at) == (State.ANSWERED, town.now)
    assert "Tổ 3 sẽ tuần tra." in ann.sees
    assert "Trước ngày 15/12/2026" in ann.sees

    await ann.taps("mine.rating")
    await ann.taps("rating.score.options.2")
    assert (await town.get_submission(code)).rating == 2
    await ann.says(f"/mine {code}")
    assert "Cán bộ xử lý đã nhận việc" in ann.sees


async def test_an_officer_cannot_approve_their_own_answer(town: Town) -> None:
    """A leader is not offered the button, and pressing it anyway has no effect."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    code = await town.resident("Ann").gives("Mất trộm xe máy.", area="Phường An Biên")
    await accept_case(leader, code)
    await open_case(leader, code)
    await propose_answer(leader)
    await open_case(leader, code)
    assert not leader.is_offered("case.do.approve")
    data = f"case:approve={code}"
    await leader.presses_data(data)
    assert (await town.get_submission(code)).state is State.ANSWER_PROPOSED


BUTTONS = (
    "accept",
    "acknowledge",
    "not_ours",
    "ask",
    "propose",
    "approve",
    "send_back",
    "transfer",
    "reject",
    "note",
    "ban",
    "confirm_ban",
    "confirm_ban_everywhere",
    "refuse_ban",
    "unban",
    "keep_ban",
    "exclude",
    "readmit",
    "reveal_phone",
    "open",
)


@once
@pytest.mark.parametrize("role", list(Role))
async def test_another_units_officers_can_do_nothing(town: Town, role: Role) -> None:
    """No role of another unit can change or read the case, not even by forged buttons."""
    stranger = await town.officer("Dung", unit="11413", role=role)
    code = await town.resident("Ann").gives("Bí mật của ngõ 5.", area="Phường An Biên")
    before = await town.get_submission(code)
    for button in BUTTONS:
        await stranger.presses_data(f"case:{button}={code}")
        after = await town.get_submission(code)
        assert (after.state, after.version) == (before.state, before.version), button
    await stranger.says("/cancel")
    assert stranger.is_told("draft.none")
    assert not stranger.has_heard("Bí mật")


async def test_of_two_who_accept_the_first_wins(twin_town: Town) -> None:
    """On two replicas the second officer is refused, and the case is assigned once."""
    town = twin_town
    first = await town.officer("Binh", unit=WARD)
    second = await town.officer("Dung", unit=WARD)
    code = await town.resident("Ann").gives("Mất trộm xe máy.", area="Phường An Biên")
    await first.taps("alert.open", of=code)
    await open_case(second, code)
    await first.taps("case.do.accept", to=town.replica(0))
    before = len(second.messages)
    await second.taps("case.do.accept", to=town.replica(1))
    assert len(second.messages) == before
    async with town.app.database.reading() as connection:
        case = await submissions.find_submission(connection, code)
    assert case is not None
    assert case.version == 3  # given, and taken once


async def test_a_case_that_is_not_the_units_goes_to_the_city(town: Town) -> None:
    """The city's officers are alerted; the unit can no longer open the case."""
    officer = await town.officer("Binh", unit=WARD)
    city = await town.officer("Giang")
    code = await town.resident("Ann").gives("Mất trộm xe máy.", area="Phường An Biên")
    await officer.taps("alert.open", of=code)
    await officer.taps("case.do.not_ours")
    await officer.writes("Đường này của phường bên.")
    await officer.taps("not_ours.review.options.submit")
    assert officer.is_told("not_ours.done")
    assert not officer.was_told("case.refused")
    assert (await town.get_submission(code)).handled_by == "31"
    assert code in city.sees
    await open_case(officer, code)
    assert officer.is_told("case.refused")


async def test_a_transfer_names_the_receiver_and_stays_open(town: Town) -> None:
    """The resident learns which body has the case; the officer can still propose an answer."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await ann.gives("Mùi hôi từ xưởng.")
    await open_case(officer, code)
    await officer.taps("case.do.transfer")
    await officer.says("Sở Nông nghiệp và Môi trường")
    await officer.says("0225 000 0000")
    assert "Sở Nông nghiệp và Môi trường" in ann.sees
    case = await town.get_submission(code)
    assert (case.state, case.closed_at) == (State.TRANSFERRED, None)
    await open_case(officer, code)
    assert officer.is_offered("case.do.propose")


async def test_a_crime_report_is_never_refused(town: Town) -> None:
    """A leader is offered neither refusal nor diversion, and cannot forge them; other kinds they
    can refuse.
    """
    leader = await town.officer("Cường", role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Buôn bán ma túy ở ngõ 5.", kind="crime_report")
    await open_case(leader, code)
    await leader.taps("case.more")
    assert not leader.is_offered("case.do.reject")
    assert not leader.is_offered("case.do.divert")
    await leader.presses_data(f"case:reject={code}")
    await leader.presses_data(f"case:divert={code}")
    assert (await town.get_submission(code)).state is State.ASSIGNED
    other = await ann.gives("Ý kiến khác.")
    await open_case(leader, other)
    await leader.taps("case.more")
    await leader.taps("case.do.reject")
    await leader.writes("Không thuộc thẩm quyền")
    assert "Không thuộc thẩm quyền" in ann.sees
    assert (await town.get_submission(other)).state is State.REJECTED


async def test_praise_is_acknowledged(town: Town) -> None:
    """The officers praised are alerted, and the resident is thanked."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await ann.gives("Cảm ơn các anh công an đã tìm lại xe cho tôi!", kind="praise")
    await open_case(officer, code)
    await officer.taps("case.do.acknowledge")
    assert (await town.get_submission(code)).state is State.ACKNOWLEDGED
    assert ann.was_told("notice.acknowledge")


async def test_notes_are_for_officers_only(town: Town) -> None:
    """A note is in no message to the resident."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await ann.gives("Mất trộm xe máy.")
    await open_case(officer, code)
    await officer.taps("case.do.note")
    await officer.writes("Nghi người quen của nhà")
    await open_case(officer, code)
    assert officer.has_heard("Nghi người quen")
    await ann.says(f"/mine {code}")
    assert not ann.has_heard("Nghi người quen")


async def test_a_deactivated_officer_can_do_nothing(town: Town) -> None:
    """The permission is checked in the update itself, not only when the case is opened."""
    officer = await town.officer("Binh")
    code = await town.resident("Ann").gives("Mất trộm xe máy.")
    await open_case(officer, code)
    async with town.app.database.transaction() as connection:
        case = await submissions.find_submission(connection, code)
        stale = await officers.find_officer(connection, officer.id)
        assert case is not None
        assert stale is not None
        await officers.deactivate_officer(connection, stale.id)
        assert (
            await submissions.update_submission(connection, case, by=stale, state=State.REJECTED)
            is None
        )
    await officer.taps("case.do.accept")
    assert (await town.get_submission(code)).state is State.ASSIGNED


async def test_cases_are_listed_the_most_pressing_first(town: Town) -> None:
    """The list has pages of eight; an officer's own cases have a list of their own, and other
    units' are in none.
    """
    officer = await town.officer("Binh", unit=WARD)
    stranger = await town.officer("Dung", unit="11413")
    ann = town.resident("Ann")
    codes = []
    for number in range(10):
        town.advance(days=1)
        codes.append(await ann.gives(f"Việc {number}", area="Phường An Biên"))
    await officer.says("/cases")
    shown = [label for label in officer.buttons if "HP-" in label]
    assert [label[:12] for label in shown] == codes[:8]
    await officer.taps("cases.more")
    assert [label[:12] for label in officer.buttons if "HP-" in label] == codes[8:]
    await open_case(officer, codes[3])
    await officer.taps("case.do.accept")
    await officer.says("/cases mine")
    assert officer.is_told("cases.mine")
    await officer.taps("cases.to.new")
    await officer.taps("cases.more")
    left = [each for each in codes if each != codes[3]]
    assert [label[:12] for label in officer.buttons if "HP-" in label] == left[8:]
    await stranger.says("/cases")
    assert stranger.is_told("cases.none")
    await ann.says("/cases")
    assert ann.is_told("errors.unknown_command")


async def test_the_search_finds_only_cases_that_the_officer_may_open(town: Town) -> None:
    """With or without diacritics; whole words come first, then beginnings of words."""
    officer = await town.officer("Binh", unit=WARD)
    stranger = await town.officer("Dung", unit="11413")
    code = await town.resident("Ann").gives("Trộm đồng hồ ở Đền Nghè", area="Phường An Biên")
    for words in ("đồng hồ", "dong ho", "DEN ngh", "trom"):
        await officer.says(f"/search {words}")
        assert any(code in label for label in officer.buttons), words
    longer = await town.resident("Ann").gives("Trộm đồng hồn nhiên", area="Phường An Biên")
    await officer.says("/search dong ho")
    assert [label[:12] for label in officer.buttons if "HP-" in label] == [code, longer]
    await officer.says("/search xe máy")
    assert officer.is_told("cases.none")
    await stranger.says("/search đồng hồ")
    assert stranger.is_told("cases.none")
