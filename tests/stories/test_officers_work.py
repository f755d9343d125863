"""Less frequent work of officers:

merge, reclassify, extend, divert, templates, digests, figures.
"""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import openpyxl

from bot.casework import digest
from bot.runtime import jobs
from storage.models import Kind, Role, State
from tests.town.casework import WARD, WARD_NAME, answer_case, choose_action

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_merged_opinions_are_answered_together(town: Town) -> None:
    """A similar case is offered for merging; each reporter gets the answer under their own code."""
    officer = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    ann, bao, chi = (town.resident(name) for name in ("Ann", "Bao", "Chi"))
    other = await chi.gives("Chợ cóc lấn vỉa hè phố Cầu Đất", area=WARD_NAME)
    first = await ann.gives("Đèn đường ngõ 5 Lê Lợi hỏng ba tuần nay", area=WARD_NAME)
    second = await bao.gives("den duong o ngo 5 le loi bi hong", area=WARD_NAME)
    await officer.says(f"/case {second}")
    assert first in officer.sees
    assert other not in officer.sees
    await choose_action(officer, second, "merge")
    await officer.taps(next(label for label in officer.buttons if label.startswith(first)))
    merged = await town.get_submission(second)
    assert (merged.state, merged.merged_into) == (
        State.MERGED,
        (await town.get_submission(first)).id,
    )
    assert bao.was_told("notice.merge")
    await choose_action(officer, first, "accept")
    assert second in officer.sees
    await answer_case(officer, leader, first)
    for person, code in ((ann, first), (bao, second)):
        assert "Thay bóng" in person.sees
        assert code in person.sees
    assert not chi.has_heard("Thay bóng")


async def test_a_merged_case_is_released_when_the_main_case_is_withdrawn(town: Town) -> None:
    """It is assigned again. A typed code that no case has is refused."""
    officer = await town.officer("Binh", unit=WARD)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    first = await ann.gives("Đèn đường hỏng", area=WARD_NAME)
    second = await bao.gives("Nước đọng ở cổng trường", area=WARD_NAME)
    await choose_action(officer, second, "merge")
    await officer.says("HP-2222-2222")
    assert officer.is_told("case.not_mergeable")
    await choose_action(officer, second, "merge")
    await officer.says(first.lower())
    assert (await town.get_submission(second)).state is State.MERGED
    await ann.says(f"/mine {first}")
    await ann.taps("mine.withdraw")
    await ann.taps("mine.withdraw")
    await jobs.assign_waiting_submissions(town.app.job_context)
    freed = await town.get_submission(second)
    assert (freed.state, freed.merged_into, freed.closed_at) == (State.ASSIGNED, None, None)


async def test_a_reclassified_case_has_another_deadline_and_maybe_another_unit(town: Town) -> None:
    """A case that turns out to be about officers leaves their unit at once."""
    officer = await town.officer("Binh", unit=WARD)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    code = await town.resident("Ann").gives("Đèn hỏng, gọi không ai đến.", area=WARD_NAME)
    await choose_action(officer, code, "reclassify")
    await officer.taps("feedback.kind.options.question")
    await officer.taps("feedback.topic.options.patrol")
    case = await town.get_submission(code)
    assert (case.kind, case.topics, case.handled_by) == (Kind.QUESTION, ["patrol"], WARD)
    assert case.due_at == town.app.policy.compute_due(Kind.QUESTION, case.created_at)
    await choose_action(officer, code, "reclassify")
    await officer.taps("feedback.kind.options.question")
    await officer.taps("feedback.topic.options.crime_report_handling")
    assert (await town.get_submission(code)).handled_by == "31"
    assert city.has_heard(code)
    await officer.says(f"/case {code}")
    assert officer.is_told("case.refused")


async def test_a_deadline_is_extended_twice_at_most_with_a_reason(town: Town) -> None:
    """Only leaders extend; the resident reads the reason and the new date."""
    officer = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.", area=WARD_NAME)
    before = (await town.get_submission(code)).due_at
    await officer.says(f"/case {code}")
    await officer.taps("case.more")
    assert not officer.is_offered("case.do.extend")
    for count in (1, 2):
        await choose_action(leader, code, "extend")
        await leader.taps("extend.days.options.5")
        await leader.says("cần xác minh thêm")
        assert (
            await town.get_submission(code)
        ).due_at == town.app.policy.calendar.add_working_days(before, 5 * count)
    assert "cần xác minh thêm" in ann.sees
    assert "23/12/2026" in ann.sees
    await leader.says(f"/case {code}")
    await leader.taps("case.more")
    assert not leader.is_offered("case.do.extend")


async def test_a_diverted_resident_is_told_where_to_turn(town: Town) -> None:
    """The case ends in the state DIVERTED."""
    triage = await town.officer("Giang", role=Role.TRIAGE)
    ann = town.resident("Ann")
    code = await ann.gives("Xin cấp lại hộ khẩu.")
    await choose_action(triage, code, "divert")
    await triage.writes("Bộ phận một cửa của phường")
    assert "Bộ phận một cửa của phường" in ann.sees
    assert (await town.get_submission(code)).state is State.DIVERTED


async def test_an_answer_begins_from_a_template(town: Town) -> None:
    """Fields in braces are filled in; text in brackets must be replaced by the officer; leaders
    edit the templates.
    """
    officer = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await officer.says("/templates")
    assert officer.is_told("templates.none")
    assert officer.buttons == []
    for name, text in (("Đủ", "Về ý kiến {ma}: đã sửa."), ("Trống", "Sẽ sửa vào [ngày].")):
        await leader.says("/templates")
        await leader.taps("templates.add")
        await leader.says(name)
        await leader.writes(text)
    await choose_action(officer, code, "accept")
    await officer.taps("case.do.propose")
    await officer.taps("Trống")
    assert officer.is_told("propose.text.template")
    assert not officer.is_offered("propose.text.options.use")
    await officer.says("Sẽ sửa vào [ngày].")
    assert officer.is_told("propose.text.rejected.blanks")
    await officer.taps("move.back")
    await officer.taps("Đủ")
    await officer.taps("propose.text.options.use")
    await officer.says("Thay bóng")
    await officer.says("Đã xong")
    assert f"Về ý kiến {code}: đã sửa." in officer.sees
    await leader.says("/templates")
    await leader.taps("Xóa mẫu: Đủ")
    assert "Về ý kiến" not in leader.sees


async def test_a_digest_is_sent_once_each_working_day(town: Town) -> None:
    """From 7:30, to officers with open cases; a leader's digest has the unit's figures."""
    officer = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    idle = await town.officer("Hạnh", unit="11413")
    await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)

    async def morning(day: int, hour: int, minute: int = 0) -> int:
        town.now = datetime(2026, 11, day, hour, minute, tzinfo=UTC)
        sent = await digest.send_digests(town.app.database, town.now, policy=town.app.policy)
        await town.settle()
        return sent

    assert await morning(26, 0, 29) == 0  # 7:29 in the city
    assert await morning(26, 0, 31) == 2
    assert await morning(26, 1, 0) == 0
    assert await morning(28, 1, 0) == 0  # a Saturday
    assert officer.is_told("digest.mine")
    assert leader.is_told("digest.unit")
    assert not idle.was_told("digest.text")
    await leader.taps("digest.see.unit")
    assert leader.is_told("cases.unit")


async def test_figures_and_files_stay_within_the_officers_unit(town: Town) -> None:
    """An observer sees figures but no case; a file holds the unit's open cases, and formulas are
    escaped.
    """
    officer = await town.officer("Binh", unit=WARD)
    observer = await town.officer("Khoa", unit=WARD, role=Role.OBSERVER)
    ann = town.resident("Ann")
    code = await ann.gives("=Đèn hỏng.", area=WARD_NAME)
    await ann.gives("Việc nơi khác.")
    for person in (officer, observer):
        await person.says("/stats 7")
        assert "7 ngày qua: 1 ý kiến" in person.sees
    await ann.says("/stats")
    assert ann.is_told("errors.unknown_command")
    await observer.says("/export")
    assert observer.is_told("errors.unknown_command")
    await officer.says("/export")
    document = officer.messages[-1]["document"]
    sheet = openpyxl.load_workbook(io.BytesIO(town.read_file(document))).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["Mã", code]
    assert rows[1][-1] == "'=Đèn hỏng."
    assert document["file_name"] == f"{date(2026, 11, 25)}.xlsx"
