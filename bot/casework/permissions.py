"""Permissions of officers by role, unit and case, and their hours of duty. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.casework.submission_rules import get_lane
from storage.case_visibility import DISTRIBUTORS, READERS, RESTRICTED
from storage.models import Role

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from storage.models import Officer, Submission

# The roles that work on cases, and those that approve answers.
CASE_WORKER_ROLES = frozenset({Role.OFFICER, Role.APPROVER, Role.TRIAGE, Role.COORDINATOR})
LEADER_ROLES = frozenset({Role.APPROVER, Role.COORDINATOR})

__all__ = [
    "CASE_WORKER_ROLES",
    "DISTRIBUTORS",
    "LEADER_ROLES",
    "READERS",
    "RESTRICTED",
    "get_visible_unit",
    "is_above",
    "is_away",
    "is_city_leader",
    "is_city_officer",
    "is_rostered",
    "may_exclude",
    "may_open",
    "may_readmit",
]


def is_city_officer(officer: Officer) -> bool:
    """Return True if an officer's unit is the city, which has access to all units."""
    return officer.unit_code == CITY


def get_visible_unit(officer: Officer) -> str | None:
    """Return the unit whose cases an officer may read; None for all units."""
    return None if is_city_officer(officer) else officer.unit_code


def may_open(officer: Officer, case: Submission, recused: Collection[int] = ()) -> bool:
    """Return True if an officer may read a case.

    Officers whose role is in READERS read the cases of their own unit, those of the city all cases.
    `recused` are the ids of officers who are kept away from the case. A case in the lane
    RESTRICTED is read only by DISTRIBUTORS and its assignee. `storage.case_visibility` has the same
    rule in SQL.
    """
    if officer.role not in READERS or officer.id in recused:
        return False
    if get_lane(case) is RESTRICTED and not (
        officer.role in DISTRIBUTORS or case.assignee_id == officer.id
    ):
        return False
    return officer.unit_code in (case.handled_by, CITY)


# How far up a role is within its unit. Every officer of the city is above every other unit.
_LEVELS = {
    Role.TRIAGE: 1,
    Role.APPROVER: 2,
    Role.COORDINATOR: 2,
    Role.ADMINISTRATOR: 2,
}


def is_above(officer: Officer, other: Officer) -> bool:
    """Return True if an officer is above another: by the unit, then by the role."""
    return _get_rank(officer) > _get_rank(other)


def _get_rank(officer: Officer) -> tuple[bool, int]:
    return is_city_officer(officer), _LEVELS.get(officer.role, 0)


def is_city_leader(officer: Officer) -> bool:
    """Return True if an officer is a leader of the city's unit."""
    return is_city_officer(officer) and officer.role in LEADER_ROLES


def may_exclude(officer: Officer, other: Officer) -> bool:
    """Return True if an officer may keep another off a case: nobody excludes who is above."""
    return not is_above(other, officer)


def may_readmit(officer: Officer, excluded: Officer, by: Officer) -> bool:
    """Return True if an officer may undo that `by` excluded an officer from a case.

    Whoever did it may, and who is above them. Leaders of the city have nobody above them, so each
    of them may. Nobody readmits themself.
    """
    if officer.id == excluded.id:
        return False
    return officer.id == by.id or is_above(officer, by) or is_city_leader(officer)


def is_away(officer: Officer, now: datetime) -> bool:
    """Return True if an officer is absent, so that their substitute does their work."""
    return officer.away_until is not None and officer.away_until > now


def is_rostered(officer: Officer, local: datetime) -> bool:
    """Return True if an officer's roster has a shift at `local`, a time in the city's time zone.

    A shift that ends before it begins goes on into the next day. Without a roster: always True.
    """
    if not officer.roster:
        return True
    minute, today = local.hour * 60 + local.minute, local.weekday()
    yesterday = (today - 1) % 7
    for day, begins, ends in officer.roster:
        overnight = ends <= begins
        if day == today and begins <= minute and (overnight or minute < ends):
            return True
        if overnight and day == yesterday and minute < ends:
            return True
    return False
