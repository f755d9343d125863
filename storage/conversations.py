"""Conversations: one row per chat, with its settings and its draft.

A row is stored under a pseudonym of its chat, and its content is sealed. Functions take a
ConversationVault, the real chat id, and return rows that are opened.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import bindparam, delete, select, update

from storage.models import Conversation
from storage.rounding import round_to_hour
from storage.statements import fetch_all, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

# How many update ids a chat remembers. The bot fetches at most 50 updates at once, and only those
# can be delivered again.
REMEMBERED_UPDATES = 64

_rows = table(Conversation)


class SealJson(Protocol):
    """Seals and opens JSON values."""

    def seal_json(self, value: Any) -> bytes:
        """Return a value sealed."""

    def open_json(self, sealed: bytes) -> Any:
        """Return the value that was sealed."""


class ConversationVault(Protocol):
    """Computes the numbers that chats are stored under, encrypts their ids, and seals content."""

    @property
    def sealer(self) -> SealJson:
        """Return what seals the content."""

    def list_chat_keys(self, chat_id: int) -> tuple[int, ...]:
        """Return the numbers that a chat may be stored under, that of the present key first."""

    def encrypt_chat_id(self, chat_id: int) -> str:
        """Return a chat id encrypted."""

    def decrypt_chat_id(self, encrypted: str) -> int:
        """Return the chat id that was encrypted."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The part of a chat's row that a turn changes. `key` is the number it is stored under.

    - `flow`, `answers`: the open conversation. The open question is not stored: it follows from the
      answers.
    - `updates`: the ids of the newest handled updates, to recognise one that is delivered again.
    - `started_at`, `expires_at`: when the draft was started, and when it will be deleted.
    - `reminded_at`: when the person was warned that the draft expires.
    - `counted`: the number of messages since `counted_from`, to limit them.
    """

    key: int
    flow: str | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    updates: list[int] = field(default_factory=list)
    started_at: datetime | None = None
    expires_at: datetime | None = None
    reminded_at: datetime | None = None
    counted_from: datetime | None = None
    counted: int = 0


_TIMES = ("started_at", "expires_at", "reminded_at", "counted_from")
DRAFT_FIELDS = tuple(each.name for each in fields(Draft) if each.name != "key")


@dataclass(frozen=True, slots=True)
class StoredChat(Draft):
    """The opened row of a chat: its settings, and its draft.

    - `chat_id`: the real chat id.
    - `preferences`: the choices that the person made in the settings.
    """

    chat_id: int = 0
    language: str = ""
    preferences: dict[str, Any] = field(default_factory=dict)


def open_row(vault: ConversationVault, row: Conversation, chat_id: int) -> StoredChat:
    """Return the row of a chat opened."""
    draft = vault.sealer.open_json(row.draft) if row.draft is not None else {}
    for name in _TIMES:
        if draft.get(name) is not None:
            draft[name] = datetime.fromisoformat(draft[name])
    return StoredChat(
        key=row.chat_id,
        chat_id=chat_id,
        language=row.language,
        preferences=vault.sealer.open_json(row.profile),
        **draft,
    )


def seal_draft(vault: ConversationVault, draft: Draft) -> bytes:
    """Return the content of the column `draft`."""
    return vault.sealer.seal_json({name: getattr(draft, name) for name in DRAFT_FIELDS})


def seal_profile(vault: ConversationVault, preferences: Mapping[str, Any]) -> bytes:
    """Return the content of the column `profile`."""
    return vault.sealer.seal_json(dict(preferences))


_find = select(_rows).where(_rows.c.chat_id.in_(bindparam("keys", expanding=True)))
_lock = _find.with_for_update()
_lock_free = _find.with_for_update(skip_locked=True)


async def find_conversation(
    connection: AsyncConnection, vault: ConversationVault, chat_id: int
) -> StoredChat | None:
    """Return the row of a chat, or None for a new chat."""
    return (await map_conversations(connection, vault, [chat_id])).get(chat_id)


async def map_conversations(
    connection: AsyncConnection, vault: ConversationVault, chat_ids: Collection[int]
) -> dict[int, StoredChat]:
    """Return the rows of chats, by chat id. New chats are left out."""
    return await _fetch(connection, vault, _find, chat_ids)


async def lock_conversation(
    connection: AsyncConnection, vault: ConversationVault, chat_id: int
) -> StoredChat | None:
    """Return the row of a chat, locked until the transaction ends, or None."""
    return (await _fetch(connection, vault, _lock, [chat_id])).get(chat_id)


async def lock_free_conversations(
    connection: AsyncConnection, vault: ConversationVault, chat_ids: Sequence[int]
) -> dict[int, StoredChat]:
    """Lock and return the rows of those chats that no other transaction locks, by chat id."""
    return await _fetch(connection, vault, _lock_free, chat_ids)


async def _fetch(
    connection: AsyncConnection,
    vault: ConversationVault,
    statement: Any,
    chat_ids: Collection[int],
) -> dict[int, StoredChat]:
    keys = {key: chat_id for chat_id in chat_ids for key in vault.list_chat_keys(chat_id)}
    found = await fetch_all(connection, Conversation, statement, {"keys": list(keys)})
    rows = {row.chat_id: row for row in found}
    # While keys are rotated a chat may have two rows. That of the present key counts.
    return {
        chat_id: open_row(vault, rows[key], chat_id)
        for key, chat_id in reversed(keys.items())
        if key in rows
    }


async def lock_or_create_conversation(
    connection: AsyncConnection, vault: ConversationVault, chat_id: int, language: str
) -> StoredChat:
    """Return the row of a chat, locked until the transaction ends; create it if it is new."""
    row = await lock_conversation(connection, vault, chat_id)
    if row is None:
        fresh = {
            "chat_id": vault.list_chat_keys(chat_id)[0],
            "language": language,
            "sealed": vault.encrypt_chat_id(chat_id),
            "profile": seal_profile(vault, {}),
            "reminded": False,
        }
        await connection.execute(
            insert_into(Conversation, connection.dialect.name)
            .values(fresh)
            .on_conflict_do_nothing()
        )
        row = await lock_conversation(connection, vault, chat_id)
    assert row is not None
    return row


def remember_update(updates: Sequence[int], update_id: int) -> list[int]:
    """Return the newest REMEMBERED_UPDATES ids of `updates` and `update_id`."""
    return [*updates, update_id][-REMEMBERED_UPDATES:]


async def set_language(
    connection: AsyncConnection, vault: ConversationVault, chat_id: int, language: str
) -> None:
    """Store the language of a chat."""
    await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id.in_(vault.list_chat_keys(chat_id)))
        .values(language=language)
    )


async def set_preferences(
    connection: AsyncConnection,
    vault: ConversationVault,
    chat_id: int,
    preferences: Mapping[str, Any],
) -> None:
    """Store the preferences of a chat."""
    await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id.in_(vault.list_chat_keys(chat_id)))
        .values(profile=seal_profile(vault, preferences))
    )


_save = (
    update(_rows)
    .where(_rows.c.chat_id == bindparam("key"))
    .values({name: bindparam(f"new_{name}") for name in ("draft", "due_at", "reminded")})
)


async def save_drafts(
    connection: AsyncConnection, vault: ConversationVault, drafts: Sequence[Draft]
) -> None:
    """Write the drafts of several chats in one statement."""
    if drafts:
        rows = [
            {
                "key": draft.key,
                "new_draft": seal_draft(vault, draft),
                "new_due_at": round_to_hour(draft.expires_at)
                if draft.flow is not None and draft.expires_at is not None
                else None,
                "new_reminded": draft.reminded_at is not None,
            }
            for draft in drafts
        ]
        await connection.execute(_save, rows)


async def delete_conversation(
    connection: AsyncConnection, vault: ConversationVault, chat_id: int
) -> None:
    """Delete a chat's row."""
    keys = vault.list_chat_keys(chat_id)
    await connection.execute(delete(_rows).where(_rows.c.chat_id.in_(keys)))


async def lock_due_drafts(
    connection: AsyncConnection,
    vault: ConversationVault,
    before: datetime,
    after: tuple[datetime, int] | None,
    max_rows: int,
    *,
    without_reminder: bool,
) -> tuple[Sequence[StoredChat], tuple[datetime, int] | None]:
    """Lock a page of drafts, soonest first, and return those that expire before a given time.

    The stored hour of a draft is not its exact time, so a page may have rows that are not returned.
    `after` is the place at which the page before ended. Also return the place at which this one
    ends; None after the last page. With `without_reminder`, drafts that had one are left out.
    """
    statement = select(_rows).where(_rows.c.due_at <= before)
    if without_reminder:
        statement = statement.where(_rows.c.reminded.is_(False))
    if after is not None:
        is_later = (_rows.c.due_at == after[0]) & (_rows.c.chat_id > after[1])
        statement = statement.where((_rows.c.due_at > after[0]) | is_later)
    page = await fetch_all(
        connection,
        Conversation,
        statement.order_by(_rows.c.due_at, _rows.c.chat_id)
        .limit(max_rows)
        .with_for_update(skip_locked=True),
    )
    opened = [open_row(vault, row, vault.decrypt_chat_id(row.sealed)) for row in page]
    due = [each for each in opened if each.expires_at is not None and each.expires_at <= before]
    last = page[-1] if len(page) == max_rows else None
    return due, None if last is None or last.due_at is None else (last.due_at, last.chat_id)


async def clear_drafts(
    connection: AsyncConnection, vault: ConversationVault, chats: Sequence[StoredChat]
) -> None:
    """Empty the drafts of chats; what is known of their updates stays."""
    cleared = [
        replace(each, flow=None, answers={}, started_at=None, expires_at=None, reminded_at=None)
        for each in chats
    ]
    await save_drafts(connection, vault, cleared)
