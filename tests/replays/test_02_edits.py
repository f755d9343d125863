"""Kind 2: an edit of an earlier message answers the next question, presses a button, or is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.texts import load_texts
from storage.models import MessageSubject, Remark, RemarkKind, Role, State, Submission
from storage.statements import fetch_all, table
from tests.town.casework import choose_action
from tests.town.forums import CODE, publish_forum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.town.person import Person
    from tests.town.town import Town

WARD = "11407"
# Labels, their folded forms, numbers of buttons, and commands.
LABELS = ("Hủy", "huy", "Gửi", "Quay lại", "Sửa", "1", "2", "/huy", "Đã đủ")


async def list_remarks(town: Town) -> Sequence[Remark]:
    """Return the remarks of all submissions, oldest first."""
    remarks = table(Remark)
    async with town.app.database.reading() as connection:
        return await fetch_all(connection, Remark, select(remarks).order_by(remarks.c.id))


async def make_case(town: Town) -> tuple[Person, Person, str]:
    """Return a resident, an officer, and the code of the resident's case, which is taken on."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await ann.gives("Đèn đường ở ngõ 12 bị hỏng.")
    await choose_action(officer, code, "accept")
    return ann, officer, code


async def plan_until_capacity(town: Town) -> Person:
    """Return an organiser whose plan has a title, a venue and a start; the capacity is asked."""
    planner = await town.officer("Lan", WARD, Role.ORGANISER)
    await planner.says("/newforum")
    await planner.says("Lắng nghe nhân dân")
    await planner.says("An Biên")
    await planner.taps("Phường An Biên")
    await planner.says("Hội trường A")
    await planner.does("choose", load_texts("vi")["newforum.place.options.skip"])
    await planner.says("27/12/2026 8h30")
    assert planner.is_asked("newforum.capacity")
    return planner


# While the draft is open


async def test_a_corrected_body_is_no_contact(town: Town) -> None:
    """The transfer is not sent by the edit; the corrected body is sent with the contact."""
    _ann, officer, code = await make_case(town)
    await choose_action(officer, code, "transfer")
    await officer.says("Sở Xây dựn")
    await officer.edits("Sở Xây dựn", "Sở Xây dựng")
    assert officer.is_asked("transfer.contact")
    assert officer.is_told("edit.changed")
    assert "Sở Xây dựng" in officer.sees
    assert (await town.get_submission(code)).state is State.IN_PROGRESS
    await officer.says("0225 3842 123")
    (note,) = await list_remarks(town)
    assert note.text == "Sở Xây dựng\n0225 3842 123"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("Lắng nghe nhân dân", "Lắng nghe ý kiến nhân dân", "title"),
        ("Hội trường A", "Hội trường B", "venue"),
        ("27/12/2026 8h30", "28/12/2026 9h", "starts"),
    ],
)
async def test_an_edit_changes_the_answer_that_it_was(
    town: Town, old: str, new: str, key: str
) -> None:
    """A title, a venue and a start, while the capacity is asked."""
    planner = await plan_until_capacity(town)
    before = await town.read_answers(planner.id)
    await planner.edits(old, new)
    after = await town.read_answers(planner.id)
    assert planner.is_asked("newforum.capacity")
    assert planner.is_told("edit.changed")
    assert after[key] != before[key]
    assert {**after, key: None} == {**before, key: None}


async def test_a_corrected_area_is_asked_again(town: Town) -> None:
    """A name of a unit is confirmed by a button, so the question is open again."""
    planner = await plan_until_capacity(town)
    await planner.edits("An Biên", "Lê Chân")
    assert planner.is_asked("newforum.area") or "Lê Chân" in " ".join(planner.buttons)
    await planner.taps("Phường Lê Chân")
    assert planner.is_asked("newforum.capacity")


@pytest.mark.parametrize("bad", ["hôm nọ", "01/01/2020 8h", "không biết"])
async def test_an_edit_that_is_no_answer_changes_nothing(town: Town, bad: str) -> None:
    """The person is told why, and the earlier answer stays."""
    planner = await plan_until_capacity(town)
    before = await town.read_answers(planner.id)
    await planner.edits("27/12/2026 8h30", bad)
    assert planner.is_told("edit.not_changed")
    assert planner.is_asked("newforum.capacity")
    assert await town.read_answers(planner.id) == before


@pytest.mark.parametrize("label", LABELS)
async def test_an_edit_presses_no_button(town: Town, label: str) -> None:
    """The text of the opinion is what the edit says; the review page stays open."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Mất xe đạp ở chợ.")
    await ann.reaches("feedback.review")
    await ann.edits("Mất xe đạp ở chợ.", label)
    assert await town.count_rows(Submission) == 0
    answers = await town.read_answers(ann.id)
    assert answers["details"][0]["text"] == label


@pytest.mark.parametrize("label", LABELS)
async def test_an_edit_of_what_was_no_answer_presses_nothing(town: Town, label: str) -> None:
    """A message that the review page did not take, edited into a label or a number."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Mất xe đạp ở chợ.")
    await ann.reaches("feedback.review")
    await ann.says("khoan đã")
    await ann.edits("khoan đã", label)
    assert await town.count_rows(Submission) == 0
    assert ann.is_told("edit.unknown")
    assert (await town.read_answers(ann.id))["details"][0]["text"] == "Mất xe đạp ở chợ."


async def test_a_rejected_answer_may_be_corrected(town: Town) -> None:
    """A capacity that is no number, edited into one while it is asked for."""
    planner = await plan_until_capacity(town)
    await planner.says("nhiều")
    await planner.edits("nhiều", "200")
    assert planner.is_asked("newforum.head")
    assert (await town.read_answers(planner.id))["capacity"] == 200


async def test_a_superseded_message_changes_nothing(town: Town) -> None:
    """Of two messages to one question the second one is the answer."""
    planner = await plan_until_capacity(town)
    await planner.says("nhiều")
    await planner.says("200")
    await planner.edits("nhiều", "300")
    assert planner.is_told("edit.unknown")
    assert (await town.read_answers(planner.id))["capacity"] == 200


async def test_an_edit_that_comes_twice_is_one_edit(town: Town) -> None:
    """The second delivery shows the open question and changes nothing."""
    _ann, officer, code = await make_case(town)
    await choose_action(officer, code, "transfer")
    await officer.says("Sở A")
    edited = {**officer.find_message(officer.find_own("Sở A")), "text": "Sở B", "edit_date": 1}
    update = {"update_id": 9_000_001, "edited_message": edited}
    for _ in range(2):
        await officer.does("update", update)
    assert officer.is_asked("transfer.contact")
    assert (await town.read_answers(officer.id))["body"] == "Sở B"


# After the submission


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Đèn đường ở ngõ 12 bị hỏng.", "Đèn đường ở ngõ 21 bị hỏng."),
        ("Đèn đường ở ngõ 12 bị hỏng.", "Hủy"),
        ("Đèn đường ở ngõ 12 bị hỏng.", "Gửi"),
        ("Đèn đường ở ngõ 12 bị hỏng.", "1"),
    ],
)
async def test_an_edit_after_submission_is_an_addition(town: Town, old: str, new: str) -> None:
    """It keeps both versions, the officer is told and sees both, the resident is told so."""
    ann, officer, code = await make_case(town)
    await ann.edits(old, new)
    assert ann.was_told("edit.added")
    assert (await town.get_submission(code)).text == old
    (remark,) = await list_remarks(town)
    assert (remark.kind, remark.replaces, remark.text) == (RemarkKind.CORRECTION, old, new)
    assert officer.was_told("alert.corrected")
    await officer.says(f"/case {code}")
    assert officer.is_told("case.remark.correction")
    assert old in officer.sees
    assert new in officer.sees


async def test_each_further_edit_keeps_the_version_before(town: Town) -> None:
    """Three versions are two corrections; an edit that changes no letter is none."""
    ann, _officer, _code = await make_case(town)
    first = "Đèn đường ở ngõ 12 bị hỏng."
    await ann.edits(first, "Đèn ở ngõ 13.")
    await ann.edits("Đèn ở ngõ 13.", "Đèn ở ngõ 14.")
    await ann.edits("Đèn ở ngõ 14.", "Đèn ở ngõ 14.")
    remarks = await list_remarks(town)
    assert [(each.replaces, each.text) for each in remarks] == [
        (first, "Đèn ở ngõ 13."),
        ("Đèn ở ngõ 13.", "Đèn ở ngõ 14."),
    ]


async def test_an_edit_of_an_addition_is_an_addition(town: Town) -> None:
    """Also while another opinion is being written; that draft is not touched."""
    ann, _officer, code = await make_case(town)
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.addition")
    await ann.says("Gần số nhà 5.")
    await ann.taps("addition.details.options.done")
    await ann.begins()
    await ann.says("Việc khác.")
    await ann.edits("Gần số nhà 5.", "Gần số nhà 15.")
    assert (await list_remarks(town))[-1].replaces == "Gần số nhà 5."
    answers = await town.read_answers(ann.id)
    assert [each["text"] for each in answers["details"]] == ["Việc khác."]


async def test_an_edit_after_withdrawal_is_refused_aloud(town: Town) -> None:
    """Nothing can be added any more, and the resident is told so."""
    ann = town.resident("Ann")
    code = await ann.gives("Mất xe đạp.")
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.withdraw")
    await ann.taps("mine.withdraw")
    await ann.edits("Mất xe đạp.", "Mất xe máy.")
    assert ann.is_told("edit.too_late")
    assert await list_remarks(town) == []


async def test_an_edit_of_a_finished_action_changes_nothing(town: Town) -> None:
    """The officer is told so, and how to correct it."""
    _ann, officer, code = await make_case(town)
    await choose_action(officer, code, "transfer")
    await officer.says("Sở A")
    await officer.says("0225 3842 123")
    for words in ("Sở A", "0225 3842 123"):
        await officer.edits(words, f"{words}!")
        assert officer.is_told("edit.case_unchanged")
        assert officer.is_offered("alert.open")
    assert (await list_remarks(town))[0].text == "Sở A\n0225 3842 123"


async def test_an_edit_of_an_announced_change_changes_nothing(town: Town) -> None:
    """The organiser is told so, and how to correct it."""
    planner = await town.officer("Lan", WARD, Role.APPROVER)
    await town.officer("Minh", WARD, Role.APPROVER)
    await publish_forum(town)
    await planner.presses_data(f"forum:postpone={CODE}")
    await planner.says("Vì bão.")
    await planner.edits("Vì bão.", "Vì mưa.")
    assert planner.is_told("edit.forum_unchanged")
    assert planner.is_offered("forum.open")


@pytest.mark.parametrize("words", ["/trogiup", "xin chào"])
async def test_an_edit_of_no_answer_is_answered(town: Town, words: str) -> None:
    """A command and a message that nothing came of."""
    ann = town.resident("Ann")
    await ann.says(words)
    if ann.is_asked("feedback.offer"):
        await ann.taps("feedback.offer.options.no")
    await ann.edits(words, "chào")
    assert ann.is_told("edit.unknown")


async def test_nothing_of_an_erased_submission_is_left(town: Town) -> None:
    """The versions that are kept for edits go with it."""
    ann = town.resident("Ann")
    await ann.gives("Mất xe đạp.")
    assert await town.count_rows(MessageSubject)
    await ann.says("/dulieu")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")
    assert await town.count_rows(MessageSubject) == 0


# What both sides read of it afterwards


async def test_the_resident_reads_what_was_added_and_corrected(town: Town) -> None:
    """Each with its time, both versions of a correction, the officer's question; no note."""
    ann, officer, code = await make_case(town)
    town.advance(hours=1)
    await ann.edits("Đèn đường ở ngõ 12 bị hỏng.", "Đèn đường ở ngõ 21 bị hỏng.")
    await choose_action(officer, code, "note")
    await officer.writes("Đã gọi điện lực.")
    await choose_action(officer, code, "ask")
    await officer.writes("Cột số mấy?")
    town.advance(hours=1)
    await ann.taps("mine.reply")
    await ann.says("Cột số 7.")
    await ann.taps("reply.details.options.done")
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.addition")
    await ann.does("photo")
    await ann.taps("addition.details.options.done")
    await ann.says(f"/tracuu {code}")
    for kind in ("correction", "question", "reply", "addition", "only_files"):
        assert ann.is_told(f"mine.remark.{kind}")
    for words in (
        "Trước: Đèn đường ở ngõ 12 bị hỏng.",
        "Sau: Đèn đường ở ngõ 21 bị hỏng.",
        "Cột số mấy?",
        "Cột số 7.",
    ):
        assert words in ann.sees
    assert "Đã gọi điện lực." not in ann.sees
    remarks = await list_remarks(town)
    for each in remarks:
        local = each.at.astimezone(town.app.policy.zone)
        assert f"{local:%H giờ %M, ngày %d/%m/%Y}" in ann.sees


async def test_only_the_newest_remarks_are_shown(town: Town) -> None:
    """Of 12 corrections the screen shows 10, shortened, and says how many came before."""
    ann, _officer, code = await make_case(town)
    last = "Đèn đường ở ngõ 12 bị hỏng."
    for number in range(12):
        new = f"Lần sửa thứ {number:02}. " + "x" * 600
        await ann.edits(last, new)
        last = new
    await ann.says(f"/tracuu {code}")
    shown = "\n".join(ann.heard[-5:])
    assert ann.was_told("mine.older_remarks")
    assert "Sau: Lần sửa thứ 11." in shown
    assert "Sau: Lần sửa thứ 02." in shown
    assert "Sau: Lần sửa thứ 01." not in shown
    assert "x" * 501 not in shown
