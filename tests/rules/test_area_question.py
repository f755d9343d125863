"""The question for an area: its prompts and buttons after a name was typed."""

from __future__ import annotations

import pytest

from bot.areas.question import area_input
from bot.conversation.flow import Rejected, StepNotes
from bot.conversation.reply import Reply
from bot.core.screen import Words

QUESTION = area_input("feedback.area")


def type_name(typed: str) -> dict[str, object]:
    """Return the answers after a name was typed."""
    note = QUESTION.parse(Reply(text=typed), {})
    assert isinstance(note, StepNotes)
    return {f"area.{name}": value for name, value in note.changes.items() if value is not None}


@pytest.mark.parametrize(
    ("typed", "prompt", "codes"),
    [
        ("le chan", "sure", ["11383"]),
        ("cam giang", "which", ["10888", "10903"]),
        ("p an duong le chan", "formerly", ["11407"]),
        ("quận lê chân", "formerly", ["11383", "11407"]),
        ("niem ngia", "unsure", ["11407"]),
        ("kien thui", "unsure", ["11680"]),
        ("chợ Sắt", "landmark", ["11311"]),
        ("cho sat", "landmark", ["11311"]),
        ("bệnh viện Việt Tiệp", "landmark", ["11383"]),
        ("cầu Rào", "which", ["11359", "11383", "11689"]),
        ("gần chợ Ga, Lê Chân", "landmark", ["11383"]),
    ],
)
def test_a_typed_name_leads_to_a_prompt_with_a_button_for_each_unit(
    typed: str, prompt: str, codes: list[str]
) -> None:
    """The buttons are the units that fit, then the list, then the skip button (the city)."""
    answers = type_name(typed)
    assert QUESTION.prompt(answers) == prompt
    assert [option.value for option in QUESTION.options(answers)] == [*codes, "list", "31"]


def test_a_former_name_is_shown_with_its_district() -> None:
    """So the resident sees that the former name was understood."""
    shown = QUESTION.params(type_name("p an duong le chan"))
    assert shown["before"] == (
        Words("areas.former.ward", {"name": "An Dương"}),
        Words("areas.former.urban_district", {"name": "Lê Chân"}),
    )
    assert shown["now"] == (Words("areas.ward", {"name": "An Biên"}),)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("quỳnh lôi hà nội", "outside-city"),
        ("chợ Sắt, Hà Nội", "outside-city"),
        ("zzzz", "unknown-place"),
    ],
)
def test_a_name_outside_the_city_and_an_unknown_name_are_rejected(typed: str, reason: str) -> None:
    """The two have different reasons."""
    with pytest.raises(Rejected) as rejected:
        QUESTION.parse(Reply(text=typed), {})
    assert rejected.value.reason == reason
