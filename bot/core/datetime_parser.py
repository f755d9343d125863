"""Moments as people type them: `20/12/2026 14:00`, `14 giờ 30 ngày 20/12`, `2 giờ chiều 20/12`."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from bot.core.text_folding import fold_text

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# Of what is folded. Nothing like a date may be left of a date: 20/12/26 and 2026-12-20 are neither.
_DATE = re.compile(
    r"(?<![\d/.-])(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}))?(?![\d/-]|\.\d)"
    r"|ngay (\d{1,2}) thang (\d{1,2})(?: nam (\d{4}))?(?!\d)"
)
_TIME = re.compile(r"(?<!\d)(\d{1,2}) *(?:h|:|gio|g|(?=[ap]m)) *(\d{1,2})?(?!\d)")
_PART = re.compile(r"(?<![a-z])(am|pm|sang|trua|chieu|toi|dem)(?![a-z])")
# In which part of the day an hour up to 11 is one of the second twelve, from which on.
_SECOND = {"pm": 1, "chieu": 1, "toi": 1, "trua": 1, "dem": 7}
_FIRST = {"am", "sang", "dem", "toi"}  # twelve is not noon there


class InvalidMoment(ValueError):
    """No one date and one time can be read, or there is no such day or hour."""


class PastMoment(ValueError):
    """The moment is over."""


def parse_day(typed: str, now: datetime, zone: ZoneInfo) -> date:
    """The day that is meant, day first; without a year the next such day. Raises as the other."""
    return parse_moment(f"{_TIME.sub(' ', fold_text(typed))} 23:59", now, zone).date()


def parse_moment(typed: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that is meant, day first, in the city's time; without a year the next such day.

    Raises NotAMoment, or Past for what is over.
    """
    words = fold_text(typed)
    days = list(_DATE.finditer(words))
    # What is left of the date must not be read as a time.
    rest = _DATE.sub(" ", words)
    clocks = list(_TIME.finditer(rest))
    if len(days) != 1 or len(clocks) != 1:
        raise InvalidMoment(typed)
    day, month, year = (part or "" for part in _parts(days[0]))
    hour, minute = _hour(int(clocks[0][1]), rest), int(clocks[0][2] or 0)
    this_year = now.astimezone(zone).year
    found = None
    for each in [int(year)] if year else [this_year, this_year + 1]:
        try:
            found = datetime(each, int(month), int(day), hour, minute, tzinfo=zone)
        except ValueError:
            continue
        if found > now:
            return found
    if found is None:
        raise InvalidMoment(typed)
    raise PastMoment(typed)


def _parts(day: re.Match[str]) -> tuple[str | None, ...]:
    """Day, month and year, in whichever way they were written."""
    return day.groups()[:3] if day[1] else day.groups()[3:]


def _hour(hour: int, words: str) -> int:
    """The hour of the day, from one of a part of it; raises NotAMoment for twelve at night."""
    parts = {found[1] for found in _PART.finditer(words)}
    if hour == 12 and parts & _FIRST:
        raise InvalidMoment(words)
    noon = hour == 11 and "trua" in parts
    later = any(_SECOND[part] <= hour < 12 for part in parts & set(_SECOND))
    return hour + 12 if later and not noon else hour
