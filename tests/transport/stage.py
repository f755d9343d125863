"""What the transport's tests share: rows put by hand, and how they stand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.core.screen import Screen, Words
from storage import failed_updates, outbox
from storage.models import Outbox, Submission
from storage.statements import table

if TYPE_CHECKING:
    from datetime import datetime

    from tests.town.person import Person
    from tests.town.town import Town

ROWS = table(Outbox)
MARK = "outbox.repeated"


def message(
    key: str,
    chat_id: int,
    now: datetime,
    *,
    words: str = "draft.none",
    priority: outbox.Priority = outbox.Priority.ASSIGNMENT,
    critical: bool = True,
    lasts: timedelta = timedelta(days=1),
) -> outbox.OutboxMessage:
    """A message of one text."""
    return outbox.OutboxMessage(
        dedup_key=key,
        kind="test",
        chat_id=chat_id,
        priority=priority,
        language="vi",
        screen=Screen((Words(words),)).to_json(),
        expires_at=now + lasts,
        critical=critical,
    )


async def put(town: Town, *messages: outbox.OutboxMessage) -> None:
    """Put messages in the outbox."""
    await put_at(town, town.now, *messages)


async def put_at(town: Town, now: datetime, *messages: outbox.OutboxMessage) -> None:
    """Put messages in the outbox at a moment of another clock."""
    async with town.app.database.transaction() as connection:
        await outbox.enqueue_messages(connection, messages, now)


async def row(town: Town, key: str) -> Any:
    """The row of a key as it stands."""
    async with town.app.database.reading() as connection:
        return (await connection.execute(select(ROWS).where(ROWS.c.dedup_key == key))).one()


async def state(town: Town, key: str) -> str:
    """The state of the row of a key."""
    return str((await row(town, key)).state.value)


async def kept(town: Town) -> int:
    """How many updates are kept for the operator."""
    async with town.app.database.reading() as connection:
        return await failed_updates.count_failed_updates(connection)


async def submissions(town: Town) -> list[str]:
    """The texts of all submissions."""
    async with town.app.database.reading() as connection:
        return [each.text for each in (await connection.execute(select(table(Submission)))).all()]


async def met(town: Town, name: str) -> Person:
    """Somebody who has started the bot, so that it may write to them."""
    person = town.resident(name)
    await person.says("/help")
    return person


def fault(town: Town, kind: str, **more: Any) -> None:
    """Make Telegram's answer to sendMessage, or to another method, go wrong."""
    town.simulator.gateway.faults.add(**{"kind": kind, "method": "sendMessage", **more})


def requests(town: Town, chat_id: int, method: str = "sendMessage") -> int:
    """How often a method was called for a chat so far."""
    entries = town.simulator.gateway.journal.entries(after=0, limit=10_000)
    return sum(each.method == method and each.params.get("chat_id") == chat_id for each in entries)


def said(number: int, chat_id: int, **content: Any) -> dict[str, Any]:
    """An update as Telegram sends it for a text."""
    person = {"id": chat_id, "is_bot": False, "first_name": "Ann"}
    chat = {"id": chat_id, "type": "private", "first_name": "Ann"}
    whole = {"message_id": number, "date": 1_790_000_000, "chat": chat, "from": person}
    return {"update_id": number, "message": {**whole, "text": "x", **content}}
