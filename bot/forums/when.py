"""Moments as people type them: `20/12/2026 14:00`, `14 giờ 30 ngày 20/12`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DATE = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}))?(?!\d)")
_TIME = re.compile(r"(?<!\d)(\d{1,2})\s*(?:h|:|giờ|gio|g)\s*(\d{2})?(?!\d)", re.IGNORECASE)


class NotAMoment(ValueError):
    """No date and time can be read, or there is no such day or hour."""


class Past(ValueError):
    """The moment is over."""


def read_moment(typed: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that is meant, day first, in the city's time; without a year the next such day.

    Raises NotAMoment, or Past for what is over.
    """
    day = _DATE.search(typed)
    # What is left of the date must not be read as a time, nor the other way round.
    rest = typed.replace(day.group(), " ", 1) if day else typed
    clock = _TIME.search(rest)
    if day is None or clock is None:
        raise NotAMoment(typed)
    local = now.astimezone(zone)
    years = [int(day[3])] if day[3] else [local.year, local.year + 1]
    found = None
    for year in years:
        try:
            found = datetime(
                year, int(day[2]), int(day[1]), int(clock[1]), int(clock[2] or 0), tzinfo=zone
            )
        except ValueError:
            continue
        if found > now:
            return found
    if found is None:
        raise NotAMoment(typed)
    raise Past(typed)
