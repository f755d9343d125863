"""Helpers of the transport's tests: messages in the outbox, their rows, and faults of Telegram."""

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


def make_message(
    key: str,
    chat_id: int,
    now: datetime,
    *,
    words: str = "draft.none",
    priority: outbox.Priority = outbox.Priority.ASSIGNMENT,
    critical: bool = True,
    lasts: timedelta = timedelta(days=1),
) -> outbox.OutboxMessage:
    """Return an outbox message of one text in Vietnamese."""
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


async def enqueue(town: Town, *messages: outbox.OutboxMessage) -> None:
    """Put messages into the outbox at the town's time."""
    await enqueue_at(town, town.now, *messages)


async def enqueue_at(town: Town, now: datetime, *messages: outbox.OutboxMessage) -> None:
    """Put messages into the outbox at a time of another clock."""
    async with town.app.database.transaction() as connection:
        await outbox.enqueue_messages(connection, messages, now)


async def get_row(town: Town, key: str) -> Any:
    """Return the outbox row with a deduplication key."""
    async with town.app.database.reading() as connection:
        return (await connection.execute(select(ROWS).where(ROWS.c.dedup_key == key))).one()


async def get_state(town: Town, key: str) -> str:
    """Return the state of the outbox row with a deduplication key."""
    return str((await get_row(town, key)).state.value)


async def count_failed_updates(town: Town) -> int:
    """Return the number of updates that failed and are kept for the operator."""
    async with town.app.database.reading() as connection:
        return await failed_updates.count_failed_updates(connection)


async def list_texts(town: Town) -> list[str]:
    """Return the texts of all submissions."""
    async with town.app.database.reading() as connection:
        return [each.text for each in (await connection.execute(select(table(Submission)))).all()]


async def meet(town: Town, name: str) -> Person:
    """Return a new resident who has started the bot, so that it may write to them."""
    person = town.resident(name)
    await person.says("/help")
    return person


def add_fault(town: Town, kind: str, **more: Any) -> None:
    """Make calls of sendMessage, or of another method, fail."""
    town.simulator.gateway.faults.add_fault(**{"kind": kind, "method": "sendMessage", **more})


def count_requests(town: Town, chat_id: int, method: str = "sendMessage") -> int:
    """Return the number of calls of a method for a chat so far."""
    entries = town.simulator.gateway.journal.list_requests(after=0, limit=10_000)
    return sum(each.method == method and each.params.get("chat_id") == chat_id for each in entries)


def make_text_update(number: int, chat_id: int, **content: Any) -> dict[str, Any]:
    """Return an update with a text message, in the form of the Bot API."""
    person = {"id": chat_id, "is_bot": False, "first_name": "Ann"}
    chat = {"id": chat_id, "type": "private", "first_name": "Ann"}
    whole = {"message_id": number, "date": 1_790_000_000, "chat": chat, "from": person}
    return {"update_id": number, "message": {**whole, "text": "x", **content}}
