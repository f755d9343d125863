"""The text of an announcement, as residents and the channel read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import name_police, name_unit
from bot.core.screen import Button, Screen, Words

if TYPE_CHECKING:
    from bot.core.screen import Param
    from storage.models import Forum

_MAX_MINUTES = 2500  # characters of the minutes in a message
# The buttons of an announcement, by its kind: the last parts of the keys of their texts.
_BUTTONS = {"notice": ("attend", "opinion", "map", "hide"), "moved": ("map",)}


def show_announcement(kind: str, forum: Forum, *, buttons: bool = True) -> Screen:
    """Return an announcement of a kind; `buttons=False` is for a channel, where none works."""
    params: dict[str, Param] = {
        "title": forum.title,
        "area": name_unit(forum.area),
        "at": forum.starts_at,
        "venue": forum.venue,
        "head": forum.head,
        "host": name_police(forum.host_unit),
        "invited": "; ".join(forum.invited) or "–",
        "agenda": "; ".join(forum.agenda),
        "until": forum.opinions_until,
        "reason": forum.reason or "",
        "minutes": (forum.minutes or "")[:_MAX_MINUTES],
    }
    words = Words(f"announcement.{kind}", params)
    if not buttons:
        return Screen((words,))
    names = [name for name in _BUTTONS.get(kind, ()) if name != "map" or forum.latitude is not None]
    return Screen(
        (words,),
        (
            *(Button(Words(f"forums.{name}"), f"forums:{name}={forum.code}") for name in names),
            Button(Words("announcement.open"), f"forums:open={forum.code}"),
        ),
    )
