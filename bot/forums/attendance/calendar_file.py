"""A forum for the calendar of a telephone: iCalendar (RFC 5545)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icalendar import Calendar, Event
from icalendar.enums import STATUS

if TYPE_CHECKING:
    from datetime import datetime

    from storage.models import Forum


def make_calendar_file(forum: Forum, now: datetime, link: str) -> bytes:
    """The file; opened again after the forum was moved it moves the entry that is there.

    When a forum will end nobody knows: none is given. The start is in UTC, which no change of the
    clock touches.
    """
    event = Event.new(
        uid=f"forum-{forum.code}@langnghe",
        stamp=now,
        start=forum.starts_at,
        summary=forum.title,
        location=forum.venue,
        description="\n".join((*forum.agenda, link)),
        sequence=forum.start_version,
        status=STATUS.CONFIRMED,
        url=link,
    )
    if forum.latitude is not None and forum.longitude is not None:
        event.add("geo", (forum.latitude, forum.longitude))
    calendar = Calendar.new(prodid="-//langnghe//forums//VI", method="PUBLISH")
    calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made
