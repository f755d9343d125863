"""Deep links to a unit or a forum, remembered in the chat until the person gives a submission."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.areas.units import map_units
from bot.core.preferences import FollowedLink

if TYPE_CHECKING:
    from bot.core.preferences import Preferences

_LIFETIME = timedelta(days=1)  # of a remembered deep link, from when it was opened


def make_unit_link(unit_code: str, now: datetime) -> FollowedLink | None:
    """Return the link to remember for the code of a unit; None if there is no such unit."""
    return FollowedLink(now, unit=unit_code) if unit_code in map_units() else None


def make_forum_link(forum_code: str, now: datetime) -> FollowedLink:
    """Return the link to remember for the code of a forum that exists."""
    return FollowedLink(now, forum=forum_code)


def load_link_facts(preferences: Preferences, now: datetime) -> dict[str, Any]:
    """Return the first answers of a new submission from the link opened last: area, forum.

    A link is used for a day after it was opened.
    """
    link = preferences.link
    if link is None or now - link.opened_at > _LIFETIME:
        return {}
    facts: dict[str, Any] = {}
    if link.unit in map_units():
        facts["area"] = link.unit
    if link.forum:
        facts["@forum"] = link.forum
    return facts
