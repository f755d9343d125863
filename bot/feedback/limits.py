"""How much one person, and everybody together, may give; never what they may say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.conversation.flow import Refused
from bot.screen import Words
from storage import bans, submissions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """Opinions of one person in 24 hours, and of everybody in a minute."""

    a_day: int
    everybody_a_minute: int


async def check(
    connection: AsyncConnection, aliases: Sequence[int], now: datetime, limits: Limits
) -> None:
    """Raise Refused for who is banned, for who gave enough for today, and when all give too much.

    It is asked before the first question: who is in the middle of an opinion may finish it.
    """
    ban = await bans.find(connection, aliases, now)
    if ban is not None:
        raise Refused(Words("abuse.banned", {"until": ban.until, "reason": ban.reason}))
    oldest = await submissions.nth_newest(connection, aliases, limits.a_day)
    if oldest is not None and now - oldest < _DAY:
        until = oldest + _DAY
        raise Refused(Words("abuse.enough_today", {"until": until, "opinions": limits.a_day}))
    recent = await submissions.given_since(connection, now - _MINUTE)
    if recent >= limits.everybody_a_minute:
        raise Refused(Words("abuse.busy"))
