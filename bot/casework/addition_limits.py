"""Limits of what residents add to their submissions: a number a day, and bans."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.casework.submission_rules import is_always_taken
from bot.conversation.consent import load_consent
from bot.core.requests import Refused
from bot.core.screen import Words
from storage import bans, correspondence
from storage.models import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.requests import Chat
    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Submission

_DAY = timedelta(hours=24)


async def begin_follow_up(work: UnitOfWork, chat: Chat) -> Mapping[str, Any]:
    """Return the facts of a conversation about an own submission. Raises Refused."""
    await check_number(work, chat)
    return await load_consent(work, chat)


async def check_number(work: UnitOfWork, chat: Chat) -> None:
    """Raise Refused if a person has added as much in 24 hours as the policy allows."""
    most = work.policy.limits.additions_a_day
    since = work.now - _DAY
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat.id)
    added = await correspondence.count_own_remarks(work.connection, pseudonyms, since)
    if added >= most:
        raise Refused(Words("abuse.enough_added", {"additions": most}))


async def check_ban(work: UnitOfWork, chat: Chat, case: Submission) -> None:
    """Raise Refused if a ban of the unit, or of all units, refuses what is added to a submission.

    It never refuses what must be taken, nor the answer to an officer's question.
    """
    is_taken = is_always_taken(case.kind, case.topics, case.identity, urgent=case.urgent)
    if is_taken or case.state is State.AWAITING_RESIDENT:
        return
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat.id)
    for ban in await bans.list_bans_in_force(work.connection, pseudonyms, work.now):
        if ban.unit_code in (None, case.handled_by):
            raise Refused(Words("mine.banned", {"code": case.code, "until": ban.until}))
