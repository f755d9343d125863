"""Rules about submissions (pure functions): who handles them, codes, what may still be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import CITY
from storage.models import Identity, Kind, Role, State, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from storage.models import Officer, Submission

# Matters of a unit's own officers are not for that unit to see; staffing is decided by the city.
_CONDUCT = frozenset({Topic.OFFICER_ATTITUDE, Topic.CRIME_REPORT_HANDLING})
_ABOVE_THE_UNIT = _CONDUCT | {Topic.STAFFING}
_FORMAL = frozenset({Kind.COMPLAINT, Kind.DENUNCIATION})

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misread or misheard
_CODE_LENGTH = 8


def is_confidential(kind: Kind, identity: Identity) -> bool:
    """Whether who gave it is kept from the officers too."""
    return identity is Identity.UNNAMED or kind is Kind.DENUNCIATION


def get_handling_unit(kind: Kind, topics: Collection[Topic], unit_code: str) -> str:
    """The unit that handles it: the unit it is about, or the city above it."""
    return CITY if stays_with_city(kind, topics) else unit_code


def stays_with_city(kind: Kind, topics: Collection[Topic]) -> bool:
    """Whether it is for no unit: complaints, denunciations, what is decided above a unit, and what
    concerns a unit's own officers (praise excepted).
    """
    return kind in _FORMAL or (
        kind is not Kind.PRAISE and bool(_ABOVE_THE_UNIT.intersection(topics))
    )


def choose_next(candidates: Sequence[Officer], loads: Mapping[int, int]) -> Officer:
    """Who of the candidates gets the next case: with the fewest open ones, then the longest ago."""
    return min(
        candidates,
        key=lambda each: (
            loads.get(each.id, 0),
            each.assigned_at.timestamp() if each.assigned_at else 0.0,
            each.id,
        ),
    )


def select_best_suited(serving: Sequence[Officer], submission: Submission) -> Sequence[Officer]:
    """Whose turn it may be: triage for what names no unit, officers otherwise, or who is there."""
    unrouted = submission.unit_code == CITY and submission.handled_by == CITY
    wanted = (Role.TRIAGE, Role.OFFICER) if unrouted else (Role.OFFICER, Role.TRIAGE)
    for role in wanted:
        if found := [each for each in serving if each.role is role]:
            return found
    return serving


def list_units_to_alert(handled_by_unit: str) -> tuple[str, ...]:
    """Whose officers on duty are alerted: the unit's or, if it has none, the city's.

    Never downwards: what the city handles may be about the unit itself.
    """
    return (handled_by_unit,) if handled_by_unit == CITY else (handled_by_unit, CITY)


def make_receipt_code(pick: Callable[[str], str]) -> str:
    """A new receipt code, for example HP-7KQM-2XWD; `pick` draws one letter of an alphabet.

    30^8 codes: nobody finds another's by trying.
    """
    letters = "".join(pick(CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    return f"HP-{letters[:4]}-{letters[4:]}"


def parse_code(typed: str) -> str:
    """A receipt code as it is stored, from how somebody typed it; not checked to exist."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    if len(letters) > _CODE_LENGTH:  # the letters of a code may begin with HP themselves
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

# The law has these kept once they are received: the Criminal Procedure Code 2015, art. 145, and the
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
