"""Rules about submissions: the unit that handles them, the next officer, codes, sets of states.

All of them are pure functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import CITY
from storage.models import Identity, Kind, Lane, Role, State, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from storage.models import Officer, Submission

# A unit does not see what concerns its own officers. The city decides about staffing.
_CONDUCT = frozenset({Topic.OFFICER_ATTITUDE, Topic.CRIME_REPORT_HANDLING})
# The city handles submissions on these topics, except praise.
_ABOVE_THE_UNIT = _CONDUCT | {Topic.STAFFING}
# From the least to the most protected, and those that no unit below the city handles.
_LANES = tuple(Lane)
_LANES_OF_CITY = frozenset({Lane.CONDUCT, Lane.DENUNCIATION})
_FORMAL = frozenset({Kind.COMPLAINT, Kind.DENUNCIATION})

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without letters that are misread or misheard
_CODE_LENGTH = 8  # characters of a receipt code after "HP-"


def is_confidential(kind: Kind, identity: Identity) -> bool:
    """Return True if officers must not learn who the resident of a submission is."""
    return identity is Identity.UNNAMED or kind is Kind.DENUNCIATION


def get_handling_unit(kind: Kind, topics: Collection[Topic], unit_code: str) -> str:
    """Return the unit that handles a submission: the unit that it is about, or the city."""
    return CITY if stays_with_city(kind, topics) else unit_code


def stays_with_city(kind: Kind, topics: Collection[Topic]) -> bool:
    """Return True if only the city may handle a submission of this kind and these topics.

    These are complaints, denunciations, topics that the city decides, and topics about a unit's own
    officers, except praise.
    """
    return kind in _FORMAL or (
        kind is not Kind.PRAISE and bool(_ABOVE_THE_UNIT.intersection(topics))
    )


def find_lane(kind: Kind, topics: Collection[str], identity: Identity) -> Lane:
    """Return the lane that follows from the kind, the topics and the identity of a submission."""
    if kind is Kind.DENUNCIATION:
        return Lane.DENUNCIATION
    if kind is not Kind.PRAISE and not _CONDUCT.isdisjoint(topics):
        return Lane.CONDUCT
    is_unnamed_crime = kind is Kind.CRIME_REPORT and identity is Identity.UNNAMED
    return Lane.UNNAMED_CRIME if is_unnamed_crime else Lane.ORDINARY


def get_lane(case: Submission) -> Lane:
    """Return the lane of a case: of its kind and topics, or a more protected one of before."""
    present = find_lane(case.kind, case.topics, case.identity)
    return max(present, case.former_lane or present, key=_LANES.index)


def is_protected(case: Submission) -> bool:
    """Return True if a case is named in private chats only, and merged within its lane only."""
    return get_lane(case) is not Lane.ORDINARY


def must_stay_with_city(case: Submission) -> bool:
    """Return True if no unit may get a case, because of its kind, its topics or its lane."""
    return get_lane(case) in _LANES_OF_CITY or stays_with_city(
        case.kind, [Topic(topic) for topic in case.topics]
    )


def may_be_merged(case: Submission, into: Submission) -> bool:
    """Return True if a case may be merged into another, which then answers it.

    Both are in one lane, and a case that must stay with the city stays there.
    """
    stays = not must_stay_with_city(case) or into.handled_by == CITY
    return stays and get_lane(case) is get_lane(into)


def is_always_taken(
    kind: Kind, topics: Collection[str], identity: Identity, *, urgent: bool
) -> bool:
    """Return True if no ban refuses such a submission, and nobody is banned because of one.

    These are complaints, denunciations, crime reports, the conduct of officers, and danger.
    """
    is_ordinary = find_lane(kind, topics, identity) is Lane.ORDINARY
    return urgent or kind in _KEPT_BY_LAW or not is_ordinary


def choose_next_officer(candidates: Sequence[Officer], loads: Mapping[int, int]) -> Officer:
    """Return the officer with the fewest open cases; among equals the one assigned longest ago.

    `loads` has the numbers of open cases, by the id of the officer.
    """
    return min(
        candidates,
        key=lambda each: (
            loads.get(each.id, 0),
            each.assigned_at.timestamp() if each.assigned_at else 0.0,
            each.id,
        ),
    )


def select_best_suited(serving: Sequence[Officer], submission: Submission) -> Sequence[Officer]:
    """Return the officers with the preferred role, or all officers if none has it.

    The role is triage for a submission about the whole city, and officer for any other.
    """
    unrouted = submission.unit_code == CITY and submission.handled_by == CITY
    wanted = (Role.TRIAGE, Role.OFFICER) if unrouted else (Role.OFFICER, Role.TRIAGE)
    for role in wanted:
        if suited := [officer for officer in serving if officer.role is role]:
            return suited
    return serving


def list_units_to_alert(handled_by_unit: str) -> tuple[str, ...]:
    """Return the units to alert in order: the first one with officers on duty is alerted.

    A unit is not alerted of a case of the city: it may be about the unit itself.
    """
    return (handled_by_unit,) if handled_by_unit == CITY else (handled_by_unit, CITY)


def make_receipt_code(pick: Callable[[str], str]) -> str:
    """Return a new receipt code, such as HP-7KQM-2XWD; `pick` returns a random letter of a text.

    There are 30^8 codes, so guessing finds none.
    """
    letters = "".join(pick(CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    return f"HP-{letters[:4]}-{letters[4:]}"


def parse_code(typed: str) -> str:
    """Return a typed receipt code in its stored form; it may not exist."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    if len(letters) > _CODE_LENGTH:  # The letters of a code may begin with HP, too.
        letters = letters.removeprefix("HP")
    return f"HP-{letters[:4]}-{letters[4:]}"


# Sets of states of a case. NEW: no officer has accepted it. WORKED: an officer works on it.
# ACCEPTED: an officer has accepted it and no answer is proposed. OPEN: it is not answered or
# closed.
NEW = frozenset({State.RECEIVED, State.ASSIGNED})
WORKED = frozenset({State.IN_PROGRESS})
ACCEPTED = frozenset({State.IN_PROGRESS, State.AWAITING_RESIDENT, State.TRANSFERRED})
PROPOSED = frozenset({State.ANSWER_PROPOSED})
OPEN = NEW | ACCEPTED | PROPOSED
ANSWERED = frozenset({State.ANSWERED, State.CLOSED})
# Released to others if the officer leaves; a case that waits for an answer keeps its state.
HANDED_BACK = NEW | {State.IN_PROGRESS, State.TRANSFERRED}
# The resident may add something until the submission is answered or over. A merged submission is
# as open as the main case, into which it was merged.
ADDABLE = OPEN | {State.ACKNOWLEDGED, State.MERGED}
WITHDRAWABLE = OPEN | {State.MERGED}

# These are kept by law once they are received: the Criminal Procedure Code 2015, art. 145, and the
# laws on complaints (2011) and denunciations (2018).
_KEPT_BY_LAW = frozenset({Kind.CRIME_REPORT, Kind.COMPLAINT, Kind.DENUNCIATION})

NOT_SATISFIED, SATISFIED, VERY_SATISFIED = 0, 1, 2  # the ratings of an answer, as stored


def get_answered_at(submission: Submission, main: Submission | None) -> datetime | None:
    """Return when a submission was answered, itself or with its main case; None if it is open.

    `main` is the case into which the submission was merged.
    """
    if submission.state is State.MERGED:
        return main.answered_at if main is not None else None
    return submission.answered_at if submission.state in ANSWERED else None


def may_be_rated(submission: Submission, main: Submission | None) -> bool:
    """Return True if there is an answer that its resident has not rated."""
    return get_answered_at(submission, main) is not None and submission.rating is None


def may_be_reopened(
    submission: Submission, main: Submission | None, now: datetime, within: timedelta
) -> bool:
    """Return True if the answer is not older than `within` and it was never reopened before."""
    answered_at = get_answered_at(submission, main)
    return (
        answered_at is not None and submission.reopened_at is None and now - answered_at <= within
    )


def get_erasure_obstacle(submission: Submission) -> str | None:
    """Return why a submission cannot be erased now at its resident's request; None if it can be.

    The reason is "being_handled" or "by_law".
    """
    if submission.state in ACCEPTED | PROPOSED:
        return "being_handled"
    return "by_law" if submission.kind in _KEPT_BY_LAW else None
