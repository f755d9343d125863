"""Rules of attendance: places, permissions of attendees and door staff, times of reminders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.forums.shared.states import BEGUN
from storage.models import AttendeeCategory, ForumState, RegistrationState, Role

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from zoneinfo import ZoneInfo

    from storage.models import Forum, Officer, Registration

MAX_PEOPLE = 10  # in one registration
# People are checked in from this long before the start, so that no one is checked in by mistake.
DOORS_OPEN_BEFORE = timedelta(hours=6)

# The offsets that can be chosen for reminders: minutes before the start.
REMINDER_OFFSETS = (7 * 1440, 3 * 1440, 1440, 180, 120, 60, 30)

_MINUTES_A_DAY = 1440
# The roles of officers who may check people in at the door.
_DOOR_ROLES = frozenset({Role.ORGANISER, Role.OFFICER})
_BEFORE_END = frozenset({ForumState.PUBLISHED, ForumState.LIVE})


def is_registration_open(forum: Forum, now: datetime) -> bool:
    """Return True if people can register for a forum."""
    return forum.state is ForumState.PUBLISHED and forum.starts_at > now


def are_tickets_valid(forum: Forum, now: datetime) -> bool:
    """Return True if tickets can still be used; they can be while the forum is postponed."""
    return is_registration_open(forum, now) or forum.state is ForumState.POSTPONED


def count_free_places(capacity: int | None, taken: int) -> int | None:
    """Return the number of free places, at least 0; None if `capacity` is None: no limit."""
    return None if capacity is None else max(0, capacity - taken)


def select_from_waiting_list(
    free: int | None, waiting: Iterable[Registration]
) -> list[Registration]:
    """Return the registrations that get a place now, in the order of the waiting list.

    A registration gets places if there are enough for all its people. Otherwise it keeps its
    position, and later ones are tried. `free` None means no limit.
    """
    selected = []
    for registration in waiting:
        if free is None or registration.people <= free:
            selected.append(registration)
            free = None if free is None else free - registration.people
    return selected


def may_send_opinion(forum: Forum, now: datetime, mine: Registration | None) -> bool:
    """Return True if a person can send a submission for a forum.

    Everybody can before the deadline; people who were checked in can afterwards too.
    """
    is_ahead = forum.state in _BEFORE_END and now <= forum.opinions_until
    return is_ahead or was_there(forum, mine)


def may_enter_oral_submissions(forum: Forum, mine: Registration | None) -> bool:
    """Return True if a person may enter oral submissions of others.

    The head of a neighbourhood may, after the check-in and while the session is open.
    """
    return (
        forum.state is ForumState.LIVE
        and mine is not None
        and mine.state is RegistrationState.ATTENDED
        and mine.category is AttendeeCategory.NEIGHBOURHOOD_HEAD
    )


def was_there(forum: Forum, mine: Registration | None) -> bool:
    """Return True if a person was checked in and the session of the forum has begun."""
    return mine is not None and mine.state is RegistrationState.ATTENDED and forum.state in BEGUN


def may_check_people_in(officer: Officer | None, forum: Forum) -> bool:
    """Return True if an officer may check people in, by role, and unit: the host's or the city."""
    return (
        officer is not None
        and officer.role in _DOOR_ROLES
        and officer.unit_code in (forum.host_unit, CITY)
    )


def doors_are_open(forum: Forum, now: datetime) -> bool:
    """Return True if people can be checked in now."""
    return forum.state in _BEFORE_END and now >= forum.starts_at - DOORS_OPEN_BEFORE


def compute_reminder_time(starts_at: datetime, offset: int, zone: ZoneInfo) -> datetime:
    """Return the time of a reminder: `offset` minutes before a start, in UTC.

    Whole days are counted on the calendar of `zone`: one day before 19:00 is 19:00, also if the
    clock changes in between. The rest of the offset is counted in minutes of 60 seconds.
    """
    days, minutes = divmod(offset, _MINUTES_A_DAY)
    local = starts_at.astimezone(zone)
    day = datetime.combine(local.date() - timedelta(days=days), local.time(), zone)
    return day.astimezone(UTC) - timedelta(minutes=minutes)


def find_due_offset(
    starts_at: datetime, offsets: Collection[int], zone: ZoneInfo, since: datetime, now: datetime
) -> int | None:
    """Return the offset of the reminder to send now; None if none is due, or after the start.

    It is the smallest of `offsets` whose time has come. Missed reminders with a larger offset are
    not sent later, nor are reminders whose time was at `since` or before.
    """
    if now >= starts_at:
        return None
    due = (
        offset
        for offset in offsets
        if since < compute_reminder_time(starts_at, offset, zone) <= now
    )
    return min(due, default=None)
