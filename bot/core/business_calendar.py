"""Which days are worked, and when so many of them are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SATURDAY = 5
_END = time(17, 0)  # of a working day, in the city's time


@lru_cache(maxsize=16)
def list_public_holidays(year: int) -> frozenset[date]:
    """Vietnam's public holidays of a year."""
    import holidays

    return frozenset(holidays.country_holidays("VN", years=year))


@dataclass(frozen=True)
class BusinessCalendar:
    """The working days of the city: Monday to Friday but for holidays, as the operator amends it.

    `off` are further days that are not worked; `worked` are days that are worked all the same, as a
    Saturday that makes up for a bridge day.
    """

    zone: ZoneInfo
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_worked(self, day: date) -> bool:
        """Whether a day is a working day."""
        if day in self.worked:
            return True
        return (
            day.weekday() < _SATURDAY
            and day not in self.off
            and day not in list_public_holidays(day.year)
        )

    def day_of(self, moment: datetime) -> date:
        """The day that a moment falls on in the city."""
        return moment.astimezone(self.zone).date()

    def after(self, moment: datetime, days: int) -> datetime:
        """The end of the last of so many working days after the day of a moment.

        That day itself does not count (Civil Code 2015, art. 147).
        """
        day = self.day_of(moment)
        left = days
        while left:
            day += timedelta(days=1)
            left -= self.is_worked(day)
        return self.end_of(day)

    def end_of(self, day: date) -> datetime:
        """When the work of a day ends."""
        return datetime.combine(day, _END, tzinfo=self.zone)

    def at_work(self, moment: datetime) -> datetime:
        """The same moment or, on a day that is not worked, the end of the next that is."""
        return moment if self.is_worked(self.day_of(moment)) else self.after(moment, 1)

    def between(self, earlier: datetime, later: datetime) -> int:
        """How many working days came after the day of `earlier` up to that of `later`."""
        day, last = self.day_of(earlier), self.day_of(later)
        count = 0
        while day < last:
            day += timedelta(days=1)
            count += self.is_worked(day)
        return count
