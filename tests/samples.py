"""Values that several tests share."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.feedback.limits import Limits
from bot.feedback.service import Policy
from bot.seal import Seal, new_key
from bot.settings import Deadlines

POLICY = Policy(
    working_days=Deadlines().working_days,
    zone=ZoneInfo("Asia/Ho_Chi_Minh"),
    days_off=frozenset(),
    officers_language="vi",
    seal=Seal([new_key()]),
    reopen_within=timedelta(days=15),
    limits=Limits(a_day=10, everybody_a_minute=600),
)
