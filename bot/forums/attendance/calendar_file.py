"""Calendar files of forums: iCalendar (RFC 5545)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.visible_text import remove_direction_marks

if TYPE_CHECKING:
    from datetime import datetime

    from storage.models import Forum


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
