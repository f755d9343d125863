"""Rules about officers' work: shifts, similar cases, templates, invites, files. Pure functions."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.casework import submission_rules
from storage.models import EvidenceState, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.models import Attachment, Submission

INVITE_LIFETIME = timedelta(days=7)

_BLANK = re.compile(r"\[[^\]\n]+\]")
_MINUTES = 24 * 60
_MIN_LIKENESS = 55  # of 100: texts below it are about different things


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHIFT = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


class BadShift(ValueError):
    """The text is not a shift. The message shows how a shift is written."""


def parse_shifts(typed: str) -> list[list[int]]:
    """Return the shifts of a text such as `mon-fri 07:30-17:00`, one for each day.

    A shift is a day of the week (Monday is 0) and the minutes of the day at which it begins and
    ends. A shift that ends before it begins runs into the next day. Raises BadShift.
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
    """Return True if the city may send a case to a unit: the law and its topics allow it.

    What concerns officers of one unit is not sent to another unit either.
    """
    return not submission_rules.stays_with_city(case.kind, [Topic(topic) for topic in case.topics])


def compute_likeness(one: str, other: str) -> float:
    """Return how similar two folded texts are, from 0 to 100; the order of words does not count."""
    from rapidfuzz import fuzz

    return float(fuzz.token_set_ratio(one, other))


def rank_similar(
    case: Submission, others: Sequence[Submission], most: int = 5
) -> list[tuple[Submission, float]]:
    """Return the similar ones among other cases with their likeness, the most similar first."""
    rated = [(each, compute_likeness(case.folded, each.folded)) for each in others]
    alike = [pair for pair in rated if pair[1] >= _MIN_LIKENESS]
    return sorted(alike, key=lambda pair: -pair[1])[:most]


def fill_template(template: str, **fields: str) -> str:
    """Return a template with its fields, such as {ma}, filled in; unknown fields stay."""
    for name, value in fields.items():
        template = template.replace(f"{{{name}}}", value)
    return template


def has_blanks(text: str) -> bool:
    """Return True if a text has a blank that is filled in by hand, such as [thời gian]."""
    return _BLANK.search(text) is not None


def hash_token(token: str) -> str:
    """Return the hash of an invite's token, which is stored. A long random token needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


# Telegram re-encodes these when they are sent, so they hold no metadata about their author.
_REENCODED = frozenset({"photo", "voice", "video_note"})


def may_be_shown(submission: Submission, file: Attachment) -> bool:
    """Return True if officers may be shown a file: there is a clean copy, or none is needed.

    The file itself is shown if the copy cannot be made, unless the resident is confidential.
    """
    if file.state in {EvidenceState.STORED, EvidenceState.PLACE}:
        return True
    if file.state is EvidenceState.REFUSED:
        return False
    return file.type in _REENCODED or not submission.confidential
