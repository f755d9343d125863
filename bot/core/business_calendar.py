"""The working days of the city, and deadlines that are counted in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SATURDAY = 5
_END_OF_DAY = time(17, 0)  # in the city's time


@lru_cache(maxsize=16)
def list_public_holidays(year: int) -> frozenset[date]:
    """Return the public holidays of Vietnam in a year."""
    import holidays

    return frozenset(holidays.country_holidays("VN", years=year))


@dataclass(frozen=True)
class BusinessCalendar:
    """The working days of the city: Monday to Friday without public holidays.

    `off` are further days off. `worked` are days on which the city works although they are a
    weekend or a holiday. `zone` is the city's time zone.
    """

    zone: ZoneInfo
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Return True if a day is a working day."""
        if day in self.worked:
            return True
        return (
            day.weekday() < _SATURDAY
            and day not in self.off
            and day not in list_public_holidays(day.year)
        )

    def get_local_day(self, moment: datetime) -> date:
        """Return the date of a moment in the city's time zone."""
        return moment.astimezone(self.zone).date()

    def add_working_days(self, moment: datetime, days: int) -> datetime:
        """Return the moment at which work ends on the last of `days` working days.

        The day of the moment itself does not count (Civil Code 2015, art. 147).
        """
        day = self.get_local_day(moment)
        left = days
        while left:
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        return self.get_end_of_day(day)

    def get_end_of_day(self, day: date) -> datetime:
        """Return the moment at which work ends on a day: 17:00 in the city's time."""
        return datetime.combine(day, _END_OF_DAY, tzinfo=self.zone)

    def get_next_working_moment(self, moment: datetime) -> datetime:
        """Return the moment itself on a working day, else the end of the next working day."""
        if self.is_working_day(self.get_local_day(moment)):
            return moment
        return self.add_working_days(moment, 1)

    def count_working_days(self, earlier: datetime, later: datetime) -> int:
        """Return how many working days follow the day of `earlier`, up to the day of `later`."""
        day, last = self.get_local_day(earlier), self.get_local_day(later)
        count = 0
        while day < last:
            day += timedelta(days=1)
            count += self.is_working_day(day)
        return count
