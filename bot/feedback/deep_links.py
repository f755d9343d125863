"""Deep links: a unit or a forum that a person came for, remembered until they give an opinion."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.areas.units import map_units

if TYPE_CHECKING:
    from collections.abc import Mapping

_REMEMBERED = timedelta(days=1)
_FORUM = re.compile(r"[A-Za-z0-9]{1,16}")


def parse_payload(payload: str, now: datetime) -> dict[str, Any]:
    """What a deep link's payload says, as the chat remembers it; {} for another or a broken one."""
    what, _, value = payload.partition("_")
    if (what == "unit" and value in map_units()) or (what == "forum" and _FORUM.fullmatch(value)):
        return {"link": {what: value, "at": now.isoformat()}}
    return {}


def load_link_facts(preferences: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What the remembered link means for an opinion that is begun now: its area, its forum."""
    link = preferences.get("link") or {}
    if not link or now - datetime.fromisoformat(link["at"]) > _REMEMBERED:
        return {}
    found: dict[str, Any] = {}
    if link.get("unit") in map_units():
        found["area"] = link["unit"]
    if link.get("forum"):
        found["@forum"] = link["forum"]
    return found
