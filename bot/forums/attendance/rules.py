"""Who gets a place at a forum, and what may be done about it when: pure functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from storage.models import Category, ForumState, RegistrationState, Role

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from zoneinfo import ZoneInfo

    from storage.models import Forum, Officer, Registration

MAX_PEOPLE = 10  # in one registration
DOORS_OPEN = timedelta(hours=6)  # before the start; nobody is checked in earlier by mistake

# When one can ask to be reminded: minutes before the start.
OFFSETS = (7 * 1440, 3 * 1440, 1440, 180, 120, 60, 30)

_DAY = 1440
_AT_THE_DOOR = frozenset({Role.ORGANISER, Role.OFFICER})
_HELD = frozenset({ForumState.LIVE, ForumState.REPORT_DUE, ForumState.REPORTED, ForumState.CLOSED})
_CAN_BEGIN = frozenset({ForumState.PUBLISHED, ForumState.LIVE})


def is_open(forum: Forum, now: datetime) -> bool:
    """Whether one may register for it."""
    return forum.state is ForumState.PUBLISHED and forum.starts_at > now


def keeps_tickets(forum: Forum, now: datetime) -> bool:
    """Whether a ticket for it is still good for something: also while it is put off."""
    return is_open(forum, now) or forum.state is ForumState.POSTPONED


def count_free_places(capacity: int | None, taken: int) -> int | None:
    """How many places are free; None when as many may come as like."""
    return None if capacity is None else max(0, capacity - taken)


def select_from_waiting_list(free: int | None, line: Iterable[Registration]) -> list[Registration]:
    """Who of the waiting list gets a place now: in order, each who fits with all their people.

    Who does not fit stays where they are in the line, and who comes after them may fit: a group of
    ten does not keep nine chairs empty.
    """
    chosen = []
    for row in line:
        if free is None or row.people <= free:
            chosen.append(row)
            free = None if free is None else free - row.people
    return chosen


def takes_opinions(forum: Forum, now: datetime, mine: Registration | None) -> bool:
    """Whether an opinion may be sent for it: ahead, and afterwards by who was there."""
    ahead = forum.state in _CAN_BEGIN and now <= forum.opinions_until
    return ahead or was_there(forum, mine)


def may_relay(forum: Forum, mine: Registration | None) -> bool:
    """Whether somebody may enter what others say in the hall: a neighbourhood's head who is there.

    Whom the organiser let in at the door, and while the forum lasts.
    """
    return (
        forum.state is ForumState.LIVE
        and mine is not None
        and mine.state is RegistrationState.ATTENDED
        and mine.category is Category.NEIGHBOURHOOD_HEAD
    )


def was_there(forum: Forum, mine: Registration | None) -> bool:
    """Whether somebody attended a forum that is being held or was."""
    return mine is not None and mine.state is RegistrationState.ATTENDED and forum.state in _HELD


def checks_in(officer: Officer | None, forum: Forum) -> bool:
    """Whether an officer lets people in: an organiser or officer of the host or of the city."""
    return (
        officer is not None
        and officer.role in _AT_THE_DOOR
        and officer.unit_code in (forum.host_unit, CITY)
    )


def doors_are_open(forum: Forum, now: datetime) -> bool:
    """Whether people are let in now."""
    return forum.state in _CAN_BEGIN and now >= forum.starts_at - DOORS_OPEN


def compute_reminder_time(starts_at: datetime, offset: int, zone: ZoneInfo) -> datetime:
    """The moment so many minutes before a start; whole days are counted on the city's calendar.

    A day before seven in the evening is seven in the evening, also where the clock was changed in
    between; an hour is always sixty minutes.
    """
    days, minutes = divmod(offset, _DAY)
    local = starts_at.astimezone(zone)
    day = datetime.combine(local.date() - timedelta(days=days), local.time(), zone)
    return day.astimezone(UTC) - timedelta(minutes=minutes)


def find_due_offset(
    starts_at: datetime, offsets: Collection[int], zone: ZoneInfo, since: datetime, now: datetime
) -> int | None:
    """Which of somebody's offsets they are to be reminded at now: the nearest that has come.

    One that came before it is not made up for, nor is one of before `since`, when nobody could have
    been reminded. None when there is none, and once the forum has begun.
    """
    if now >= starts_at:
        return None
    come = (o for o in offsets if since < compute_reminder_time(starts_at, o, zone) <= now)
    return min(come, default=None)
