"""What a change of a published forum must not leave behind: an old pin, a message at night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.models import Forum, Role
from storage.statements import fetch_all, table
from tests.town.forums import CODE, WARD, publish_forum, register_for_forum, skip_position

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


async def get_forum(town: Town) -> Forum:
    """Return the only forum."""
    async with town.app.database.reading() as connection:
        (found,) = await fetch_all(connection, Forum, select(table(Forum)))
    return found


async def prepare(town: Town) -> tuple[Person, Person, Person]:
    """Publish a forum; return its organiser, a leader, and a resident who is registered."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    await publish_forum(town)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    return organiser, leader, ann


# The pin


async def ask_for_venue(organiser: Person, venue: str) -> None:
    """Answer the questions of a new venue up to its position."""
    await organiser.presses_data(f"forum:open={CODE}")
    await organiser.taps("forum.do.reschedule")
    await organiser.taps("forum_reschedule.starts.options.same")
    await organiser.says(venue)
    assert organiser.is_told("forum_reschedule.place.ask")


async def finish_move(organiser: Person, leader: Person) -> None:
    """Give the reason of a new venue, and confirm it as the leader."""
    await organiser.says("mưa bão")
    await organiser.taps("forum_reschedule.review.options.submit")
    await leader.taps("forum.do.confirm")


async def test_a_new_venue_without_a_position_has_no_map(town: Town) -> None:
    """The pin of the old hall would lead everybody there."""
    organiser, leader, ann = await prepare(town)
    await ask_for_venue(organiser, "Nhà văn hóa phường")
    await skip_position(organiser)
    await organiser.says("mưa bão")
    assert "không kèm bản đồ" in organiser.sees
    await organiser.taps("forum_reschedule.review.options.submit")
    await leader.taps("forum.do.confirm")
    assert "Nhà văn hóa phường" in ann.sees
    assert not ann.is_offered("forums.map")
    forum = await get_forum(town)
    assert (forum.latitude, forum.longitude) == (None, None)


async def test_a_new_venue_has_the_position_that_was_shared_for_it(town: Town) -> None:
    """Residents are offered the map of the new hall."""
    organiser, leader, ann = await prepare(town)
    await ask_for_venue(organiser, "Nhà văn hóa phường")
    await organiser.does("location", 20.86, 106.69)
    await finish_move(organiser, leader)
    assert ann.is_offered("forums.map")
    forum = await get_forum(town)
    assert (forum.latitude, forum.longitude) == (20.86, 106.69)


async def test_the_same_venue_keeps_its_position_or_gets_a_better_one(town: Town) -> None:
    """Typed again without a position it changes nothing; with one, the pin is corrected."""
    organiser, leader, _ann = await prepare(town)
    await ask_for_venue(organiser, "HỘI TRƯỜNG PHƯỜNG AN BIÊN")
    await skip_position(organiser)
    await organiser.says("mưa bão")
    await organiser.taps("forum_reschedule.review.options.submit")
    assert organiser.is_told("forum.unchanged")
    forum = await get_forum(town)
    assert (forum.latitude, forum.longitude, forum.start_version) == (20.85, 106.68, 1)
    await ask_for_venue(organiser, "Hội trường phường An Biên")
    await organiser.does("location", 20.86, 106.69)
    await finish_move(organiser, leader)
    forum = await get_forum(town)
    assert (forum.latitude, forum.longitude) == (20.86, 106.69)


async def test_another_start_keeps_the_position(town: Town) -> None:
    """The venue is the same, so nobody is asked for it."""
    organiser, leader, ann = await prepare(town)
    await organiser.presses_data(f"forum:open={CODE}")
    await organiser.taps("forum.do.reschedule")
    await organiser.says("7/12/2026 8h")
    await organiser.taps("forum_reschedule.venue.options.same")
    assert organiser.is_told("forum_reschedule.reason.ask")
    await finish_move(organiser, leader)
    assert ann.is_offered("forums.map")
    assert (await get_forum(town)).latitude == 20.85
