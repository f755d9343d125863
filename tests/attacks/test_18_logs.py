"""Attack on the log: whoever reads it looks for the chat ids of residents and officers."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from unittest.mock import AsyncMock, Mock

import structlog
from sqlalchemy.exc import IntegrityError

from bot.channels.telegram.direct_replies import DirectReplies
from bot.channels.telegram.render import Renderer
from bot.conversation.service import ConversationService
from bot.simulator import state
from storage import conversations
from tests.policy import POLICY
from tests.transport.conftest import log
from tests.transport.rows import add_fault, enqueue, make_message

if TYPE_CHECKING:
    import io

    import pytest

    from storage.database import Database
    from tests.town.town import Town

__all__ = ["log"]


def list_numbers(written: str) -> list[str]:
    """Return the long numbers of a log, without the times of its lines."""
    shown = re.sub(r"(timestamp|update_id|port|attachment)=\S+", "", written)
    return re.findall(r"\d{5,}", shown)


async def test_no_chat_id_is_logged_in_trouble(
    town: Town, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram refuses, groups move, drawing breaks, the database fails, a handler breaks."""
    monkeypatch.setattr(state, "_FIRST_USER_ID", 7_123_456_789)
    ann = town.resident("Ann")
    linh = await town.officer("Linh", unit="10813")
    await ann.begins()
    for kind in ("html", "5xx", "429", "403", "error", "drop"):
        add_fault(town, kind, count=2)
        await enqueue(town, make_message(f"draft:{ann.id}:{kind}", ann.id, town.now))
        await ann.says("/settings")
        await linh.says("/cases")
        town.simulator.gateway.faults.clear()
    for owner, name in (
        (ConversationService, "handle_reply"),
        (Renderer, "render"),
        (DirectReplies, "_show_screen"),
    ):
        with monkeypatch.context() as patched:
            error = RuntimeError(f"it broke for chat {ann.id}")
            mock = Mock if owner is Renderer else AsyncMock
            patched.setattr(owner, name, mock(side_effect=error))
            await ann.says("Bí mật")
            await enqueue(town, make_message(f"draft:{ann.id}:{name}", ann.id, town.now))
    assert "it broke" in log.getvalue()
    assert "not sent" in log.getvalue()
    assert list_numbers(log.getvalue()) == []


async def test_a_violated_key_is_logged_without_its_value(
    database: Database, log: io.StringIO
) -> None:
    """PostgreSQL writes the values of the key into the error."""
    async with database.transaction() as connection:
        await conversations.lock_or_create_conversation(
            connection, POLICY.pseudonyms, 7_123_456_789, "vi"
        )
    try:
        async with database.transaction() as connection:
            for _ in range(2):
                await connection.exec_driver_sql(
                    "INSERT INTO conversation SELECT * FROM conversation"
                )
    except IntegrityError:
        structlog.get_logger().exception("it broke", chat_id=7_123_456_789)
    assert "it broke" in log.getvalue()
    assert list_numbers(log.getvalue()) == []


async def test_a_chat_id_is_masked_in_every_form(log: io.StringIO) -> None:
    """As a number, in a text, in a container, in an error, in a message of a library."""
    logger, library = structlog.get_logger(), logging.getLogger("some.library")
    logger.warning("chat 7123456789", chat_id=7123456789, group=-1002123456789, ids=[7123456789])
    library.warning("chat %s of %r", 7123456789, {"id": 7123456789})
    try:
        raise ValueError("New chat id: -1002123456789")  # noqa: TRY301
    except ValueError:
        logger.exception("it broke", dedup_key="draft:7123456789")
        library.exception("it broke")
    logger.error("an update failed", update_id=123456789)
    assert list_numbers(log.getvalue()) == []
    assert log.getvalue().count("<number>") >= 9
    assert "update_id=123456789" in log.getvalue()
