"""The policy of tests without a town, and a marker for tests that need one database only."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.business_calendar import BusinessCalendar
from bot.core.policy import Policy, SubmissionLimits
from bot.privacy.encryption import make_key
from bot.privacy.pseudonyms import Pseudonyms
from bot.runtime.settings import DeadlineSettings

# For a test of what no database decides: it is not played a second time on the other kind.
once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

POLICY = Policy(
    working_days=DeadlineSettings().working_days,
    calendar=BusinessCalendar(ZoneInfo("Asia/Ho_Chi_Minh")),
    default_language="vi",
    pseudonyms=Pseudonyms([make_key()]),
    reopen_within=timedelta(days=15),
    acknowledge_within=timedelta(hours=8),
    urgent_within=timedelta(minutes=30),
    limits=SubmissionLimits(a_day=10, everybody_a_minute=600),
    announcements_a_day=1000,
)
