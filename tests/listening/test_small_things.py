"""Small things that each cost trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.models import Role
from tests.town.casework import accept_case, answer_case

if TYPE_CHECKING:
    from tests.town.town import Town


@pytest.mark.parametrize(
    ("own", "told"), [("vi", "Kính chào"), ("en-GB", "Welcome"), ("ko", "Welcome")]
)
async def test_the_first_message_is_in_the_persons_language(
    town: Town, own: str, told: str
) -> None:
    """Who speaks none of the bot's languages gets English."""
    ann = town.resident("Ann", language=own)
    await ann.says("/start")
    assert told in ann.sees


async def test_one_tap_on_the_welcome_changes_the_language(town: Town) -> None:
    """The welcome itself is shown in the other language."""
    ann = town.resident("Ann", language="en")
    await ann.says("/start")
    await ann.taps("Tiếng Việt")
    assert "ông/bà" in ann.sees.lower()
    await ann.says("/help")
    assert "ông/bà" in ann.sees.lower()


async def test_the_first_tap_of_a_rating_is_stored(town: Town) -> None:
    """Whoever stops then has rated all the same; what follows is added to it."""
    officer, leader = await town.officer("Binh"), await town.officer("Chi", role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    await accept_case(officer, code)
    await answer_case(officer, leader, code)
    await ann.says(f"/mine {code}")
    await ann.taps("mine.rating")
    await ann.taps("rating.score.options.0")
    assert (await town.get_submission(code)).rating == 0
    await ann.says("Chưa nói bao giờ sửa")
    await ann.taps("gather.done")
    await ann.taps("rating.again.options.yes")
    row = await town.get_submission(code)
    assert (row.rating_reason, row.reopened_at is not None) == ("Chưa nói bao giờ sửa", True)


@pytest.mark.parametrize("way", ["erase", "withdraw"])
async def test_a_person_without_opinions_is_not_told_that_none_was_erased(
    town: Town, way: str
) -> None:
    """ "Erased: 0 opinions" reads like a failure."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("/dulieu")
    await ann.presses_data(f"mydata:{way}-yes")
    assert ann.is_told(f"mydata.done.{way}_empty")
    assert "0" not in ann.sees


@pytest.mark.parametrize("step", ["details", "kind", "topic", "area", "identity"])
async def test_back_from_a_change_leads_to_the_card(town: Town, step: str) -> None:
    """What was chosen before stays as it was."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.reaches("feedback.review", area="Phường An Biên")
    await ann.corrects(kind="praise", topic="theft")
    card = ann.sees
    await ann.taps("move.edit")
    await ann.taps(f"feedback.{step}.title")
    assert not ann.is_asked("feedback.review")
    await ann.taps("move.back")
    assert ann.sees == card


async def test_back_from_writing_more_leads_to_the_card(town: Town) -> None:
    """Nothing was added."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.reaches("feedback.review")
    card = ann.sees
    await ann.taps("feedback.review.options.add")
    await ann.taps("move.back")
    assert ann.sees == card


async def test_back_keeps_an_edit_that_was_made_meanwhile(town: Town) -> None:
    """A message that is edited in Telegram while the text is open is not reset by [Back]."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.reaches("feedback.review")
    await ann.taps("feedback.review.options.add")
    await ann.edits("Đèn đường hỏng.", "Đèn ngõ hỏng.")
    await ann.taps("move.back")
    assert ann.is_asked("feedback.review")
    assert "Đèn ngõ hỏng." in ann.sees
