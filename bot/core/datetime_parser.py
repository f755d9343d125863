"""Dates and times as people type them: `20/12/2026 14:00`, `2 giờ rưỡi chiều thứ Bảy 12/12`.

The parser never guesses. It recognises every part of the text: date, time, part of the day,
weekday, time zone. It refuses a text that has a part it does not know, or parts that contradict
each other: a forum announced for a wrong day costs everybody an evening.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.text_folding import fold_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# All patterns match folded text: lower case, no diacritics.
_LUNAR = re.compile(
    r"\b(?:am lich|al|m[uo]ng \d+|ram|thang (?:gieng|chap)|tet|lunar)\b(?! *[:\d])"
    r"|\bm[uo]ng (?:\d+|mot|hai|ba|bon|tu|nam|sau|bay|tam|chin|muoi)\b"
)
# Folding makes "âm" (of the moon) and the English "am" the same word.
_LUNAR_MARKED = re.compile(r"\bâ[ml]\b")
_LUNAR_BEHIND_DATE = re.compile(r"(?:\bthang \d{1,2}|\d{1,2}/\d{1,2}) am\b")
_OWN_ZONE = re.compile(
    r"\((?:gio )?(?:viet nam|vn|ict)\)|\bgio (?:viet nam|vn|ha noi|hai phong)\b|\bict\b"
    r"|\b(?:gmt|utc) *\+ *0?7(?::?00)?\b|(?<!\d)\+0?7:?00\b"
)
_OTHER_ZONE = re.compile(
    r"\b(?:gmt|utc|est|edt|pst|pdt|cet|cest|jst|kst|bst|msk)\b|(?<=\d)z\b|[+-]\d\d:\d\d\b"
    r"|\bgio (?:nhat|han|my|uc|phap|duc|anh|nga|trung|dai loan|singapore|quoc te)\b"
)
_WEEKDAY = re.compile(
    r"\b(?:thu (?P<word>hai|ba|tu|nam(?! \d{4})|sau|bay)|(?:thu |t)(?P<number>[2-7])"
    r"|(?P<sunday>chu nhat|cn)"
    r"|(?P<english>(?:mon|tues|wednes|thurs|fri|satur|sun)day))\b"
)
_WEEKDAY_WORDS = ("hai", "ba", "tu", "nam", "sau", "bay")
_ENGLISH_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# 20/12, 20-12-2026, 20.12.2026, "20 thang 12", "20 december"; the year may follow as "nam 2026".
_DATE = re.compile(
    r"(?<![\d/.-])(?P<day>\d{1,2})"
    r"(?:(?P<mark>[/.-])(?P<month>\d{1,2})(?:(?P=mark)(?P<year>\d{4}))?(?![\d/-]|\.\d)"
    r"| (?:of )?(?:thang (?P<word_month>\d{1,2})|(?P<english>" + "|".join(_MONTHS) + r")[a-z]*)"
    r"(?:,? (?P<word_year>\d{4}))?(?!\d))"
)
# Days after today, and the weeks after this one, which begin on Monday.
_RELATIVE_DAY = re.compile(
    r"\b(?P<today>hom nay|today)\b|\b(?P<tomorrow>(?:ngay )?mai|tomorrow)\b|\b(?P<after>ngay kia)\b"
    r"|(?:(?<=\bsang )|(?<=\btrua )|(?<=\bchieu )|(?<=\btoi ))(?P<part>nay)\b"
)
_RELATIVE_WEEK = re.compile(r"\btuan (?P<week>nay|sau|toi)\b|\b(?P<english>this|next) week\b")
_YEAR = re.compile(r"\bnam (\d{4})\b")
_TIME = re.compile(
    r"""(?<!\d)(?P<hour>\d{1,2})
    (?: :(?P<clock>\d{1,2})(?!\d)
      | \ *(?:gio|h|g)(?![a-z])\ *[:.]?
        (?:\ *(?P<before>kem))?
        (?:\ *(?P<minute>\d{1,2}|ruoi)(?!\d)(?:\ *(?:phut|p(?![a-z])|'))?)?
      | (?=\ *(?:am|pm)\b)
    )""",
    re.VERBOSE,
)
_DAY_PART = re.compile(r"\b(am|pm|sang|trua|chieu|toi|dem)\b")
# The hours (0 to 23) that each part of the day may mean, and from which hour on 12 are added.
_DAY_PARTS: dict[str, tuple[range, int]] = {
    "am": (range(12), 12),
    "sang": (range(12), 12),
    "trua": (range(10, 14), 1),
    "chieu": (range(12, 24), 1),
    "toi": (range(17, 24), 1),
    "pm": (range(12, 24), 1),
    "dem": (range(24), 7),
}
_FILLER_WORDS = re.compile(
    r"\b(?:luc|vao|ngay|gio|buoi|hoi|dung|la|duong lich|nhe|nha|a|on|at|the|o'clock)\b"
    r"|[,;()-]|\.(?!\d)"
)


class InvalidMoment(ValueError):
    """The text is not one date and one time. `reason` says why.

    "unreadable": a part is missing, unknown or impossible. "lunar": a date of the lunar calendar.
    "zone": the time of another country. "weekday": the weekday is not the one of the date, which
    is then `day`.
    """

    def __init__(self, typed: str, reason: str = "unreadable", day: date | None = None) -> None:
        super().__init__(typed)
        self.reason = reason
        self.day = day


class PastMoment(ValueError):
    """The text names a date or a moment in the past."""


def parse_day(typed: str, now: datetime, zone: ZoneInfo) -> date:
    """Return the date that a text names, day before month; without a year the next such date.

    The text may also name a time, which is ignored. Raises InvalidMoment, and PastMoment for a date
    before today.
    """
    text = _Text(typed)
    _refuse_other_calendars(text)
    weekday = _parse_weekday(text)
    day = _parse_relative_date(text, weekday, now.astimezone(zone)) or _parse_date(text)
    if text.contains(_TIME):
        _parse_time(text)
    text.require_end()
    return _choose_year(text, day, weekday, now, lambda chosen: _end_of_day(chosen, zone)).date()


def parse_moment(typed: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment that a text names, in the city's zone; without a year the next such date.

    The text has the day before the month. Raises InvalidMoment, and PastMoment for a moment that is
    not after `now`.
    """
    text = _Text(typed)
    _refuse_other_calendars(text)
    weekday = _parse_weekday(text)
    day = _parse_relative_date(text, weekday, now.astimezone(zone)) or _parse_date(text)
    hour, minute = _parse_time(text)
    text.require_end()

    def place(chosen: date) -> datetime:
        start = datetime(chosen.year, chosen.month, chosen.day, tzinfo=zone)
        return start.replace(hour=hour, minute=minute)

    return _choose_year(text, day, weekday, now, place)


class _Text:
    """A folded text whose parts are removed as they are recognised."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        self._left = " ".join(fold_text(typed).split())

    def remove_all(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        """Remove every match of a pattern; return them in order."""
        matches = list(pattern.finditer(self._left))
        self._left = pattern.sub(" ", self._left)
        return matches

    def contains(self, pattern: re.Pattern[str]) -> bool:
        """Return True if a pattern matches what is left."""
        return pattern.search(self._left) is not None

    def remove_one(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Remove the only match of a pattern. Raises InvalidMoment for none or several."""
        matches = self.remove_all(pattern)
        if len(matches) != 1:
            raise InvalidMoment(self.typed)
        return matches[0]

    def require_end(self) -> None:
        """Raise InvalidMoment if something is left that was not recognised."""
        if _FILLER_WORDS.sub(" ", self._left).strip(" :/"):
            raise InvalidMoment(self.typed)


def _refuse_other_calendars(text: _Text) -> None:
    marked = _LUNAR_MARKED.search(unicodedata.normalize("NFC", text.typed).casefold())
    if marked or text.contains(_LUNAR_BEHIND_DATE) or text.remove_all(_LUNAR):
        raise InvalidMoment(text.typed, "lunar")
    text.remove_all(_OWN_ZONE)
    if text.remove_all(_OTHER_ZONE):
        raise InvalidMoment(text.typed, "zone")


def _parse_weekday(text: _Text) -> int | None:
    """Return the weekday that the text names, Monday 0; None without one."""
    matches = text.remove_all(_WEEKDAY)
    if not matches:
        return None
    if len(matches) > 1:
        raise InvalidMoment(text.typed)
    match = matches[0]
    if match["word"]:
        return _WEEKDAY_WORDS.index(match["word"])
    if match["number"]:
        return int(match["number"]) - 2
    return _ENGLISH_WEEKDAYS.index(match["english"]) if match["english"] else 6


def _parse_relative_date(
    text: _Text, weekday: int | None, today: date
) -> tuple[int, int, int] | None:
    """Return the date of "ngày mai" or "thứ Bảy tuần sau"; None if the text names none so.

    A weekday without a week is no date: people mean different ones.
    """
    if text.contains(_DATE):
        return None
    days, weeks = text.remove_all(_RELATIVE_DAY), text.remove_all(_RELATIVE_WEEK)
    if len(days) + len(weeks) != 1 or (weeks and weekday is None):
        return None
    if days:
        after = 1 if days[0]["tomorrow"] else 2 if days[0]["after"] else 0
    else:
        is_next = weeks[0]["week"] in {"sau", "toi"} or weeks[0]["english"] == "next"
        after = (weekday or 0) - today.weekday() + 7 * is_next
    chosen = today + timedelta(days=after)
    return chosen.year, chosen.month, chosen.day


def _parse_date(text: _Text) -> tuple[int | None, int, int]:
    """Return year (None if the text names none), month and day."""
    match = text.remove_one(_DATE)
    years = {int(year) for year in (match["year"], match["word_year"]) if year}
    years |= {int(found[1]) for found in text.remove_all(_YEAR)}
    if len(years) > 1:
        raise InvalidMoment(text.typed)
    named = match["english"]
    month = _MONTHS.index(named) + 1 if named else int(match["month"] or match["word_month"])
    return next(iter(years), None), month, int(match["day"])


def _parse_time(text: _Text) -> tuple[int, int]:
    """Return hour and minute of the time, read with the part of the day that the text names."""
    match = text.remove_one(_TIME)
    hour = int(match["hour"])
    typed_minute = match["minute"] or match["clock"] or "0"
    minute = 30 if typed_minute == "ruoi" else int(typed_minute)
    if minute > 59 or hour > 23 or (match["before"] and not match["minute"]):
        raise InvalidMoment(text.typed)
    parts = {found[1] for found in text.remove_all(_DAY_PART)}
    if len(parts) > 1:
        raise InvalidMoment(text.typed)
    for part in parts:
        hour = _apply_day_part(text, hour, part)
    if not match["before"]:
        return hour, minute
    before = timedelta(hours=hour) - timedelta(minutes=minute)
    if before < timedelta():
        raise InvalidMoment(text.typed)
    return before.seconds // 3600, before.seconds % 3600 // 60


def _apply_day_part(text: _Text, hour: int, part: str) -> int:
    """Return the hour of the day that is meant by, for example, "2 giờ chiều" (14).

    Raises InvalidMoment if the part of the day contradicts the hour, and for twelve at night, which
    may be the beginning or the end of a day.
    """
    hours, afternoon_from = _DAY_PARTS[part]
    if hour == 12 and part not in {"trua", "chieu", "pm"}:
        raise InvalidMoment(text.typed)
    is_noon = part == "trua" and hour in hours
    if afternoon_from <= hour < 12 and not is_noon:
        hour += 12
    if hour not in hours:
        raise InvalidMoment(text.typed)
    return hour


def _choose_year(
    text: _Text,
    day: tuple[int | None, int, int],
    weekday: int | None,
    now: datetime,
    place: Callable[[date], datetime],
) -> datetime:
    """Return the moment in the year that the text names, else in this year or the next.

    Raises InvalidMoment for a date that does not exist, or that is another weekday than the named
    one, and PastMoment if the moment is not after `now`.
    """
    year, month, day_of_month = day
    this_year = place(date(2000, 1, 1)).tzinfo
    first = now.astimezone(this_year).year
    exists = False
    for each in [year] if year else [first, first + 1]:
        try:
            chosen = date(each, month, day_of_month)
        except ValueError:
            continue
        exists = True
        moment = place(chosen)
        if moment > now:
            if weekday is not None and chosen.weekday() != weekday:
                raise InvalidMoment(text.typed, "weekday", chosen)
            return moment
    if exists:
        raise PastMoment(text.typed)
    raise InvalidMoment(text.typed)


def _end_of_day(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, tzinfo=zone)
