"""A short form of the campaign; `make faults` plays the long one."""

from __future__ import annotations

import pytest

from tests.kills import announcement
from tests.kills.campaign import campaign


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_nothing_is_lost_or_doubled_by_kills(database_url: str, mode: str) -> None:
    """Killed three times in the middle of conversations: every opinion once, every alert there."""
    report = await campaign(database_url, mode, kills=3, residents=5, rounds=2, seed=7)
    assert report.wrong == ()
    assert report.submissions == 10


async def test_an_announcement_survives_kills(database_url: str) -> None:
    """Killed twice in the middle: each hears it once, or their row says that they may have."""
    heard = await announcement.campaign(database_url, kills=2, recipients=120, seed=3)
    assert heard.wrong == ()
