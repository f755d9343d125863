"""Tests find the bot's texts by key. A wrong key fails, also in a negative assertion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.texts import load_texts
from tests.town.texts import contains_text, is_label

if TYPE_CHECKING:
    from tests.town.town import Town


def test_a_text_is_recognised_by_its_fixed_parts() -> None:
    """Parameters may be anything; the parts between them must come in order."""
    text = load_texts("vi")["notice.overdue"]
    begin, end = text.split("{code}")
    assert contains_text(f"{begin}HP-2345-ABCD{end}", "notice.overdue")
    assert not contains_text(f"{end}HP-2345-ABCD{begin}", "notice.overdue")


def test_a_text_without_a_fixed_part_is_an_error() -> None:
    """Every message would contain it, or none."""
    with pytest.raises(ValueError, match="no fixed part"):
        contains_text("anything", "feedback.review.receiver")


def test_a_label_is_compared_as_a_whole() -> None:
    """A label that only contains the text of the key is another label."""
    assert is_label("Trình câu trả lời", "case.do.propose")
    assert not is_label("Trình câu trả lời ngay", "case.do.propose")


async def test_an_unknown_key_is_an_error_in_every_assertion(town: Town) -> None:
    """A misspelt key never makes a negative assertion pass, not even in an empty chat."""
    ann = town.resident("Ann")
    for recognise in (ann.is_told, ann.was_told, ann.count_told, ann.is_offered):
        with pytest.raises(KeyError):
            recognise("case.do.propse")
    with pytest.raises(KeyError):
        ann.is_asked("feedback.arae")
