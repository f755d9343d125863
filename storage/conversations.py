"""Conversations: one row per chat, with its settings and its draft."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, delete, select, update

from storage.models import Conversation
from storage.statements import fetch_all, fetch_one, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

# How many update ids a chat remembers. The bot fetches at most 50 updates at once, and only those
# can be delivered again.
REMEMBERED_UPDATES = 64

_rows = table(Conversation)
_find = select(_rows).where(_rows.c.chat_id == bindparam("of_chat"))
_lock = _find.with_for_update()


async def find_conversation(connection: AsyncConnection, chat_id: int) -> Conversation | None:
    """Return the row of a chat, or None for a new chat."""
    return await fetch_one(connection, Conversation, _find, {"of_chat": chat_id})


async def lock_conversation(connection: AsyncConnection, chat_id: int) -> Conversation | None:
    """Return the row of a chat, locked until the transaction ends, or None."""
    return await fetch_one(connection, Conversation, _lock, {"of_chat": chat_id})


_lock_free = (
    select(_rows)
    .where(_rows.c.chat_id.in_(bindparam("chat_ids", expanding=True)))
    .with_for_update(skip_locked=True)
)


async def lock_free_conversations(
    connection: AsyncConnection, chat_ids: Sequence[int]
) -> dict[int, Conversation]:
    """Lock and return the rows of those chats that no other transaction locks, by chat id."""
    result = await connection.execute(_lock_free, {"chat_ids": list(chat_ids)})
    return {row.chat_id: cast("Conversation", row) for row in result.all()}


async def lock_or_create_conversation(
    connection: AsyncConnection, chat_id: int, language: str
) -> Conversation:
    """Return the row of a chat, locked until the transaction ends; create it if it is new."""
    row = await lock_conversation(connection, chat_id)
    if row is None:
        fresh = {
            "chat_id": chat_id,
            "language": language,
            "answers": {},
            "updates": [],
            "counted": 0,
            "preferences": {},
        }
        await connection.execute(
            insert_into(Conversation, connection.dialect.name)
            .values(fresh)
            .on_conflict_do_nothing()
        )
        row = await lock_conversation(connection, chat_id)
    assert row is not None
    return row


def remember_update(updates: Sequence[int], update_id: int) -> list[int]:
    """Return the newest REMEMBERED_UPDATES ids of `updates` and `update_id`."""
    return [*updates, update_id][-REMEMBERED_UPDATES:]


async def update_conversation(
    connection: AsyncConnection, chat_id: int, values: Mapping[str, Any]
) -> None:
    """Write columns of a chat's row."""
    await connection.execute(update(_rows).where(_rows.c.chat_id == chat_id).values(**values))


@dataclass(frozen=True, slots=True)
class Draft:
    """The columns of `storage.models.Conversation` that a turn changes."""

    chat_id: int
    flow: str | None
    answers: dict[str, Any]
    updates: list[int]
    started_at: datetime | None
    expires_at: datetime | None
    reminded_at: datetime | None
    counted_from: datetime | None = None
    counted: int = 0


_names = [field.name for field in fields(Draft) if field.name != "chat_id"]
_save = (
    update(_rows)
    .where(_rows.c.chat_id == bindparam("of_chat"))
    .values({name: bindparam(name) for name in _names})
)


async def save_drafts(connection: AsyncConnection, drafts: Sequence[Draft]) -> None:
    """Write the drafts of several chats in one statement."""
    if drafts:
        rows = [
            {"of_chat": draft.chat_id, **{name: getattr(draft, name) for name in _names}}
            for draft in drafts
        ]
        await connection.execute(_save, rows)


async def delete_conversation(connection: AsyncConnection, chat_id: int) -> None:
    """Delete a chat's row."""
    await connection.execute(delete(_rows).where(_rows.c.chat_id == chat_id))


async def list_drafts_to_remind(
    connection: AsyncConnection, before: datetime, max_rows: int
) -> Sequence[Conversation]:
    """Lock and return drafts that expire before a given time and had no reminder, soonest first."""
    statement = (
        select(_rows)
        .where(_rows.c.expires_at < before, _rows.c.reminded_at.is_(None))
        .where(_rows.c.flow.is_not(None))
        .order_by(_rows.c.expires_at)
        .limit(max_rows)
        .with_for_update(skip_locked=True)
    )
    return await fetch_all(connection, Conversation, statement)


async def clear_expired_drafts(connection: AsyncConnection, now: datetime) -> int:
    """Empty the drafts that have expired. Return their number."""
    result = await connection.execute(
        update(_rows)
        .where(_rows.c.expires_at <= now, _rows.c.flow.is_not(None))
        .values(flow=None, answers={}, started_at=None, expires_at=None, reminded_at=None)
    )
    return result.rowcount
