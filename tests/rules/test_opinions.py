"""Rules about submissions: the unit that handles them, due dates, and receipt codes."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.areas.units import CITY
from bot.casework import submission_rules
from bot.core.business_calendar import BusinessCalendar, list_public_holidays
from bot.feedback import rules
from storage.models import Identity, Kind, Topic

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WARD = "11407"


def compute_due_day(received: datetime, days: int, *, off: frozenset[date] = frozenset()) -> date:
    """Return the day of the deadline, with the public holidays."""
    return BusinessCalendar(ZONE, off=off).add_working_days(received, days).date()


@pytest.mark.parametrize(
    ("received", "days", "expected"),
    [
        # 24 November is a public holiday from 2026 on.
        (datetime(2026, 11, 23, 3, tzinfo=UTC), 1, date(2026, 11, 25)),
        (datetime(2026, 11, 23, 3, tzinfo=UTC), 10, date(2026, 12, 8)),
        # A Friday: the weekend does not count.
        (datetime(2026, 11, 27, 3, tzinfo=UTC), 1, date(2026, 11, 30)),
        # Late on Thursday in London is Friday in the city.
        (datetime(2026, 11, 26, 18, tzinfo=UTC), 1, date(2026, 11, 30)),
        # Over Tết of 2027, 4 to 10 February.
        (datetime(2027, 2, 3, 3, tzinfo=UTC), 1, date(2027, 2, 11)),
        # Over the end of a year.
        (datetime(2026, 12, 31, 3, tzinfo=UTC), 1, date(2027, 1, 4)),
    ],
)
def test_only_working_days_of_the_city_count(received: datetime, days: int, expected: date) -> None:
    """The day of receipt, weekends and public holidays do not count."""
    assert compute_due_day(received, days) == expected


def test_the_operators_days_off_count_as_holidays() -> None:
    """A day off in the settings moves the deadline."""
    received = datetime(2026, 12, 1, 3, tzinfo=UTC)
    assert compute_due_day(received, 1) == date(2026, 12, 2)
    assert compute_due_day(received, 1, off=frozenset({date(2026, 12, 2)})) == date(2026, 12, 3)


def test_a_substitute_working_day_counts() -> None:
    """The operator names it. It may be a weekend or a holiday."""
    friday = datetime(2026, 11, 27, 3, tzinfo=UTC)
    saturday = date(2026, 11, 28)
    days = BusinessCalendar(ZONE, worked=frozenset({saturday}))
    assert days.add_working_days(friday, 1).date() == saturday
    assert days.get_next_working_moment(friday + timedelta(days=1)) == friday + timedelta(days=1)
    assert days.count_working_days(friday, friday + timedelta(days=4)) == 3


@given(
    received=st.datetimes(datetime(2026, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is given beside
    days=st.integers(1, 60),
)
def test_a_deadline_is_a_working_day_and_later_with_more_days(
    received: datetime, days: int
) -> None:
    """It never falls on a day off, and one more working day is at least one day more."""
    first, second = compute_due_day(received, days), compute_due_day(received, days + 1)
    assert first.weekday() < 5
    assert first not in list_public_holidays(first.year)
    assert second >= first + timedelta(days=1)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.PRAISE])
@pytest.mark.parametrize(
    "topic", [Topic.OFFICER_ATTITUDE, Topic.CRIME_REPORT_HANDLING, Topic.STAFFING]
)
def test_an_opinion_about_the_units_officers_goes_to_the_city(kind: Kind, topic: Topic) -> None:
    """Also if it has other topics."""
    assert submission_rules.get_handling_unit(kind, [Topic.THEFT, topic], WARD) == CITY


def test_praise_of_officers_stays_with_their_unit() -> None:
    """Praise is the only kind about officers that their unit handles."""
    assert submission_rules.get_handling_unit(Kind.PRAISE, [Topic.OFFICER_ATTITUDE], WARD) == WARD


@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.DENUNCIATION])
def test_complaints_and_denunciations_go_to_the_city(kind: Kind) -> None:
    """They may be about the unit itself."""
    assert submission_rules.get_handling_unit(kind, [Topic.THEFT], WARD) == CITY


def test_alerts_without_officers_on_duty_go_to_the_city() -> None:
    """The city's officers are alerted instead of the unit's. The city has no substitute."""
    assert submission_rules.list_units_to_alert(WARD) == (WARD, CITY)
    assert submission_rules.list_units_to_alert(CITY) == (CITY,)


def test_a_denunciation_is_never_named() -> None:
    """Also if an earlier answer of the draft chose a name."""
    answers = {"kind": "denunciation", "identity": "phone", "phone": "0912345678"}
    assert rules.get_identity(answers) is Identity.UNNAMED
    assert not rules.wants_phone_contact(answers)
    assert submission_rules.is_confidential(Kind.DENUNCIATION, Identity.CHANNEL)


def test_a_receipt_code_is_recognised_in_any_spelling() -> None:
    """With or without dashes, HP, capitals and spaces."""
    code = submission_rules.make_receipt_code(secrets.choice)
    letters = code.removeprefix("HP-").replace("-", "")
    for typed in (code, code.lower(), letters, f" hp {letters[:4]} {letters[4:].lower()} "):
        assert submission_rules.parse_code(typed) == code


def test_a_code_may_begin_with_the_letters_of_the_prefix() -> None:
    """The letters after the prefix HP may be HP too."""
    assert submission_rules.parse_code("HP-HPAB-2345") == "HP-HPAB-2345"
    assert submission_rules.parse_code("HPAB-2345") == "HP-HPAB-2345"
