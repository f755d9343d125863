"""The question for the area: by name, by location, by earlier areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


async def reach_area_question(ann: Person) -> None:
    """Write an opinion up to the question for its area."""
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.reaches("feedback.area")


async def test_a_location_offers_the_nearest_units_and_is_part_of_the_opinion(town: Town) -> None:
    """Three buttons; the officers will see the place on a map."""
    ann = town.resident("Ann")
    await reach_area_question(ann)
    await ann.taps("feedback.area.options.locate")
    await ann.does("choose", "Gửi vị trí của tôi")
    assert ann.is_told("feedback.area.near")
    assert len([label for label in ann.buttons if label.startswith(("Phường", "Xã"))]) == 3
    await ann.taps(ann.buttons[0])
    await ann.finishes()
    (record,) = await town.export_submissions()
    assert [each["type"] for each in record["attachments"]] == ["place"]


async def test_a_location_outside_the_city_is_refused(town: Town) -> None:
    """A location in Hà Nội is not assigned to the nearest unit."""
    ann = town.resident("Ann")
    await reach_area_question(ann)
    await ann.does("location", 21.0285, 105.8542)
    assert ann.is_told("feedback.area.rejected.outside-city")


async def test_a_former_name_is_confirmed_by_the_present_one(town: Town) -> None:
    """The resident reads both names and presses a button."""
    ann = town.resident("Ann")
    await reach_area_question(ann)
    await ann.says("p an duong le chan")
    assert "(cũ) nay thuộc Phường An Biên" in ann.sees
    await ann.taps("Phường An Biên")
    assert not ann.is_asked("feedback.area")


async def test_earlier_areas_are_offered_first(town: Town) -> None:
    """The newest first; the area of an unnamed opinion is not remembered."""
    ann = town.resident("Ann")
    await ann.gives("Một", area="Phường An Biên")
    await ann.gives("Hai", area="Phường Hải An")
    await ann.gives("Ba", area="Phường Kiến An", identity="unnamed")
    await reach_area_question(ann)
    assert ann.buttons[:2] == ["Phường Hải An", "Phường An Biên"]
    assert "Phường Kiến An" not in ann.buttons
