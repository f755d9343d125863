"""The question for an area: what it shows after a name was typed."""

from __future__ import annotations

import pytest

from bot.areas.question import area_input
from bot.conversation.engine import Rejected, Reply, StepNotes
from bot.core.screen import Words

QUESTION = area_input("feedback.area")


def noted(typed: str) -> dict[str, object]:
    """The answers after a name was typed."""
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
    ],
)
def test_what_is_asked_after_a_name(typed: str, prompt: str, codes: list[str]) -> None:
    """A button for each unit to confirm, then the list and the way past it."""
    answers = noted(typed)
    assert QUESTION.prompt(answers) == prompt
    assert [option.value for option in QUESTION.options(answers)] == [*codes, "list", "31"]


def test_an_old_name_is_said_with_its_district() -> None:
    """So that the resident sees that it was understood."""
    shown = QUESTION.show(noted("p an duong le chan"))
    assert shown["before"] == (
        Words("areas.former.ward", {"name": "An Dương"}),
        Words("areas.former.urban_district", {"name": "Lê Chân"}),
    )
    assert shown["now"] == (Words("areas.ward", {"name": "An Biên"}),)


@pytest.mark.parametrize(
    ("typed", "reason"), [("quỳnh lôi hà nội", "outside-city"), ("zzzz", "unknown-place")]
)
def test_what_is_no_place_of_the_city_is_refused(typed: str, reason: str) -> None:
    """A place elsewhere is told from one that is not known."""
    with pytest.raises(Rejected) as refused:
        QUESTION.parse(Reply(text=typed), {})
    assert refused.value.reason == reason
