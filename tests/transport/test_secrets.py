"""Logs never contain the token or the texts of residents."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from storage import conversations
from tests.policy import once
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


async def test_the_token_is_removed_from_every_log_entry(log: io.StringIO) -> None:
    """From texts, arguments, errors and escaped URLs, of the bot and of libraries."""
    try:
        raise RuntimeError(f"https://api.telegram.org/bot{TOKEN}/getMe")  # noqa: TRY301
    except RuntimeError as error:
        structlog.get_logger().exception("it broke", url=f"/bot{TOKEN}", error=error)
        logging.getLogger("some.library").exception("GET %s", f"/bot{TOKEN}/x")
    escaped = TOKEN.replace(":", "%3A")
    structlog.get_logger().warning("escaped", url=escaped, nested={"urls": [TOKEN]})
    assert log.getvalue().count("<token>") >= 6
    assert TOKEN not in log.getvalue()
    assert escaped not in log.getvalue()


async def test_an_error_of_the_database_is_logged_without_the_row(
    database: Database, log: io.StringIO
) -> None:
    """Neither the parameters of the statement nor the row that PostgreSQL quotes are logged."""
    async with database.transaction() as connection:
        await conversations.lock_or_create_conversation(connection, 1, "vi")
    written = {"language": None, "answers": {"text": "Tôi là\nNguyễn Văn Bí Mật."}}
    try:
        async with database.transaction() as connection:
            await conversations.update_conversation(connection, 1, written)
    except IntegrityError:
        structlog.get_logger().exception("it broke")
    assert "it broke" in log.getvalue()
    assert "language" in log.getvalue()
    assert "Bí Mật" not in log.getvalue()
