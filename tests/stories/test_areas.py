"""Saying where: by name, by position, by the places of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.models import Conversation
from storage.statements import table

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


async def comes_to_the_area(ann: Person) -> None:
    """Walk up to where the area is asked for."""
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.reaches("feedback.area")


async def test_a_position_offers_the_nearest_and_is_not_kept(town: Town) -> None:
    """Three buttons; the coordinates stand nowhere."""
    ann = town.resident("Ann")
    await comes_to_the_area(ann)
    await ann.taps("feedback.area.options.locate")
    await ann.does("choose", "Gửi vị trí của tôi")
    assert ann.is_told("feedback.area.near")
    assert len([label for label in ann.buttons if label.startswith(("Phường", "Xã"))]) == 3
    async with town.app.database.reading() as connection:
        (row,) = (await connection.execute(select(table(Conversation)))).all()
    assert "20.85" not in str(row)
    assert "106.6" not in str(row)


async def test_a_position_outside_the_city_is_said_to_be_outside(town: Town) -> None:
    """Hà Nội is not guessed to be a commune of the border."""
    ann = town.resident("Ann")
    await comes_to_the_area(ann)
    await ann.does("location", 21.0285, 105.8542)
    assert ann.is_told("feedback.area.rejected.outside-city")


async def test_an_old_name_is_confirmed_by_its_new_one(town: Town) -> None:
    """The person reads both names, and presses."""
    ann = town.resident("Ann")
    await comes_to_the_area(ann)
    await ann.says("p an duong le chan")
    assert "(cũ) nay thuộc Phường An Biên" in ann.sees
    await ann.taps("Phường An Biên")
    assert not ann.is_asked("feedback.area")


async def test_the_places_of_before_are_offered_first(town: Town) -> None:
    """The last three, newest first; an unnamed opinion leaves no such trace."""
    ann = town.resident("Ann")
    await ann.gives("Một", area="Phường An Biên")
    await ann.gives("Hai", area="Phường Hải An")
    await ann.gives("Ba", area="Phường Kiến An", identity="unnamed")
    await comes_to_the_area(ann)
    assert ann.buttons[:2] == ["Phường Hải An", "Phường An Biên"]
    assert "Phường Kiến An" not in ann.buttons
