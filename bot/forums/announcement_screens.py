"""The text of an announcement, as residents and the channel read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import name_police, name_unit
from bot.core.screen import Button, Screen, Words
from bot.forums.shared.minutes import shorten_minutes

if TYPE_CHECKING:
    from bot.core.screen import Param
    from storage.models import Announcement, Forum

_MAX_MINUTES = 2500  # characters of the minutes in a message; a button shows longer ones whole
# The buttons of an announcement, by its kind: the last parts of the keys of their texts.
_BUTTONS = {"notice": ("attend", "opinion", "map", "hide"), "moved": ("map",)}

# The text for a forum that moved, by what is new: (the start, the venue).
_TEXTS_OF_CHANGES = {(True, False): "moved_start", (False, True): "moved_venue"}


def show_announcement(announcement: Announcement, forum: Forum, *, buttons: bool = True) -> Screen:
    """Return the text of an announcement; `buttons=False` is for a channel, where none works.

    In a channel long minutes are shown whole; elsewhere their beginning, with a button for all.
    """
    kind, minutes = announcement.kind, forum.minutes or ""
    is_cut = buttons and kind == "results" and len(minutes) > _MAX_MINUTES
    params: dict[str, Param] = {
        "title": forum.title,
        "area": name_unit(forum.area),
        "at": forum.starts_at,
        "venue": forum.venue,
        "head": forum.head,
        "host": name_police(forum.host_unit),
        "invited": "; ".join(forum.invited),
        "agenda": "; ".join(forum.agenda),
        "until": forum.opinions_until,
        "reason": forum.reason or "",
        "minutes": shorten_minutes(minutes, _MAX_MINUTES) if is_cut else minutes,
    }
    key = _choose_text(announcement, forum)
    paragraphs = (Words(f"announcement.{key}", params), *_show_former(announcement, forum))
    if is_cut:
        paragraphs += (Words("announcement.is_cut", {"total": len(minutes)}),)
    if not buttons:
        return Screen(paragraphs)
    names = [name for name in _BUTTONS.get(kind, ()) if name != "map" or forum.latitude is not None]
    names += ["minutes"] if is_cut else []
    return Screen(
        paragraphs,
        (
            *(Button(Words(f"forums.{name}"), f"forums:{name}={forum.code}") for name in names),
            Button(Words("announcement.open"), f"forums:open={forum.code}"),
        ),
    )


def _choose_text(announcement: Announcement, forum: Forum) -> str:
    """Return the last part of the text's key: of a forum that moved, it says only what changed.

    A notice names no organisations if none is invited.
    The text names both if both changed, or if the forum was postponed and takes place after all.
    """
    changes = (_is_start_new(announcement, forum), _is_venue_new(announcement, forum))
    if announcement.kind == "notice" and not forum.invited:
        return "notice_to_all"
    if announcement.kind == "moved" and changes in _TEXTS_OF_CHANGES:
        return _TEXTS_OF_CHANGES[changes]
    return announcement.kind


def _is_start_new(announcement: Announcement, forum: Forum) -> bool:
    return announcement.former_start not in (None, forum.starts_at)


def _is_venue_new(announcement: Announcement, forum: Forum) -> bool:
    return announcement.former_venue not in (None, forum.venue)


def _show_former(announcement: Announcement, forum: Forum) -> tuple[Words, ...]:
    """Return the former start and venue of a forum that moved, each if it changed."""
    start, venue = announcement.former_start, announcement.former_venue
    changes = []
    if start is not None and _is_start_new(announcement, forum):
        changes.append(Words("announcement.former.start", {"old": start, "new": forum.starts_at}))
    if venue is not None and _is_venue_new(announcement, forum):
        changes.append(Words("announcement.former.venue", {"old": venue, "new": forum.venue}))
    return tuple(changes)
