"""Kind 8: a channel that refuses posts was reported to nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.casework.reachability import Reachability
from bot.forums import announcements
from storage.models import Forum, Role
from storage.statements import fetch_all, table
from tests.town.forums import publish_forum
from tests.transport.rows import add_fault

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

REFUSALS = [
    ("Forbidden", "bot was kicked from the channel chat"),
    ("Forbidden", "bot is not a member of the channel chat"),
    ("Bad Request", "chat not found"),
    ("Bad Request", "need administrator rights in the channel chat"),
    ("Bad Request", "CHAT_WRITE_FORBIDDEN"),
    ("Bad Request", "have no rights to send a message"),
    ("Bad Request", "something that nobody has seen before"),
]


async def open_channel(town: Town) -> tuple[int, list[Person], Person]:
    """Return a channel for announcements, two leaders of the city, and one of a ward."""
    leaders = [
        await town.officer("Giang", role=Role.COORDINATOR),
        await town.officer("Hà", role=Role.APPROVER),
    ]
    ward = await town.officer("Cường", "11407", Role.APPROVER)
    channel = town.simulator.state.add_chat("channel", "Tin diễn đàn", False, [leaders[0].id])
    policy = replace(town.app.policy, channel=channel.id)
    errors = town.app.delivery._errors  # the town has no channel
    errors._reachability = Reachability(policy)
    await publish_forum(town)
    return channel.id, leaders, ward


async def post(town: Town, channel: int, kind: str) -> None:
    """Announce the forum in the channel, and deliver what is due."""
    async with town.work(policy=replace(town.app.policy, channel=channel)) as work:
        (forum,) = await fetch_all(work.connection, Forum, select(table(Forum)))
        await announcements.announce_forum(work, forum, kind)
    for _ in range(3):
        town.advance(minutes=1)
        await town.settle()


def refuse_posts(town: Town, channel: int, error: str, description: str) -> None:
    """Let Telegram refuse every message to the channel."""
    kind = "403" if error == "Forbidden" else "error"
    add_fault(town, kind, chat_id=channel, count=None, description=f"{error}: {description}")


@pytest.mark.parametrize(("error", "description"), REFUSALS, ids=[each for _, each in REFUSALS])
async def test_the_citys_leaders_are_told_once(town: Town, error: str, description: str) -> None:
    """Of all refused posts of one outage; no leader of a ward is told."""
    channel, leaders, ward = await open_channel(town)
    refuse_posts(town, channel, error, description)
    await post(town, channel, "notice")
    assert [each.count_told("group.lost_channel") for each in leaders] == [1, 1]
    await post(town, channel, "results")
    assert [each.count_told("group.lost_channel") for each in leaders] == [1, 1]
    assert not ward.was_told("group.lost_channel")


async def test_a_second_outage_is_told_again(town: Town) -> None:
    """A post has reached the channel between the two."""
    channel, leaders, _ward = await open_channel(town)
    refuse_posts(town, channel, *REFUSALS[0])
    await post(town, channel, "notice")
    town.simulator.gateway.faults.clear()
    await post(town, channel, "results")
    assert len(town.simulator.list_messages(channel)) == 1
    refuse_posts(town, channel, *REFUSALS[3])
    async with town.app.database.transaction() as connection:
        await connection.execute(table(Forum).update().values(version=2))
    await post(town, channel, "results")
    assert [each.count_told("group.lost_channel") for each in leaders] == [2, 2]


async def test_nothing_is_told_of_a_channel_that_takes_posts(town: Town) -> None:
    """Not even after a request to wait."""
    channel, leaders, _ward = await open_channel(town)
    await post(town, channel, "notice")
    assert len(town.simulator.list_messages(channel)) == 1
    assert not any(each.was_told("group.lost_channel") for each in leaders)
