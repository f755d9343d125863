"""Read and change the row of a chat: its language, preferences and open conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.preferences import Preferences
from bot.core.requests import Chat
from storage import conversations

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.policy import Policy
    from bot.core.unit_of_work import UnitOfWork


async def load_chat(connection: AsyncConnection, policy: Policy, chat_id: int) -> Chat:
    """Return a chat as it is stored; a new chat has the default language and no preferences."""
    row = await conversations.find_conversation(connection, policy.pseudonyms, chat_id)
    if row is None:
        return Chat(chat_id, policy.default_language)
    return Chat(chat_id, row.language, Preferences.from_json(row.preferences))


async def set_language(work: UnitOfWork, chat_id: int, language: str) -> None:
    """Store another language for a chat."""
    vault = work.policy.pseudonyms
    await conversations.lock_or_create_conversation(work.connection, vault, chat_id, language)
    await conversations.set_language(work.connection, vault, chat_id, language)


async def update_preferences(
    work: UnitOfWork, chat_id: int, change: Callable[[Preferences], Preferences]
) -> Preferences:
    """Call `change` with the stored preferences, store what it returns, and return that.

    The row of the chat is locked until the end of the transaction.
    """
    row = await conversations.lock_or_create_conversation(
        work.connection, work.policy.pseudonyms, chat_id, work.policy.default_language
    )
    preferences = change(Preferences.from_json(row.preferences))
    await store_preferences(work, chat_id, preferences)
    return preferences


async def store_preferences(work: UnitOfWork, chat_id: int, preferences: Preferences) -> None:
    """Store preferences in the row of a chat; the caller has locked the row."""
    await conversations.set_preferences(
        work.connection, work.policy.pseudonyms, chat_id, preferences.to_json()
    )


async def has_draft(work: UnitOfWork, chat_id: int) -> bool:
    """Return True if a guided conversation is open in a chat."""
    return await find_open_flow(work, chat_id) is not None


async def find_open_flow(work: UnitOfWork, chat_id: int) -> str | None:
    """Return the name of the flow that is open in a chat; None if none is."""
    row = await conversations.find_conversation(work.connection, work.policy.pseudonyms, chat_id)
    if row is None or (row.expires_at is not None and row.expires_at <= work.now):
        return None
    return row.flow
