"""What residents see of their own opinions: the list, one of them, its files, its code."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from bot.conversation.reply import Navigation
from bot.core.excerpts import shorten
from bot.core.screen import Words
from bot.runtime.flow_bindings import FLOW_BINDINGS
from bot.texts import LANGUAGES, Catalogue, load_texts
from storage.models import Role
from tests.town.casework import ANSWER, accept_case, answer_case

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

# The sections and keys of texts with a code that only officers read, or that are labels.
_NOT_FOR_RESIDENTS = re.compile(
    r"(case|cases|alert|forum|hall(?!\.told)|template|merge|export|digest|invites)\b.*"
    r"|edit\.(case|forum)_unchanged|.*\.options\..*|mine\.item|draft\..*|corrected\..*"
)


def _is_code(person: Person, code: str) -> bool:
    """Return True if the newest message has the code as text that a tap copies."""
    message = person.messages[-1]
    return any(
        each["type"] == "code" and _cut(message, each) in (code, f"/tracuu {code}")
        for each in message.get("entities", [])
    )


def _cut(message: dict[str, object], entity: dict[str, int]) -> str:
    units = str(message["text"]).encode("utf-16-le")
    start = 2 * entity["offset"]
    return units[start : start + 2 * entity["length"]].decode("utf-16-le")


async def test_the_list_shows_day_state_and_first_words(town: Town) -> None:
    """Several opinions are told apart without opening them; words are not cut in the middle."""
    ann = town.resident("Ann")
    first = await ann.gives("Đèn đường ở ngõ 12 hỏng ba tuần nay rồi mà chưa có ai đến sửa cho dân")
    second = await ann.gives("Quán karaoke ồn.")
    await ann.says("/tracuu")
    assert _is_code(ann, first)
    assert _is_code(ann, second)
    (line,) = [each for each in ann.sees.splitlines() if first in each]
    assert "T4 25/11/2026" in line
    assert "đã tiếp nhận" in line or "đã phân công" in line
    shown = line.partition(": ")[2]
    assert shown.endswith("…")
    assert "Đèn đường ở ngõ 12 hỏng ba tuần nay rồi mà chưa có ai đến sửa ".startswith(
        shown.removesuffix("…") + " "
    )
    assert "Quán karaoke ồn." in ann.sees


async def test_the_page_shows_answer_additions_and_files(town: Town) -> None:
    """All that was given and answered is there, and the files can be seen again."""
    officer, leader = await town.officer("Binh"), await town.officer("Chi", role=Role.APPROVER)
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption="Đèn đường hỏng ba tuần rồi.")
    await ann.does("document", file_name="don.pdf")
    code = await ann.finishes()
    await accept_case(officer, code)
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.addition")
    await ann.says("Cả ngõ 14 cũng tối.")
    await ann.taps("gather.done")
    await answer_case(officer, leader, code)
    await ann.says(f"/tracuu {code}")
    assert _is_code(ann, code)
    assert "1 ảnh, don.pdf" in ann.sees
    assert "Cả ngõ 14 cũng tối." in ann.sees
    assert ann.is_told("mine.answer")
    assert ANSWER[0] in ann.sees
    before = len(ann.messages)
    await ann.taps("mine.files")
    sent = ann.messages[before:]
    assert any("photo" in each for each in sent), sent


async def test_the_files_of_others_are_not_shown(town: Town) -> None:
    """A button with the code of somebody else's opinion shows nothing of it."""
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await ann.begins()
    await ann.does("photo", caption="Đèn đường hỏng ba tuần rồi.")
    code = await ann.finishes()
    await ben.says("/start")
    await ben.presses_data(f"mine:files={code}")
    assert not [each for each in ben.messages if "photo" in each]
    assert ben.is_told("mine.unknown")


async def test_the_topics_stand_one_per_line(town: Town) -> None:
    """Their names contain commas: in a row nobody sees where one ends."""
    ann = town.resident("Ann")
    await ann.gives("Trộm cắp xe máy liên tục.", topic="theft")
    await ann.says("/tracuu")
    await ann.taps(ann.buttons[0])
    assert "• Trộm cắp, cướp giật" in ann.sees.splitlines()


def test_names_with_commas_are_not_joined_by_commas(town: Town) -> None:
    """Also not in the one line of an alert."""
    names = tuple(Words(f"feedback.topic.options.{name}") for name in ("theft", "drugs"))
    words = Words("alert.acknowledge", {"code": "HP-1", "topic": names, "area": "An Biên"})
    text = Catalogue(town.app.policy.zone).render_plain(words, "vi")
    assert "Trộm cắp, cướp giật; Ma túy" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_residents_can_copy_every_code(language: str) -> None:
    """A tap on it copies it, wherever a text for residents names it."""
    texts = {
        key: text
        for key, text in load_texts(language).items()
        if "{code}" in text and not _NOT_FOR_RESIDENTS.fullmatch(key)
    }
    assert len(texts) > 40
    plain = [
        key
        for key, text in texts.items()
        if "{code}" in re.sub(r"<code>[^<]*\{code\}</code>", "", text)
    ]
    assert not plain


async def test_the_receipt_is_the_only_message_that_says_received(town: Town) -> None:
    """The message before it only points to it."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    assert _is_code(ann, code)
    assert "chậm nhất ngày" in ann.sees
    received = re.compile(r"đã (được )?(tiếp )?(nhận|gửi|ghi)", re.IGNORECASE)
    told = [text for text in ann.heard if received.search(text)]
    assert len(told) == 1, told


async def test_a_rating_that_is_stopped_halfway_says_what_is_kept(town: Town) -> None:
    """The first tap is stored, so "no rating was recorded" would be false."""
    officer, leader = await town.officer("Binh"), await town.officer("Chi", role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    await accept_case(officer, code)
    await answer_case(officer, leader, code)
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.rating")
    await ann.taps("rating.score.options.0")
    await ann.says("/huy")
    assert ann.is_told("rating.stopped.rated")
    assert (await town.get_submission(code)).rating == 0


def test_no_question_has_a_no_beside_a_cancel() -> None:
    """A person does not know which of two buttons means what, if both mean the same."""
    endings = {"no", "stop", "refuse", "not_urgent", "not_mine"}
    twice = [
        f"{binding.flow.name}.{step.name}"
        for binding in FLOW_BINDINGS
        for step in binding.flow.steps
        if Navigation.CANCEL in step.input.moves
        and endings & {option.value for option in step.input.options(defaultdict(list))}
    ]
    assert not twice


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("Đèn đường hỏng", 20, "Đèn đường hỏng"),
        ("Đèn đường hỏng ba tuần", 14, "Đèn đường hỏng…"),
        ("Đèn đường hỏng ba tuần", 13, "Đèn đường…"),
        ("a" * 30, 10, "a" * 10 + "…"),
        ("Xem " + "a" * 30, 10, "Xem aaaaaa…"),
    ],
)
def test_a_beginning_ends_with_a_word(text: str, limit: int, short: str) -> None:
    """Except within a word that is longer than what is shown."""
    assert shorten(text, limit) == short
