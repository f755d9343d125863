"""Kind 3: what is published, and what begins or ends a forum, is shown before it happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from storage.models import Forum, ForumState, Role
from storage.statements import fetch_all, table
from tests.town.forums import CODE, WARD, change_forum, publish_forum, register_for_forum

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


async def get_forum(town: Town) -> Forum:
    """Return the only forum."""
    async with town.app.database.reading() as connection:
        (forum,) = await fetch_all(connection, Forum, select(table(Forum)))
    return forum


async def open_plan(town: Town, state: ForumState, away: timedelta) -> Person:
    """Show a forum that starts `away` from now to its organiser; return the organiser."""
    organiser = await town.officer("Lan", WARD, Role.ORGANISER)
    await publish_forum(town, state=state, starts_at=town.now + away)
    await organiser.presses_data(f"forum:open={CODE}")
    return organiser


async def write_minutes(town: Town, minutes: str) -> tuple[Person, Person]:
    """Write minutes up to the review page; return the organiser and somebody who registered."""
    organiser = await town.officer("Lan", WARD, Role.ORGANISER)
    forum = await publish_forum(town)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    await change_forum(town, forum, state=ForumState.REPORT_DUE)
    await organiser.presses_data(f"forum:report={CODE}")
    await organiser.sends_at_once(*minutes.split("\n"))
    await organiser.taps("gather.done")
    return organiser, ann


@pytest.mark.parametrize("length", [1, 40, 2000, 2001, 10_000])
async def test_minutes_are_reviewed_before_they_are_published(town: Town, length: int) -> None:
    """The page names the forum, the total of letters, and the beginning and end of the text."""
    lines = ["x" * 3000] * (length // 3000)
    minutes = "\n".join([*lines, "y" * (length - len("\n".join([*lines, ""])))])
    assert len(minutes) == length
    leader = await town.officer("Chỉ huy", WARD, Role.APPROVER)
    organiser, ann = await write_minutes(town, minutes)
    assert organiser.is_told("forum_report.review.ask")
    for words in ("Công an lắng nghe", f"({len(minutes)} ký tự)", minutes[:400], minutes[-400:]):
        assert words in organiser.sees
    assert ("[…]" in organiser.sees) is (len(minutes) > 2000)
    assert (await get_forum(town)).minutes is None
    assert not ann.was_told("announcement.results")
    await organiser.taps("forum_report.review.options.submit")
    await leader.taps("forum.do.confirm")
    assert (await get_forum(town)).minutes == minutes
    assert ann.is_told("announcement.results")


async def test_reviewed_minutes_can_be_changed(town: Town) -> None:
    """[Edit] goes back to the gathered messages; the button of the old page publishes nothing."""
    leader = await town.officer("Chỉ huy", WARD, Role.APPROVER)
    organiser, ann = await write_minutes(town, "Bản nháp.")
    page = organiser.messages[-1]
    (publish, *_more) = [b for row in page["reply_markup"]["inline_keyboard"] for b in row]
    await organiser.taps("move.edit")
    await organiser.taps("forum_report.minutes.title")
    await organiser.says("Dòng thứ hai.")
    await organiser.taps("gather.done")
    await organiser.presses_data(publish["callback_data"])
    assert organiser.is_told("forum_report.review.rejected.changed")
    assert (await get_forum(town)).minutes is None
    await organiser.taps("forum_report.review.options.submit")
    await leader.taps("forum.do.confirm")
    assert (await get_forum(town)).minutes == "Bản nháp.\nDòng thứ hai."
    assert "Dòng thứ hai." in ann.sees


STEPS = [
    ("begin", ForumState.PUBLISHED, ForumState.LIVE),
    ("end", ForumState.LIVE, ForumState.REPORT_DUE),
]


@pytest.mark.parametrize(("action", "before", "after"), STEPS)
@pytest.mark.parametrize(
    ("away", "side", "span"),
    [
        (timedelta(hours=5, minutes=20), "early", "5 giờ 20 phút"),
        (timedelta(minutes=1), "early", "1 phút"),
        (timedelta(), "on_time", ""),
        (timedelta(minutes=-45), "late", "45 phút"),
        (timedelta(days=-3, hours=-2), "late", "3 ngày 2 giờ"),
    ],
)
async def test_a_forum_begins_and_ends_after_a_confirmation(
    town: Town,
    action: str,
    before: ForumState,
    after: ForumState,
    away: timedelta,
    side: str,
    span: str,
) -> None:
    """The page names the forum, its planned start and how far that is from now."""
    organiser = await open_plan(town, before, away)
    await organiser.taps(f"forum.do.{action}")
    assert (await get_forum(town)).state is before
    assert organiser.is_told(f"forum.sure.{action}")
    assert organiser.is_told(f"forum.sure.{side}")
    start = (await get_forum(town)).starts_at.astimezone(town.app.policy.zone)
    for words in ("Công an lắng nghe", span, f"{start:%H giờ %M, ngày %d/%m/%Y}", "thứ"):
        assert words in organiser.sees.replace("Chủ nhật", "thứ")
    await organiser.taps(f"forum.yes.{action}")
    assert (await get_forum(town)).state is after


@pytest.mark.parametrize(("action", "before", "_after"), STEPS)
async def test_a_confirmation_can_be_declined(
    town: Town, action: str, before: ForumState, _after: ForumState
) -> None:
    """The plan is shown again, with the button that asks."""
    organiser = await open_plan(town, before, timedelta(hours=1))
    await organiser.taps(f"forum.do.{action}")
    await organiser.taps("forum.no")
    assert (await get_forum(town)).state is before
    assert organiser.is_offered(f"forum.do.{action}")


@pytest.mark.parametrize(("action", "before", "_after"), STEPS)
async def test_a_confirmation_of_a_changed_plan_is_asked_again(
    town: Town, action: str, before: ForumState, _after: ForumState
) -> None:
    """Another planner changed the start meanwhile."""
    organiser = await open_plan(town, before, timedelta(hours=1))
    await organiser.taps(f"forum.do.{action}")
    forum = await get_forum(town)
    starts = town.now + timedelta(hours=4)
    await change_forum(town, forum.id, starts_at=starts, version=forum.version + 1)
    await organiser.taps(f"forum.yes.{action}")
    assert (await get_forum(town)).state is before
    assert "4 giờ 0 phút" in organiser.sees
    await organiser.taps(f"forum.yes.{action}")
    assert (await get_forum(town)).state is not before


async def test_a_forum_of_another_day_is_not_begun_by_the_data_of_a_button(town: Town) -> None:
    """Neither the question nor the confirmation is allowed more than six hours before."""
    organiser = await open_plan(town, ForumState.PUBLISHED, timedelta(hours=7))
    version = (await get_forum(town)).version
    for data in (f"forum:begin={CODE}", f"forum:begin_yes={CODE}.{version}"):
        await organiser.presses_data(data)
        assert (await get_forum(town)).state is ForumState.PUBLISHED
    stranger = await town.officer("Nơi khác", "11413", Role.ORGANISER)
    town.advance(hours=7)
    await stranger.presses_data(f"forum:begin_yes={CODE}.{version}")
    assert (await get_forum(town)).state is ForumState.PUBLISHED
