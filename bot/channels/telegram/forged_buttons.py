"""Buttons of questions that nobody can have been shown: they are written into the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core import refusals
from bot.core.unit_of_work import begin_work
from storage import officers

if TYPE_CHECKING:
    from datetime import datetime

    from bot.conversation.reply import Reply
    from bot.conversation.service import ConversationService
    from bot.conversation.turns import TurnScreen
    from bot.core.policy import Policy
    from storage.database import Database


async def record_forgery(
    conversations: ConversationService,
    database: Database,
    policy: Policy,
    chat_id: int,
    now: datetime,
    *,
    pressed: tuple[str, Reply] | None,
    turn: TurnScreen | None,
) -> None:
    """Write a pressed button into the audit log, or count it, if no question can have shown it.

    `pressed` are the flow and the reply that its data stand for; None if they mean nothing. `turn`
    is what the press led to. Forged is a question or an answer that does not exist, and a question
    of officers for somebody who is none. A button of an old question is not forged.
    """
    name = "?"
    if pressed is not None:
        flow, reply = pressed
        name = f"{flow}.{reply.step}"
        is_unknown = turn is not None and turn.is_unknown_choice
        if not is_unknown and conversations.has_step(flow, reply.step or ""):
            if not conversations.is_of_officers(flow):
                return
            async with database.reading() as connection:
                if await officers.find_officer(connection, chat_id) is not None:
                    return
    async with begin_work(database, now, policy) as work:
        await refusals.append_refusal(work, refusals.REFUSED, chat_id, {"verb": name})
