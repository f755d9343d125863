"""Logs never contain the token or the texts of residents."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from unittest.mock import AsyncMock

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from bot.conversation.service import ConversationService
from storage import conversations
from storage.models import Conversation
from storage.statements import table
from tests.policy import POLICY, once
from tests.town.settings import TOKEN
from tests.transport.rows import add_fault, enqueue, make_message, meet

if TYPE_CHECKING:
    import io

    from storage.database import Database
    from tests.town.town import Town


@once
@pytest.mark.parametrize("kind", ["html", "5xx", "drop", "429", "403", "error"])
async def test_fault_29_no_trouble_with_telegram_logs_the_token(
    town: Town, log: io.StringIO, kind: str
) -> None:
    """Replies and outbox messages fail in every way; the failure is logged without the token."""
    ann = await meet(town, "Ann")
    add_fault(town, kind, count=None)
    await enqueue(town, make_message("a", ann.id, town.now))
    await ann.says("/settings")
    assert "not sent" in log.getvalue()
    assert TOKEN not in log.getvalue()
    assert TOKEN.partition(":")[2] not in log.getvalue()


async def test_fault_29_the_token_is_removed_from_every_log_entry(log: io.StringIO) -> None:
    """From texts, arguments, errors and escaped URLs, of the bot and of libraries."""
    try:
        raise RuntimeError(f"https://api.telegram.org/bot{TOKEN}/getMe")  # noqa: TRY301
    except RuntimeError as error:
        structlog.get_logger().exception("it broke", url=f"/bot{TOKEN}", error=error)
        logging.getLogger("some.library").exception("GET %s", f"/bot{TOKEN}/x")
    logging.getLogger("httpx").info("HTTP Request: POST https://localhost/bot%s/x", TOKEN)
    assert "HTTP Request" not in log.getvalue()
    logging.getLogger("httpx").warning("POST https://localhost/bot%s/x", TOKEN)
    escaped = TOKEN.replace(":", "%3A")
    structlog.get_logger().warning("escaped", url=escaped, nested={"urls": [TOKEN]})
    assert log.getvalue().count("<token>") >= 6
    assert TOKEN not in log.getvalue()
    assert escaped not in log.getvalue()


async def test_fault_29_an_error_of_the_database_is_logged_without_the_row(
    database: Database, log: io.StringIO
) -> None:
    """Neither the parameters of the statement nor the row that PostgreSQL quotes are logged."""
    async with database.transaction() as connection:
        await conversations.lock_or_create_conversation(connection, POLICY.pseudonyms, 1, "vi")
    written = {"language": None, "profile": "Tôi là\nNguyễn Văn Bí Mật.".encode()}
    try:
        async with database.transaction() as connection:
            await connection.execute(table(Conversation).update().values(written))
    except IntegrityError:
        structlog.get_logger().exception("it broke")
    assert "it broke" in log.getvalue()
    assert "language" in log.getvalue()
    assert "Bí Mật" not in log.getvalue()


async def test_fault_29_no_trouble_logs_what_a_resident_wrote(
    town: Town, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram fails, a file fails, the database fails and a handler breaks: no word is logged."""
    ann = town.resident("Nguyễn Thị Kín")
    add_fault(town, "5xx", method="getFile", count=None)
    await ann.begins()
    await ann.does("photo", caption="Bí mật 0912345678 của ngõ 5")
    code = await ann.finishes(personal="keep")
    add_fault(town, "5xx", count=None)
    await ann.says(f"/mine {code}")
    town.simulator.gateway.faults.clear()
    for error in (RuntimeError("it broke"), make_database_error()):
        with monkeypatch.context() as patched:
            patched.setattr(ConversationService, "handle_reply", AsyncMock(side_effect=error))
            await ann.says("Bí mật 0912345678 của ngõ 5")
    written = log.getvalue()
    for event in ("not sent", "not fetched", "an update failed", "it broke", "IntegrityError"):
        assert event in written
    for secret in ("Bí mật", "0912345678", "912345678", "ngõ 5", "Nguyễn Thị Kín"):
        assert secret not in written


def make_database_error() -> IntegrityError:
    """Return an error that quotes a row, as PostgreSQL does."""
    row = "DETAIL:  Failing row contains (Nguyễn Thị Kín, Bí mật\n 0912345678 của ngõ 5)."
    original = Exception(f"null value in a column\n{row}")
    return IntegrityError("INSERT", {"text": "Bí mật"}, original, hide_parameters=True)
