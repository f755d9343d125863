"""What is decided about an opinion: pure functions of the answers, of settings and of `now`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import holidays

from bot.areas.units import CITY
from bot.conversation.inputs import Room, text_of
from bot.evidence.rules import MOST_BYTES
from storage.models import Identity, Kind, State, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from zoneinfo import ZoneInfo

    from storage.models import Submission

# The version of the data-protection notice in bot/texts. Whoever changes what it says raises it,
# and everybody is asked again.
NOTICE_VERSION = "2026-12"

ROOM = Room(files=20, characters=20_000, bytes=MOST_BYTES)

# Matters of a unit's own officers are not for that unit to see; staffing is decided by the city.
_CONDUCT = frozenset({Topic.OFFICER_ATTITUDE, Topic.CRIME_REPORT_HANDLING})
_ABOVE_THE_UNIT = _CONDUCT | {Topic.STAFFING}
_FORMAL = frozenset({Kind.COMPLAINT, Kind.DENUNCIATION})

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misread or misheard
_CODE_LENGTH = 8


def mark_of(answers: Mapping[str, Any]) -> str:
    """A short mark of the text: an answer that bears it is about this text and no other."""
    text = text_of(answers.get("details", ()))
    return blake2s(text.encode(), digest_size=4).hexdigest()


def kind_of(answers: Mapping[str, Any]) -> Kind | None:
    """The kind that was chosen or, by who was unsure, confirmed for the text as it is now."""
    kind, _, mark = str(answers.get("seems", "")).partition("-")
    if answers.get("kind") == Kind.UNSURE and kind and mark == mark_of(answers):
        return Kind(kind)
    return Kind(answers["kind"]) if "kind" in answers else None


def has_a_formal_path(answers: Mapping[str, Any]) -> bool:
    """Complaints and denunciations have a procedure that a chat cannot replace."""
    return kind_of(answers) in _FORMAL


def may_be_named(answers: Mapping[str, Any]) -> bool:
    """A denunciation is taken as reference information only, and without a name."""
    return kind_of(answers) is not Kind.DENUNCIATION


def gives_phone(answers: Mapping[str, Any]) -> bool:
    """The resident chose to be reached by telephone."""
    return may_be_named(answers) and answers.get("identity") == Identity.PHONE


def identity_of(answers: Mapping[str, Any]) -> Identity:
    """How the resident is known; unnamed where it was not asked."""
    return Identity(answers["identity"]) if may_be_named(answers) else Identity.UNNAMED


def is_confidential(kind: Kind, identity: Identity) -> bool:
    """Whether who gave it is kept from the officers too."""
    return identity is Identity.UNNAMED or kind is Kind.DENUNCIATION


def handled_by(kind: Kind, topics: Collection[Topic], unit_code: str) -> str:
    """The unit that handles it: the unit it is about, or the city above it.

    The city takes what concerns the unit's own officers (praise excepted), complaints and
    denunciations, and what is decided above a unit.
    """
    if kind in _FORMAL or (kind is not Kind.PRAISE and _ABOVE_THE_UNIT.intersection(topics)):
        return CITY
    return unit_code


def units_to_alert(handled_by_unit: str) -> tuple[str, ...]:
    """Whose officers on duty are alerted: the unit's or, if it has none, the city's.

    Never downwards: what the city handles may be about the unit itself.
    """
    return (handled_by_unit,) if handled_by_unit == CITY else (handled_by_unit, CITY)


def receipt_code(pick: Callable[[str], str]) -> str:
    """A new receipt code, for example HP-7KQM-2XWD; `pick` draws one letter of an alphabet.

    30^8 codes: nobody finds another's by trying.
    """
    letters = "".join(pick(CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    return f"HP-{letters[:4]}-{letters[4:]}"


def read_code(typed: str) -> str:
    """A receipt code as it is stored, from how somebody typed it; not checked to exist."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    if len(letters) > _CODE_LENGTH:  # the letters of a code may begin with HP themselves
        letters = letters.removeprefix("HP")
    return f"HP-{letters[:4]}-{letters[4:]}"


def due(now: datetime, working_days: int, zone: ZoneInfo, days_off: Collection[date]) -> datetime:
    """The end of the last of so many working days after today, in the city's time.

    The day it is received does not count (Civil Code 2015, art. 147). Saturdays, Sundays and
    `days_off` are no working days.
    """
    day = now.astimezone(zone).date()
    left = working_days
    while left:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in days_off:
            left -= 1
    return datetime(day.year, day.month, day.day, 17, 0, tzinfo=zone)


def at_work(moment: datetime, zone: ZoneInfo, days_off: Collection[date]) -> datetime:
    """The same moment or, on a day that is not worked, the end of the next that is."""
    local = moment.astimezone(zone)
    if local.weekday() < 5 and local.date() not in days_off:
        return moment
    return due(moment, 1, zone, days_off)


@lru_cache(maxsize=16)
def public_holidays(year: int, extra: frozenset[date] = frozenset()) -> frozenset[date]:
    """Vietnam's public holidays of a year and the next, and the operator's own."""
    return frozenset(holidays.country_holidays("VN", years=(year, year + 1))) | extra


# Where nothing more is going to happen unless the resident asks for it.
_OVER = frozenset(
    {State.CLOSED, State.WITHDRAWN, State.MERGED, State.DIVERTED, State.REJECTED, State.ANSWERED}
)
_ANSWERED = frozenset({State.ANSWERED, State.CLOSED})
_HANDLED = frozenset(
    {
        State.ASSIGNED,
        State.IN_PROGRESS,
        State.AWAITING_RESIDENT,
        State.ANSWER_PROPOSED,
        State.TRANSFERRED,
    }
)
# The law has these kept once they are received: the Criminal Procedure Code 2015, art. 145, and the
# laws on complaints (2011) and denunciations (2018).
_KEPT_BY_LAW = frozenset({Kind.CRIME_REPORT, Kind.COMPLAINT, Kind.DENUNCIATION})

NOT_SATISFIED, SATISFIED, VERY_SATISFIED = 0, 1, 2


def may_be_added_to(submission: Submission) -> bool:
    """Whether its resident may still add something: until it is answered or over."""
    return submission.state not in _OVER and submission.erased_at is None


def may_be_withdrawn(submission: Submission) -> bool:
    """Whether its resident may take it back: until it is answered or over."""
    return may_be_added_to(submission) and submission.state is not State.ACKNOWLEDGED


def may_be_rated(submission: Submission) -> bool:
    """Whether its resident may still say what they think of the answer."""
    answered = submission.answered_at is not None and submission.state in _ANSWERED
    return answered and submission.rating is None


def may_be_reopened(submission: Submission, now: datetime, within: timedelta) -> bool:
    """Whether its resident may ask to look again: once, and `within` a time after the answer."""
    return (
        submission.answered_at is not None
        and submission.state in _ANSWERED
        and submission.reopened_at is None
        and now - submission.answered_at <= within
    )


def why_kept(submission: Submission) -> str | None:
    """Why it cannot be erased now on its resident's wish; None when it can."""
    if submission.state in _HANDLED:
        return "being_handled"
    return "by_law" if submission.kind in _KEPT_BY_LAW else None
