"""The text of an opinion says where it is: a sure place is not asked, an unsure one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_a_ward_in_the_text_is_not_asked(town: Town) -> None:
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Quán hát ở phường An Biên mở nhạc to đến 2 giờ sáng")
    assert ann.is_asked("feedback.review")
    assert "An Biên" in ann.sees


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Dọc đường gần cầu Rào xe tải đậu kín vỉa hè", "Phường Lê Chân"),
        ("Xe tải đậu kín vỉa hè ở phường Lê Trân cả tuần nay", "Phường Lê Chân"),
    ],
)
async def test_an_unsure_place_is_asked_with_its_units_as_buttons(
    town: Town, text: str, chosen: str
) -> None:
    """A bridge joins several units; a misspelt name may be another one."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says(text)
    assert ann.is_told("feedback.area.mentioned")
    await ann.taps(chosen)
    assert ann.is_asked("feedback.review")
