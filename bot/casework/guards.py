"""Further conditions of officers' actions, besides role and state, for the field `guard`."""

from __future__ import annotations

from bot.areas.units import CITY
from bot.casework.case_access import CaseAccess
from bot.casework.permissions import is_city_officer
from bot.casework.submission_rules import NEW, may_leave_the_city
from bot.core.transitions import Guard
from storage.models import Kind

# Each constant below is a guard: a description for the documentation, and the condition.
MAX_EXTENSIONS = 2  # of the due date of one case


def _is_theirs(access: CaseAccess) -> bool:
    return access.case.assignee_id in {access.officer.id, *access.stands_for}


def _is_new_or_theirs(access: CaseAccess) -> bool:
    return access.case.state in NEW or _is_theirs(access)


def _did_not_propose(access: CaseAccess) -> bool:
    return access.answer is not None and access.answer.proposed_by != access.officer.id


ASSIGNEE = Guard("the assignee or their substitute", _is_theirs)
# An oral submission may have no resident: a question to the resident would pause it for ever.
ASSIGNEE_OF_A_RESIDENT = Guard[CaseAccess](
    "the assignee or their substitute, if the resident is known",
    lambda access: _is_theirs(access) and access.case.resident_id is not None,
)
NOT_ANOTHERS = Guard("nobody else has taken it on", _is_new_or_theirs)
SECOND_PERSON = Guard("not the officer who proposed the answer", _did_not_propose)
OF_A_UNIT = Guard[CaseAccess](
    "a unit below the city handles it", lambda access: access.case.handled_by != CITY
)
MAY_LEAVE_THE_CITY = Guard[CaseAccess](
    "an officer of the city; not what the law or the topic keeps there",
    lambda access: is_city_officer(access.officer) and may_leave_the_city(access.case),
)
NO_CRIME_REPORT = Guard[CaseAccess](
    "never a crime report", lambda access: access.case.kind is not Kind.CRIME_REPORT
)
PRAISE = Guard[CaseAccess]("praise only", lambda access: access.case.kind is Kind.PRAISE)
EXTENSIBLE = Guard[CaseAccess](
    f"at most {MAX_EXTENSIONS} times", lambda access: access.case.extensions < MAX_EXTENSIONS
)
