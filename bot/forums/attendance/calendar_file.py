"""Calendar files of forums: iCalendar (RFC 5545)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.text_folding import fold_text
from bot.core.visible_text import remove_direction_marks

if TYPE_CHECKING:
    from datetime import datetime

    from storage.models import Forum


_MAX_NAME = 60  # characters of a file's name


def name_calendar_file(day: str, venue: str) -> str:
    """Return the name of a forum's calendar file: its ISO date and its place, in plain ASCII."""
    words = re.findall(r"[a-z0-9]+", fold_text(venue))
    name = f"dien-dan-{day}"
    for word in words:
        if len(name) + len(word) >= _MAX_NAME:
            break
        name += f"-{word}"
    return f"{name}.ics"


def make_calendar_file(forum: Forum, now: datetime, link: str) -> bytes:
    """Return a calendar file (UTF-8) with one event, whose URL is `link`.

    A later file of the same forum replaces the event in the person's calendar. The event has no
    end, because it is not known.
    """
    from icalendar import Calendar, Event
    from icalendar.enums import STATUS

    event = Event.new(
        uid=f"forum-{forum.code}@langnghe",
        stamp=now,
        start=forum.starts_at,
        summary=remove_direction_marks(forum.title),
        location=remove_direction_marks(forum.venue),
        description=remove_direction_marks("\n".join((*forum.agenda, link))),
        sequence=forum.start_version,
        status=STATUS.CONFIRMED,
        url=link,
    )
    if forum.latitude is not None and forum.longitude is not None:
        event.add("geo", (forum.latitude, forum.longitude))
    calendar = Calendar.new(prodid="-//langnghe//forums//VI", method="PUBLISH")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
