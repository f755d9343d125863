"""Rules of attendance: places, permissions at the door, times of reminders. Pure functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.forums.shared.states import HELD
from storage.models import AttendeeCategory, ForumState, RegistrationState, Role

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from zoneinfo import ZoneInfo

    from storage.models import Forum, Officer, Registration

MAX_PEOPLE = 10  # in one registration
DOORS_OPEN_BEFORE = timedelta(
    hours=6
)  # before the start, so that nobody is checked in early by mistake

# The offsets that can be chosen for reminders: minutes before the start.
REMINDER_OFFSETS = (7 * 1440, 3 * 1440, 1440, 180, 120, 60, 30)

_MINUTES_A_DAY = 1440
_DOOR_ROLES = frozenset({Role.ORGANISER, Role.OFFICER})
_BEFORE_END = frozenset({ForumState.PUBLISHED, ForumState.LIVE})


def is_registration_open(forum: Forum, now: datetime) -> bool:
    """Return True if people can register for a forum."""
    return forum.state is ForumState.PUBLISHED and forum.starts_at > now


def are_tickets_valid(forum: Forum, now: datetime) -> bool:
    """Return True if a ticket can still be used; also while the forum is postponed."""
    return is_registration_open(forum, now) or forum.state is ForumState.POSTPONED


def count_free_places(capacity: int | None, taken: int) -> int | None:
    """Return how many places are free; None if there is no limit."""
    return None if capacity is None else max(0, capacity - taken)


def select_from_waiting_list(
    free: int | None, waiting: Iterable[Registration]
) -> list[Registration]:
    """Return the registrations that get a place now, in the order of the waiting list.

    A registration gets a place if all its people fit. One that does not fit keeps its position, and
    later ones are tried: a group of ten does not keep nine places empty.
    """
    selected = []
    for registration in waiting:
        if free is None or registration.people <= free:
            selected.append(registration)
            free = None if free is None else free - registration.people
    return selected


def may_send_opinion(forum: Forum, now: datetime, mine: Registration | None) -> bool:
    """Return True if a person can send an opinion for a forum.

    Everybody can before the deadline, and people who were there afterwards too.
    """
    is_ahead = forum.state in _BEFORE_END and now <= forum.opinions_until
    return is_ahead or was_there(forum, mine)


def may_enter_oral_submissions(forum: Forum, mine: Registration | None) -> bool:
    """Return True if a person may enter what others say in the hall.

    The head of a neighbourhood may, after the check-in and while the forum lasts.
    """
    return (
        forum.state is ForumState.LIVE
        and mine is not None
        and mine.state is RegistrationState.ATTENDED
        and mine.category is AttendeeCategory.NEIGHBOURHOOD_HEAD
    )


def was_there(forum: Forum, mine: Registration | None) -> bool:
    """Return True if a person was checked in at a forum that takes place or took place."""
    return mine is not None and mine.state is RegistrationState.ATTENDED and forum.state in HELD


def may_check_people_in(officer: Officer | None, forum: Forum) -> bool:
    """Return True for organisers and officers of the host unit or of the city."""
    return (
        officer is not None
        and officer.role in _DOOR_ROLES
        and officer.unit_code in (forum.host_unit, CITY)
    )


def doors_are_open(forum: Forum, now: datetime) -> bool:
    """Return True if people are checked in now."""
    return forum.state in _BEFORE_END and now >= forum.starts_at - DOORS_OPEN_BEFORE


def compute_reminder_time(starts_at: datetime, offset: int, zone: ZoneInfo) -> datetime:
    """Return the moment `offset` minutes before a start, in UTC.

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
    """Return the offset at which a person is to be reminded now; None if there is none.

    It is the nearest one to the start whose time has come. Earlier ones are not made up for, nor
    are those of `since` or before, when nobody could be reminded. None after the start.
    """
    if now >= starts_at:
        return None
    due = (
        offset
        for offset in offsets
        if since < compute_reminder_time(starts_at, offset, zone) <= now
    )
    return min(due, default=None)
