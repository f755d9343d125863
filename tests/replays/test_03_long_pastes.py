"""Kind 3: a paste that Telegram splits, and quick lines, of officers and organisers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.conversation.long_text import long_text_input
from bot.runtime.flow_bindings import FLOW_BINDINGS
from bot.texts import load_texts
from storage.models import Answer, Forum, ForumState, Remark, Role, State
from storage.statements import fetch_all, table
from tests.town.casework import accept_case, answer_case, choose_action, open_case
from tests.town.forums import CODE, publish_forum

if TYPE_CHECKING:
    from sqlmodel import SQLModel

    from tests.town.person import Person
    from tests.town.town import Town

WARD = "11407"
PARTS = ("a" * 4096, "b" * 1800)
LINES = ("Dòng một.", "Dòng hai.", "Dòng ba.")
PASTES = [PARTS, LINES, ("c" * 4096, "d" * 4096, "e"), ("Một dòng.",), ("x" * 4000, "1", "Hủy bỏ")]


async def get_only(town: Town, model: type[SQLModel]) -> Any:
    """Return the only row of a table."""
    async with town.app.database.reading() as connection:
        (row,) = await fetch_all(connection, model, select(table(model)))
    return row


async def make_case(town: Town, role: Role = Role.OFFICER) -> tuple[Person, str]:
    """Return an officer of the city and the code of a case that is taken on."""
    officer, ann = await town.officer("Binh", role=role), town.resident("Ann")
    code = await ann.gives("Đèn đường bị hỏng.")
    await accept_case(officer, code)
    return officer, code


async def test_every_long_text_gathers() -> None:
    """No question of any flow takes more than 300 characters in one message only."""
    reference = long_text_input("ask.question", limit=1)
    for binding in FLOW_BINDINGS:
        for step in binding.flow.steps:
            if step.input.takes_text and "too-long" in step.input.reasons:
                is_long = step.input.change_message is not None
                assert is_long or _get_limit(step.input.parse) <= 300, step.name
    assert reference.change_message is not None


def _get_limit(parse: object) -> int:
    """Return the limit that a question's parser holds, at any depth."""
    for cell in getattr(parse, "__closure__", None) or ():
        if isinstance(cell.cell_contents, int):
            return cell.cell_contents
        inner = getattr(cell.cell_contents, "parse", None)
        if inner is not None:
            return _get_limit(inner)
    return 0


@pytest.mark.parametrize("paste", PASTES, ids=range(len(PASTES)))
async def test_minutes_are_published_whole(town: Town, paste: tuple[str, ...]) -> None:
    """However the paste is split, and only when the organiser says that it is all."""
    organiser = await town.officer("Lan", WARD, Role.ORGANISER)
    leader = await town.officer("Chỉ huy", WARD, Role.APPROVER)
    await publish_forum(town, state=ForumState.REPORT_DUE)
    await organiser.presses_data(f"forum:report={CODE}")
    await organiser.sends_at_once(*paste)
    forum = await get_only(town, Forum)
    assert forum.minutes is None
    assert organiser.is_told("gather.more")
    assert str(len("\n".join(paste))) in organiser.sees
    await organiser.taps("gather.done")
    assert organiser.is_told("forum_report.review.ask")
    assert (await get_only(town, Forum)).minutes is None
    await organiser.taps("forum_report.review.options.submit")
    await leader.taps("forum.do.confirm")
    forum = await get_only(town, Forum)
    assert forum.minutes == "\n".join(paste)


async def test_minutes_have_a_limit_of_their_own(town: Town) -> None:
    """20,000 characters are taken; the part that goes beyond is refused, and the rest is kept."""
    organiser = await town.officer("Lan", WARD, Role.ORGANISER)
    leader = await town.officer("Chỉ huy", WARD, Role.APPROVER)
    await publish_forum(town, state=ForumState.REPORT_DUE)
    await organiser.presses_data(f"forum:report={CODE}")
    await organiser.sends_at_once(*(letter * 4000 for letter in "abcde"))
    await organiser.says("thừa")
    assert organiser.is_told("gather.too_long")
    await organiser.taps("gather.done")
    await organiser.taps("forum_report.review.options.submit")
    await leader.taps("forum.do.confirm")
    forum = await get_only(town, Forum)
    assert len(forum.minutes or "") == 20_000 + 4  # and the line breaks


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("ask", Role.OFFICER),
        ("note", Role.OFFICER),
        ("reject", Role.APPROVER),
        ("divert", Role.COORDINATOR),
    ],
)
async def test_words_of_an_action_are_stored_whole(town: Town, action: str, role: Role) -> None:
    """A question, a note, a reason, a place: nothing happens before the officer says it is all."""
    officer, code = await make_case(town, role)
    before = (await town.get_submission(code)).version
    await choose_action(officer, code, action)
    await officer.sends_at_once(*PARTS)
    assert (await town.get_submission(code)).version == before
    await officer.taps("gather.done")
    remark = await get_only(town, Remark)
    assert remark.text == "\n".join(PARTS)


async def test_a_proposed_answer_is_stored_whole(town: Town) -> None:
    """The second part is not the measure; a file is refused aloud."""
    officer, code = await make_case(town)
    await open_case(officer, code)
    await officer.taps("case.do.propose")
    await officer.sends_at_once(*PARTS)
    await officer.does("photo", caption="ảnh")
    assert officer.is_told("gather.no_files")
    await officer.taps("gather.done")
    assert officer.is_asked("propose.measure")
    await officer.says("Thay bóng")
    await officer.says("Tuần này")
    await officer.taps("propose.review.options.submit")
    answer = await get_only(town, Answer)
    assert (answer.text, answer.measure) == ("\n".join(PARTS), "Thay bóng")


async def test_again_deletes_what_was_gathered(town: Town) -> None:
    """Also with a label that is typed."""
    officer, code = await make_case(town)
    await choose_action(officer, code, "note")
    await officer.says("nháp")
    await officer.says(load_texts("vi")["gather.again"])
    assert officer.is_asked("note.text")
    await officer.writes("Đã gọi điện.")
    remark = await get_only(town, Remark)
    assert remark.text == "Đã gọi điện."


# Short facts


@pytest.mark.parametrize(
    "paste",
    [
        ("Sở Xây dựng", "0225 3842 123"),
        ("Sở", "Xây dựng"),
        ("Ủy ban phường", "sẽ làm"),
        ("A", "B", "C"),
        ("Sở Xây dựng", "Gửi"),
    ],
)
async def test_a_line_right_behind_is_no_answer_of_the_next_question(
    town: Town, paste: tuple[str, ...]
) -> None:
    """It was written before the question was shown; the person is told so."""
    officer, code = await make_case(town)
    await choose_action(officer, code, "transfer")
    await officer.sends_at_once(*paste)
    assert (await town.get_submission(code)).state is State.IN_PROGRESS
    assert officer.is_asked("transfer.contact")
    assert officer.is_told("gather.right_behind")
    await officer.says("0225 3842 123")
    assert (await town.get_submission(code)).state is State.TRANSFERRED


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("rest", ["b" * 1800, "b" * 120, "và thôi."])
async def test_the_rest_of_a_paste_is_no_answer(town: Town, rest: str, at_once: bool) -> None:
    """The first part is refused because it is too long; the rest is short enough, but no answer."""
    officer, code = await make_case(town)
    await choose_action(officer, code, "transfer")
    if at_once:
        await officer.sends_at_once("a" * 4096, rest)
    else:
        await officer.says("a" * 4096)
        await officer.says(rest)
    assert officer.is_asked("transfer.body")
    assert officer.is_told("gather.part")
    await officer.says("Sở Xây dựng")
    assert officer.is_asked("transfer.contact")


async def test_a_short_answer_after_a_refused_one_is_taken(town: Town) -> None:
    """A text that is merely too long is no part of a paste."""
    officer, code = await make_case(town)
    await choose_action(officer, code, "transfer")
    await officer.says("a" * 400)
    assert officer.is_told("transfer.body.rejected.too-long")
    await officer.says("Sở Xây dựng")
    assert officer.is_asked("transfer.contact")


# Long texts at buttons, and long texts above buttons


@pytest.mark.parametrize("rest", ["b" * 1800, "b" * 120, "và thôi.", "c" * 4096, "1"])
async def test_the_rest_of_a_paste_is_part_of_it(town: Town, rest: str) -> None:
    """Whatever its length, and although the next question is open; a number presses nothing."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.sends_at_once("a" * 4096, rest)
    await ann.finishes()
    (record,) = await town.export_submissions()
    assert record["text"].replace("\n", "") == "a" * 4096 + rest


async def test_what_is_no_name_of_a_place_is_refused_and_not_stored(town: Town) -> None:
    """The question was seen before it was written: it is an answer, and not part of the text."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("a" * 4096)
    await ann.says("b" * 120)
    assert ann.is_told("feedback.area.rejected.unknown-place")
    await ann.finishes()
    (record,) = await town.export_submissions()
    assert record["text"] == "a" * 4096


@pytest.mark.parametrize("length", [3900, 4090, 4200, 6000, 7990, 8200, 10_000])
@pytest.mark.parametrize(
    "piece", ["Câu trả lời dài. ", "Câu trả lời dài.\n", "x" * 700 + "\n", "ữ"]
)
async def test_buttons_stand_below_enough_of_the_text(town: Town, length: int, piece: str) -> None:
    """The last message of a proposed answer is no fragment; nothing of the text is lost."""
    officer, code = await make_case(town)
    answer = (piece * (length // len(piece) + 1))[:length].strip()
    before = len(officer.heard)
    await choose_action(officer, code, "propose")
    parts = [answer[at : at + 4000] for at in range(0, len(answer), 4000)]
    await officer.sends_at_once(*parts)
    await officer.taps("gather.done")
    before = len(officer.heard)
    await officer.says("Thay bóng")
    await officer.says("Đã xong")
    shown = officer.heard[before:]
    review = shown[next(n for n, each in enumerate(shown) if answer[:50] in each) :]
    assert officer.is_offered("propose.review.options.submit")
    assert len(review) == 1 or len(review[-1]) >= 1000
    assert all(len(each) <= 4096 for each in review)
    assert "".join("".join(parts).split()) in "".join("".join(review).split())


@pytest.mark.parametrize("action", ["rating", "addition", "reopening"])
async def test_a_question_says_the_code_once(town: Town, action: str) -> None:
    """The line above it names the opinion."""
    officer, leader = await town.officer("Binh"), await town.officer("Cường", role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.")
    if action != "addition":
        await accept_case(officer, code)
        await answer_case(officer, leader, code)
    await ann.says(f"/tracuu {code}")
    await ann.taps(f"mine.{action}")
    assert ann.sees.count(code) == 1
