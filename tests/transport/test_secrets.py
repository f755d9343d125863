"""What must never be in a log: the token, and what residents wrote."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from storage import conversations
from tests.samples import once
from tests.town.settings import TOKEN
from tests.transport.stage import fault, message, met, put

if TYPE_CHECKING:
    import io

    from storage.database import Database
    from tests.town.town import Town


@once
@pytest.mark.parametrize("kind", ["html", "5xx", "drop", "429", "403", "error"])
async def test_no_trouble_with_telegram_logs_the_token(
    town: Town, log: io.StringIO, kind: str
) -> None:
    """Replies and messages fail in every way; there are logs, and the token is in none."""
    ann = await met(town, "Ann")
    fault(town, kind, count=None)
    await put(town, message("a", ann.id, town.now))
    await ann.says("/settings")
    assert "not sent" in log.getvalue()
    assert TOKEN not in log.getvalue()
    assert TOKEN.partition(":")[2] not in log.getvalue()


async def test_whoever_logs_the_token_it_is_left_out(log: io.StringIO) -> None:
    """In a text, an argument, an error's words, escaped in a URL, by us or by a library."""
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


async def test_a_database_that_refuses_a_row_does_not_log_what_is_in_it(
    database: Database, log: io.StringIO
) -> None:
    """Neither the statement's parameters nor the row that PostgreSQL quotes in its error."""
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
