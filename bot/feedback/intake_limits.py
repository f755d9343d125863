"""Limits of the number of submissions: from one person, and from everybody together.

They never depend on the text of a submission.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from storage import bans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.policy import SubmissionLimits

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


async def check_limits(
    work: UnitOfWork, pseudonyms: Sequence[int], limits: SubmissionLimits
) -> None:
    """Raise Refused if a person may not begin a submission now.

    The reason is the person's limit of a day, or everybody's limit of a minute. Call it
    before the first question: a person who has begun may finish. `pseudonyms` are all pseudonyms of
    the person.
    """
    status = await bans.read_intake_status(
        work.connection, pseudonyms, nth=limits.a_day, since=work.now - _MINUTE
    )
    if status.nth_newest_at is not None and work.now - status.nth_newest_at < _DAY:
        again = status.nth_newest_at + _DAY
        raise Refused(Words("abuse.enough_today", {"until": again, "opinions": limits.a_day}))
    if status.recent_count >= limits.everybody_a_minute:
        raise Refused(Words("abuse.busy"))
