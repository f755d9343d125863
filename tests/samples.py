"""Values that several tests share."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.policy import Limits, Policy
from bot.seal import Seal, new_key
from bot.settings import Deadlines
from bot.workdays import Workdays

# For a test of what no database decides: it is not played a second time on the other kind.
once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

POLICY = Policy(
    working_days=Deadlines().working_days,
    workdays=Workdays(ZoneInfo("Asia/Ho_Chi_Minh")),
    officers_language="vi",
    seal=Seal([new_key()]),
    reopen_within=timedelta(days=15),
    acknowledge_within=timedelta(hours=8),
    urgent_within=timedelta(minutes=30),
    limits=Limits(a_day=10, everybody_a_minute=600),
)
