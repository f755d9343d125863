"""Deep links to a unit or a forum, remembered in the chat until the person gives a submission."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.areas.units import map_units

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIFETIME = timedelta(days=1)
_FORUM_CODE = re.compile(r"[A-Za-z0-9]{1,16}")


def make_unit_link(code: str, now: datetime) -> dict[str, str]:
    """Return what the chat remembers of a link to a unit; {} if there is no unit with this code."""
    return {"unit": code, "at": now.isoformat()} if code in map_units() else {}


def make_forum_link(code: str, now: datetime) -> dict[str, str]:
    """Return what the chat remembers of a link to a forum; {} if this cannot be a forum's code."""
    return {"forum": code, "at": now.isoformat()} if _FORUM_CODE.fullmatch(code) else {}


def load_link_facts(preferences: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the facts that the remembered link gives a new submission: its area, its forum.

    A link is remembered for a day.
    """
    link = preferences.get("link") or {}
    if not link or now - datetime.fromisoformat(link["at"]) > _LIFETIME:
        return {}
    facts: dict[str, Any] = {}
    if link.get("unit") in map_units():
        facts["area"] = link["unit"]
    if link.get("forum"):
        facts["@forum"] = link["forum"]
    return facts
