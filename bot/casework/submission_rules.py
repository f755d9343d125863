"""Rules about submissions: the unit that handles them, the next officer, codes, groups of states.

All of them are pure functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import CITY
from storage.models import Identity, Kind, Role, State, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from storage.models import Officer, Submission

# A unit does not see what concerns its own officers. The city decides about staffing.
_CONDUCT = frozenset({Topic.OFFICER_ATTITUDE, Topic.CRIME_REPORT_HANDLING})
_ABOVE_THE_UNIT = _CONDUCT | {Topic.STAFFING}
_FORMAL = frozenset({Kind.COMPLAINT, Kind.DENUNCIATION})

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without letters that are misread or misheard
_CODE_LENGTH = 8


def is_confidential(kind: Kind, identity: Identity) -> bool:
    """Return True if the officers do not learn who gave it either."""
    return identity is Identity.UNNAMED or kind is Kind.DENUNCIATION


def get_handling_unit(kind: Kind, topics: Collection[Topic], unit_code: str) -> str:
    """Return the unit that handles a submission: the unit that it is about, or the city."""
    return CITY if stays_with_city(kind, topics) else unit_code


def stays_with_city(kind: Kind, topics: Collection[Topic]) -> bool:
    """Return True if no unit may handle it, only the city.

    These are complaints, denunciations, what the city decides, and what concerns a unit's own
    officers, except praise.
    """
    return kind in _FORMAL or (
        kind is not Kind.PRAISE and bool(_ABOVE_THE_UNIT.intersection(topics))
    )


def choose_next(candidates: Sequence[Officer], loads: Mapping[int, int]) -> Officer:
    """Return the officer with the fewest open cases; among equals the one assigned longest ago."""
    return min(
        candidates,
        key=lambda each: (
            loads.get(each.id, 0),
            each.assigned_at.timestamp() if each.assigned_at else 0.0,
            each.id,
        ),
    )


def select_best_suited(serving: Sequence[Officer], submission: Submission) -> Sequence[Officer]:
    """Return those with the best suited role, or everybody if no such role is on duty.

    Triage comes first for a submission that names no unit, officers for any other.
    """
    unrouted = submission.unit_code == CITY and submission.handled_by == CITY
    wanted = (Role.TRIAGE, Role.OFFICER) if unrouted else (Role.OFFICER, Role.TRIAGE)
    for role in wanted:
        if suited := [officer for officer in serving if officer.role is role]:
            return suited
    return serving


def list_units_to_alert(handled_by_unit: str) -> tuple[str, ...]:
    """Return the units whose officers on duty are alerted, the first one with any.

    A unit is not alerted of what the city handles: it may be about the unit itself.
    """
    return (handled_by_unit,) if handled_by_unit == CITY else (handled_by_unit, CITY)


def make_receipt_code(pick: Callable[[str], str]) -> str:
    """Return a new receipt code, such as HP-7KQM-2XWD; `pick` draws one letter of an alphabet.

    There are 30^8 codes, so nobody finds one by trying.
    """
    letters = "".join(pick(CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    return f"HP-{letters[:4]}-{letters[4:]}"


def parse_code(typed: str) -> str:
    """Return a typed receipt code as it would be stored. It need not exist."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    if len(letters) > _CODE_LENGTH:  # The letters of a code may begin with HP, too.
        letters = letters.removeprefix("HP")
    return f"HP-{letters[:4]}-{letters[4:]}"


NEW = frozenset({State.RECEIVED, State.ASSIGNED})
WORKED = frozenset({State.IN_PROGRESS})
HELD = frozenset({State.IN_PROGRESS, State.AWAITING_RESIDENT, State.TRANSFERRED})
PROPOSED = frozenset({State.ANSWER_PROPOSED})
OPEN = NEW | HELD | PROPOSED
ANSWERED = frozenset({State.ANSWERED, State.CLOSED})
# An officer who leaves hands these back. What waits for a resident or a leader keeps its state.
HANDED_BACK = NEW | {State.IN_PROGRESS, State.TRANSFERRED}
# The resident may add something until the submission is answered or over.
ADDABLE = OPEN | {State.ACKNOWLEDGED}
WITHDRAWABLE = OPEN

# These are kept by law once they are received: the Criminal Procedure Code 2015, art. 145, and the
# laws on complaints (2011) and denunciations (2018).
_KEPT_BY_LAW = frozenset({Kind.CRIME_REPORT, Kind.COMPLAINT, Kind.DENUNCIATION})

NOT_SATISFIED, SATISFIED, VERY_SATISFIED = 0, 1, 2


def may_be_rated(submission: Submission) -> bool:
    """Return True if there is an answer that its resident has not rated."""
    answered = submission.answered_at is not None and submission.state in ANSWERED
    return answered and submission.rating is None


def may_be_reopened(submission: Submission, now: datetime, within: timedelta) -> bool:
    """Return True if the answer is not older than `within` and nobody asked to look again before.

    A submission is looked at again once only.
    """
    return (
        submission.answered_at is not None
        and submission.state in ANSWERED
        and submission.reopened_at is None
        and now - submission.answered_at <= within
    )


def get_erasure_obstacle(submission: Submission) -> str | None:
    """Return the reason why it cannot be erased now on its resident's wish; None if it can.

    The reason is "being_handled" or "by_law".
    """
    if submission.state in HELD | PROPOSED:
        return "being_handled"
    return "by_law" if submission.kind in _KEPT_BY_LAW else None
