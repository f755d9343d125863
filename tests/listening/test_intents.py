"""What is no opinion is answered: greetings, thanks, help, codes, questions about the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.areas.former_units import list_former_wards, map_former_districts
from bot.areas.landmarks import list_landmarks
from bot.areas.units import list_units
from bot.core.text_folding import fold_text
from bot.feedback.first_messages import Aside, read_aside
from bot.feedback.urgent_flow import is_danger
from tests.town.casework import accept_case

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

OPINION = "Đề nghị lắp thêm đèn đường ở ngõ 12 phường An Biên."
# What is written first, and the text that answers it.
ANSWERED = {
    "start.text": ["xin chào", "Chào các chú công an ạ", "alo", "hello", "cháu chào bác"],
    "help.thanks": ["cảm ơn", "Cam on chau nhieu nhe", "thanks"],
    "help.text": ["help", "tôi không biết làm", "hướng dẫn", "không biết bấm vào đâu cả"],
    "help.human": ["tôi muốn gặp cán bộ", "cho tôi số điện thoại", "hotline"],
    "help.privacy": [
        "công an phường tôi có đọc được không? tôi sợ lắm",
        "ai đọc được tin này",
        "gửi vào đây có bí mật không",
        "cong an phuong co xem duoc khong",
    ],
    "help.nothing": ["test", "vâng", "không", "ok", "đồ ngu", "không biết"],
    "forums.no_coming": ["bao giờ có diễn đàn", "lịch diễn đàn"],
    "mine.none": ["ý kiến của tôi tới đâu rồi"],
}


@pytest.mark.parametrize(
    ("typed", "key"), [(typed, key) for key, listed in ANSWERED.items() for typed in listed]
)
async def test_a_message_that_is_no_opinion_is_answered(town: Town, typed: str, key: str) -> None:
    """Nothing is open, and nothing of it is stored."""
    ann = town.resident("Ann")
    await ann.says(typed)
    assert ann.is_told(key)
    row = await town.find_chat(ann.id)
    assert row is None or row.flow is None
    assert await town.export_submissions() == []


@pytest.mark.parametrize(
    "typed",
    [
        OPINION,
        "Chào cán bộ, đèn đường hỏng",
        "đèn hỏng",
        "mất xe",
        "Cảm ơn các anh công an đã bắt được bọn trộm xe ở ngõ tôi",
        "Công an phường có biết không mà để quán karaoke hát suốt đêm?",
        "tin bao khong biet co ai doc khong nhung khu nay nhieu trom qua",
        "dm lũ ăn hại, gọi cả sáng không thằng nào nghe máy. ngã 5 tắc cứng kìa ra mà dẹp",
        "Diễn đàn hôm qua toàn đọc báo cáo, dân chán",
        "diễn đàn nên làm buổi tối",
        "Cán bộ trực ban ở phường nói chuyện với dân như quát con",
    ],
)
async def test_an_opinion_is_none_of_these(town: Town, typed: str) -> None:
    """It becomes a draft, or its writer is asked whether it is one."""
    ann = town.resident("Ann")
    await ann.says(typed)
    row = await town.find_chat(ann.id)
    assert row is not None
    assert row.flow == "feedback"
    assert typed in str(row.answers)


@pytest.mark.parametrize("ask", ["{}", "{} tới đâu rồi", "mã {} xử lý đến đâu rồi ạ"])
async def test_a_bare_code_shows_its_case(town: Town, ask: str) -> None:
    """In any spelling, and in a message of its own."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    await ann.says(ask.format(code.lower().replace("-", " ")))
    assert ann.is_told("mine.one")
    assert code in ann.sees


async def test_the_case_of_another_person_is_not_shown(town: Town) -> None:
    ann, eve = town.resident("Ann"), town.resident("Eve")
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    await eve.says(code)
    assert eve.is_told("mine.unknown")


@pytest.mark.parametrize("days", [1, 29])
async def test_what_is_said_to_be_an_addition_is_offered_to_the_open_case(
    town: Town, days: int
) -> None:
    """The newest one of the last 30 days, as one button; the other makes a new opinion."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    town.advance(days=days)
    await ann.says("bổ sung: đèn vẫn chưa sửa, tối om")
    assert ann.buttons[0].endswith(code)
    assert ann.is_offered("feedback.offer.options.yes")
    await ann.taps(ann.buttons[0])
    assert ann.is_told("feedback.added")
    assert len(await town.export_submissions()) == 1


async def test_an_addition_that_names_a_case_is_offered_to_that_one(town: Town) -> None:
    """Not to the newest one."""
    ann = town.resident("Ann")
    first = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    await ann.gives("Xe tải đậu kín vỉa hè trước cổng trường.")
    town.advance(days=3)
    await ann.says(f"bổ sung vào {first}: đèn vẫn chưa sửa, tối om cả ngõ")
    assert ann.buttons[0].endswith(first)


async def test_after_a_month_it_is_a_new_opinion(town: Town) -> None:
    ann = town.resident("Ann")
    await ann.gives("Đèn đường hỏng ba tuần rồi.")
    town.advance(days=31)
    await ann.says("bổ sung: đèn vẫn chưa sửa, tối om")
    assert not ann.is_told("feedback.offer.recent")


# Within a conversation.


async def _is_asked_for_consent(ann: Person) -> None:
    await ann.says("Đề nghị lắp thêm đèn đường ở ngõ 12.")


async def _is_asked_for_the_area(ann: Person) -> None:
    await ann.begins()
    await ann.says("Đề nghị lắp thêm đèn đường ở ngõ 12.")


async def _is_asked_for_the_text(ann: Person) -> None:
    await ann.begins()


async def _is_at_the_card(ann: Person) -> None:
    await ann.begins()
    await ann.says(OPINION)


@pytest.mark.parametrize(
    "reach",
    [_is_asked_for_consent, _is_asked_for_the_area, _is_asked_for_the_text, _is_at_the_card],
    ids=lambda each: each.__name__,
)
@pytest.mark.parametrize(
    ("typed", "key"),
    [("help", "aside.help"), ("xin chào", "aside.greeting"), ("cảm ơn", "aside.thanks")],
)
async def test_within_a_conversation_it_changes_no_answer(
    town: Town, reach: object, typed: str, key: str
) -> None:
    """It is answered above the buttons of the open question."""
    ann = town.resident("Ann")
    await reach(ann)  # type: ignore[operator]
    before, buttons = await town.read_answers(ann.id), ann.buttons
    await ann.says(typed)
    assert ann.is_told(key)
    assert ann.buttons == buttons
    after = await town.read_answers(ann.id)
    assert {k: v for k, v in after.items() if k[:5] != "@last"} == {
        k: v for k, v in before.items() if k[:5] != "@last"
    }
    assert ann.count_heard("Đơn vị kiểm soát dữ liệu") <= 1


async def test_a_code_within_a_conversation_shows_its_case(town: Town) -> None:
    """In a message of its own; the card stays open, and its button still sends."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    town.advance(hours=1)
    await ann.says(OPINION)
    before = await town.read_answers(ann.id)
    await ann.says(code)
    assert ann.is_told("mine.one")
    assert await town.read_answers(ann.id) == before
    await ann.taps("feedback.review.options.submit")
    assert len(await town.export_submissions()) == 2


async def test_an_officer_writes_what_they_want(town: Town) -> None:
    """Their conversations take a code or thanks as words."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    await accept_case(officer, code)
    await officer.taps("case.do.note")
    await officer.says("cảm ơn")
    assert officer.is_told("gather.more")
    await officer.says(code)
    assert officer.is_told("gather.more")


def _list_place_names() -> set[str]:
    names = {unit.name for unit in list_units()} | set(map_former_districts())
    names |= {ward.name for ward in list_former_wards()}
    return names | {each.name for each in list_landmarks()}


def test_the_name_of_a_place_is_neither_a_danger_nor_a_greeting() -> None:
    """Whatever its letters look like to the model."""
    names = _list_place_names()
    names |= {fold_text(name) for name in names} | {f"phường {name}" for name in names}
    assert [name for name in names if is_danger(name) or read_aside(name)] == []


@pytest.mark.parametrize("typed", ["help", "giúp đỡ", "no", "không", "ngõ 12 lê lợi", "Ở ngõ 12."])
def test_a_word_is_no_danger(typed: str) -> None:
    assert not is_danger(typed)


@pytest.mark.parametrize(
    "typed",
    ["cướp ở lê chân", "cứu tôi với", "cháy nhà ở cầu rào", "giúp tôi với"],
)
def test_a_danger_at_a_place_is_one(typed: str) -> None:
    assert is_danger(typed)


def test_a_code_is_found_in_any_spelling() -> None:
    for typed in ("HP-7KQM-2XWD", "hp 7kqm 2xwd", "hp7kqm2xwd", "7KQM-2XWD", "Hp-7kqm-2xwd ạ"):
        assert read_aside(typed) is Aside.CODE, typed
    assert read_aside("bổ sung vào HP-7KQM-2XWD: đèn vẫn chưa sửa, tối om cả ngõ") is None
