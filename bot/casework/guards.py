"""Further conditions of officers' actions, besides role and state, for the field `guard`."""

from __future__ import annotations

from bot.areas.units import CITY
from bot.casework.case_access import CaseAccess
from bot.casework.permissions import LEADER_ROLES, is_city_officer
from bot.casework.submission_rules import NEW, get_lane, must_stay_with_city
from bot.core.transitions import Guard
from storage.models import Kind, Lane

# Each constant below is a guard: a description for the documentation, and the condition.
MAX_EXTENSIONS = 2  # of the due date of one case
_ABOUT_OFFICERS = frozenset({Lane.CONDUCT, Lane.DENUNCIATION})


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
    "an officer of the city; not what the law, the topic or the lane keeps there",
    lambda access: is_city_officer(access.officer) and not must_stay_with_city(access.case),
)
NO_CRIME_REPORT = Guard[CaseAccess](
    "never a crime report", lambda access: access.case.kind is not Kind.CRIME_REPORT
)


def _is_not_about_officers_or_by_leader(access: CaseAccess) -> bool:
    return access.officer.role in LEADER_ROLES or get_lane(access.case) not in _ABOUT_OFFICERS


# Nobody but a leader sends away, without an answer, what is about officers.
MAY_DIVERT = Guard[CaseAccess](
    "never a crime report; of conduct and denunciations only a leader",
    lambda access: NO_CRIME_REPORT.is_met(access) and _is_not_about_officers_or_by_leader(access),
)
MAY_TRANSFER = Guard[CaseAccess](
    "nobody else has taken it on; of conduct and denunciations only a leader",
    lambda access: NOT_ANOTHERS.is_met(access) and _is_not_about_officers_or_by_leader(access),
)
# The law keeps the identity secret, and the authority that handles the case has to know it.
HIDDEN_PHONE = Guard[CaseAccess](
    "an officer of the city, of a denunciation whose resident gave a number before it became one",
    lambda access: (
        is_city_officer(access.officer)
        and get_lane(access.case) is Lane.DENUNCIATION
        and access.case.phone is not None
    ),
)
EXCLUDED = Guard[CaseAccess](
    "somebody is excluded: by this officer, or by one below; leaders of the city always",
    lambda access: bool(access.recused),
)
NOT_ABOVE = Guard[CaseAccess]("nobody above the officer who excludes")
PRAISE = Guard[CaseAccess]("praise only", lambda access: access.case.kind is Kind.PRAISE)
EXTENSIBLE = Guard[CaseAccess](
    f"at most {MAX_EXTENSIONS} times", lambda access: access.case.extensions < MAX_EXTENSIONS
)
