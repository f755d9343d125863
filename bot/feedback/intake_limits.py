"""How much one person, and everybody together, may give; never what they may say."""

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


async def check_limits(work: UnitOfWork, aliases: Sequence[int], limits: SubmissionLimits) -> None:
    """Raise Refused for who is banned, for who gave enough for today, and when all give too much.

    It is asked before the first question: who is in the middle of an opinion may finish it.
    """
    known = await bans.read_intake_status(
        work.connection, aliases, now=work.now, number=limits.a_day, since=work.now - _MINUTE
    )
    if known.banned_until is not None:
        reason = known.reason or ""
        raise Refused(Words("abuse.banned", {"until": known.banned_until, "reason": reason}))
    if known.nth_newest is not None and work.now - known.nth_newest < _DAY:
        again = known.nth_newest + _DAY
        raise Refused(Words("abuse.enough_today", {"until": again, "opinions": limits.a_day}))
    if known.lately >= limits.everybody_a_minute:
        raise Refused(Words("abuse.busy"))
