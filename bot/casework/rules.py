"""What is decided about officers and their cases: pure functions."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from bot.casework import submission_rules
from storage.models import EvidenceState, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.models import Attachment, Submission

INVITE_LIFETIME = timedelta(days=7)

_BLANK = re.compile(r"\[[^\]\n]+\]")
_MINUTES = 24 * 60
_ALIKE = 55  # of 100: below it two texts are about different things


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHIFT = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


class BadShift(ValueError):
    """Something is no shift; the message says how one is written."""


def parse_shifts(typed: str) -> list[list[int]]:
    """Shifts such as `mon-fri 07:30-17:00`: a day of the week (Monday is 0) and two minutes of it.

    One that ends before it begins runs into the next day. Raises BadShift.
    """
    found = _SHIFT.fullmatch(typed.strip().lower())
    if found is None or any(day and day not in _DAYS for day in found.groups()[:2]):
        raise BadShift(f"{typed!r} is no shift: write it as 'mon-fri 07:30-17:00'")
    first, last = found[1], found[2] or found[1]
    begins, ends = (int(found[h]) * 60 + int(found[m]) for h, m in ((3, 4), (5, 6)))
    if begins >= _MINUTES or ends > _MINUTES or int(found[4]) > 59 or int(found[6]) > 59:
        raise BadShift(f"{typed!r}: a day has 24 hours")
    at, count = _DAYS.index(first), (_DAYS.index(last) - _DAYS.index(first)) % 7 + 1
    return [[(at + each) % 7, begins, ends] for each in range(count)]


def may_leave_the_city(case: Submission) -> bool:
    """Whether the city may send a case down to a unit: not what the law or its topic keeps there.

    To no unit at all, so that none hears of another's officers either.
    """
    return not submission_rules.stays_with_city(case.kind, [Topic(topic) for topic in case.topics])


def compute_likeness(one: str, other: str) -> float:
    """How alike two folded texts are, from 0 to 100, whatever the order of their words."""
    return float(fuzz.token_set_ratio(one, other))


def rank_similar(
    case: Submission, others: Sequence[Submission], most: int = 5
) -> list[tuple[Submission, float]]:
    """Of other cases those that seem to be about the same, the most alike first."""
    rated = [(each, compute_likeness(case.folded, each.folded)) for each in others]
    alike = [pair for pair in rated if pair[1] >= _ALIKE]
    return sorted(alike, key=lambda pair: -pair[1])[:most]


def fill_template(template: str, **fields: str) -> str:
    """A template with its fields, such as {ma}, filled in; unknown ones stay as they are."""
    for name, value in fields.items():
        template = template.replace(f"{{{name}}}", value)
    return template


def has_blanks(text: str) -> bool:
    """Whether a text still has something to be filled in by hand, such as [thời gian]."""
    return _BLANK.search(text) is not None


def hash_token(token: str) -> str:
    """What is kept of an invite's token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


# What Telegram itself makes anew when it is sent, so that it says nothing of its maker.
_MADE_ANEW = frozenset({"photo", "voice", "video_note"})


def may_be_shown(submission: Submission, file: Attachment) -> bool:
    """Whether an officer may be shown a file: its clean copy, or what needs none.

    Of a resident who gave a name the file itself may stand in for a copy that cannot be made.
    """
    if file.state in {EvidenceState.STORED, EvidenceState.PLACE}:
        return True
    if file.state is EvidenceState.REFUSED:
        return False
    return file.type in _MADE_ANEW or not submission.confidential
