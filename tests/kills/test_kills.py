"""A short form of the kill campaigns; `make faults` runs the long one."""

from __future__ import annotations

import pytest

from tests.kills import announcement
from tests.kills.campaign import run_campaign


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_nothing_is_lost_or_doubled_by_kills(database_url: str, mode: str) -> None:
    """After three kills during conversations, each opinion is stored and alerted once."""
    report = await run_campaign(database_url, mode, kills=3, residents=5, rounds=2, seed=7)
    assert report.wrong == ()
    assert report.submissions == 10


async def test_nothing_is_lost_while_the_key_is_rotated_under_kills(database_url: str) -> None:
    """Three times, with kills of the bot and of the rotation, in the middle of conversations."""
    report = await run_campaign(
        database_url, "polling", kills=1, residents=3, rounds=1, seed=5, rotations=3
    )
    assert report.wrong == ()
    assert report.submissions >= 3


async def test_an_announcement_survives_kills(database_url: str) -> None:
    """After two kills, each recipient got it once, or its row says that it may have been sent."""
    report = await announcement.run_announcement_campaign(
        database_url, kills=2, recipients=120, seed=3
    )
    assert report.wrong == ()
