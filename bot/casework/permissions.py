"""Who may see and do what, by role, unit and case: pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import CITY
from storage.models import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from storage.models import Officer, Submission

# Roles that see whole cases. An organiser and an observer see numbers, not texts.
READERS = frozenset(
    {Role.OFFICER, Role.APPROVER, Role.TRIAGE, Role.COORDINATOR, Role.ADMINISTRATOR}
)
WORKERS = frozenset({Role.OFFICER, Role.APPROVER, Role.TRIAGE, Role.COORDINATOR})
LEADERS = frozenset({Role.APPROVER, Role.COORDINATOR})
DISTRIBUTORS = LEADERS | {Role.TRIAGE}

# Kinds whose writer the law protects: only who distributes them, and who has them, reads them.
RESTRICTED = frozenset({Kind.DENUNCIATION})


def is_city_officer(officer: Officer) -> bool:
    """Whether an officer is of the city, which stands above every unit."""
    return officer.unit_code == CITY


def may_open(officer: Officer, case: Submission, recused: Collection[int] = ()) -> bool:
    """Whether an officer may read a case: as a reader of the unit that handles it, or of the city.

    Never one of the `recused`; of a restricted kind only who distributes it or has it.
    """
    if officer.role not in READERS or officer.id in recused:
        return False
    if case.kind in RESTRICTED and not (
        officer.role in DISTRIBUTORS or case.assignee_id == officer.id
    ):
        return False
    return officer.unit_code in (case.handled_by, CITY)


def is_away(officer: Officer, now: datetime) -> bool:
    """Whether an officer is absent, and a substitute does their work."""
    return officer.away_until is not None and officer.away_until > now


def is_rostered(officer: Officer, local: datetime) -> bool:
    """Whether an officer's roster has them on duty at a moment in the city's time.

    A shift that ends before it begins runs into the next day. No roster means always.
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
