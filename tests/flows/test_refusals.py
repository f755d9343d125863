"""A conversation whose end is refused changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from bot.conversation.bindings import FlowBinding
from bot.conversation.flow import Flow, Step
from bot.conversation.inputs import text_input
from bot.conversation.reply import Reply
from bot.conversation.service import ConversationService
from bot.core.requests import Chat, Refused
from bot.core.screen import Words
from storage import audit, conversations
from storage.models import Audit
from storage.statements import table
from tests.policy import POLICY
from tests.town.settings import START

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.unit_of_work import UnitOfWork
    from storage.database import Database

WORDS = Words("case.too_late", {"code": "HP-AAAA-BBBB"})
NOTE = Flow("note", (Step("text", text_input("note.text", limit=100)),))


async def write_then_refuse(work: UnitOfWork, _chat: Chat, _answers: Mapping[str, Any]) -> None:
    """Write an audit entry and refuse: somebody else was first."""
    await audit.append_entry(work.connection, "test", work.now, role=audit.SYSTEM)
    raise Refused(WORDS)


async def test_what_a_refused_turn_wrote_is_rolled_back(database: Database) -> None:
    """The person reads why, the draft is closed, and nothing else is stored."""
    service = ConversationService(
        database,
        (FlowBinding(NOTE, finish=write_then_refuse, title="case.do.note"),),
        policy=POLICY,
        to_text=lambda words, _language: str(words),
        draft_lifetime=timedelta(hours=24),
        max_per_minute=1000,
    )
    await service.start_flow(1, 7, "note", START)
    shown = await service.handle_reply(2, 7, Reply(text="words", message_id=5), START)
    assert shown is not None
    assert shown.screen.paragraphs == (WORDS,)
    async with database.reading() as connection:
        entries = await connection.execute(select(func.count()).select_from(table(Audit)))
        row = await conversations.find_conversation(connection, POLICY.pseudonyms, 7)
    assert entries.scalar_one() == 0
    assert row is not None
    assert row.flow is None
    assert row.updates == [1, 2]
