"""The shifts of a roster: parse what an operator typed."""

from __future__ import annotations

import re

_MINUTES = 24 * 60  # of a day
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHIFT = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


class BadShift(ValueError):
    """Raised for a text that is not a shift. The message shows how a shift is written."""


def parse_shifts(typed: str) -> list[list[int]]:
    """Return the shifts of a text such as `mon-fri 07:30-17:00`, one for each day.

    A shift is [weekday, begin, end]: Monday is 0, the times are minutes of the day. A shift that
    ends before it begins goes on into the next day. Raises BadShift.
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
