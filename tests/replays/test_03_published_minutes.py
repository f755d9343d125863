"""Kind 3: long minutes reach their readers whole; what is shortened says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.forums import announcements
from storage.models import Forum, ForumState
from storage.statements import fetch_all, table
from tests.town.forums import CODE, change_forum, publish_forum, register_for_forum
from tests.town.person import Person
from tests.town.town import Town

LONG = " ".join(f"từ{number}" for number in range(3000))  # about 20,000 characters
LINES = "\n".join(f"{number}. Việc đã hứa" for number in range(1000))


async def report(town: Town, minutes: str) -> Person:
    """Publish minutes of a forum; return a resident who had registered for it."""
    forum = await publish_forum(town)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    await change_forum(
        town, forum, state=ForumState.REPORTED, minutes=minutes, reported_at=town.now
    )
    async with town.work() as work:
        (row,) = await fetch_all(work.connection, Forum, select(table(Forum)))
        await announcements.announce_forum(work, row, "results")
    policy = town.app.policy
    await announcements.expand_announcements(town.app.database, town.now, policy=policy)
    await town.settle()
    return ann


@pytest.mark.parametrize("minutes", [LONG, LINES, "x" * 20_000], ids=["words", "lines", "letters"])
async def test_long_minutes_are_read_whole(town: Town, minutes: str) -> None:
    """The announcement says that it is only their beginning; its button shows all, in order."""
    ann = await report(town, minutes)
    assert ann.is_told("announcement.is_cut")
    assert str(len(minutes)) in ann.sees
    before = len(ann.heard)
    await ann.taps("forums.minutes")
    shown = " ".join(ann.heard[before:])
    title = "Công an lắng nghe ý kiến của nhân dân"
    assert remove_spaces(shown) == remove_spaces(f"Kết quả {title} {minutes}")
    await ann.taps("forums.back_to")
    assert ann.is_offered("forums.minutes")


def remove_spaces(text: str) -> str:
    """Return a text without spaces and line breaks: a long text is split between words."""
    return "".join(text.split())


@pytest.mark.parametrize("length", [1, 1500, 2500])
async def test_short_minutes_are_announced_whole(town: Town, length: int) -> None:
    """Nothing says that anything was left out."""
    ann = await report(town, "x" * length)
    assert "x" * length in ann.sees
    assert not ann.is_told("announcement.is_cut")
    assert not ann.is_offered("forums.minutes")


async def test_a_channel_gets_long_minutes_whole(town: Town) -> None:
    """No button works there: the post is several messages, in order."""
    owner = town.resident("Owner")
    channel = town.simulator.state.add_chat("channel", "Tin diễn đàn", False, [owner.id])
    await publish_forum(town, state=ForumState.REPORTED, minutes=LONG, reported_at=town.now)
    async with town.work() as work:
        (row,) = await fetch_all(work.connection, Forum, select(table(Forum)))
        policy = replace(work.policy, channel=channel.id)
        await announcements.announce_forum(replace(work, policy=policy), row, "results")
    await town.settle()
    posts = [post["text"] for post in town.simulator.list_messages(channel.id)]
    assert len(posts) > 1
    assert remove_spaces(LONG) in remove_spaces("".join(posts))


async def test_minutes_that_are_not_published_are_shown_to_nobody(town: Town) -> None:
    """The button's data of a forum whose report is due."""
    await publish_forum(town, state=ForumState.REPORT_DUE, minutes=LONG)
    ann = town.resident("Ann")
    await ann.says("/start")
    await ann.presses_data(f"forums:minutes={CODE}")
    assert not ann.has_heard("từ0")
