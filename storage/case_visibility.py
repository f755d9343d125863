"""The cases that an officer may read, as conditions of SQL.

`bot.casework.permissions.may_open` is the same rule for one case in memory. A test compares the two
for every role, unit, kind, assignee and recusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, false, or_, select

from storage.models import Kind, Lane, Recusal, Role, Submission
from storage.statements import table

if TYPE_CHECKING:
    from storage.models import Officer

_cases, _recusals = table(Submission), table(Recusal)

# Roles that read whole cases. An organiser and an observer see statistics, not texts.
READERS = frozenset(
    {Role.OFFICER, Role.APPROVER, Role.TRIAGE, Role.COORDINATOR, Role.ADMINISTRATOR}
)
# Roles that assign cases to units and officers.
DISTRIBUTORS = frozenset({Role.APPROVER, Role.COORDINATOR, Role.TRIAGE})

# The lane whose residents the law protects: only DISTRIBUTORS and the assignee read its cases.
RESTRICTED = Lane.DENUNCIATION


def make_visibility_conditions(officer: Officer) -> tuple[Any, ...]:
    """Return the conditions of a WHERE clause for the cases that an officer may read.

    They do not contain the unit: the caller adds `handled_by`, except for officers of the city.
    """
    if officer.role not in READERS:
        return (false(),)
    return make_restriction_conditions(officer)


def make_recusal_condition(officer: Officer) -> Any:
    """Return the condition that an officer is not kept off a case."""
    return ~(
        select(_recusals.c.id)
        .where(_recusals.c.submission_id == _cases.c.id, _recusals.c.officer_id == officer.id)
        .exists()
    )


def make_restriction_conditions(officer: Officer) -> tuple[Any, ...]:
    """Return the conditions that apply to every role: no recusal, and the RESTRICTED lane."""
    is_admitted = make_recusal_condition(officer)
    if officer.role in DISTRIBUTORS:
        return (is_admitted,)
    unrestricted = and_(
        _cases.c.kind != Kind.DENUNCIATION,
        or_(_cases.c.former_lane.is_(None), _cases.c.former_lane != RESTRICTED),
    )
    return (is_admitted, or_(unrestricted, _cases.c.assignee_id == officer.id))
