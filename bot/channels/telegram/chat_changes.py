"""Changes of chats: a person blocks the bot, a group removes it, or a group gets another id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telegram.constants import ChatMemberStatus

if TYPE_CHECKING:
    from telegram import Update

    from bot.channels.telegram.adapter import TelegramAdapter
    from bot.channels.telegram.update_context import UpdateContext

_GONE = frozenset({ChatMemberStatus.BANNED, ChatMemberStatus.LEFT})


async def handle_membership(
    adapter: TelegramAdapter, update: Update, context: UpdateContext
) -> None:
    """Handle a change of the bot's membership in a chat.

    A person who blocks the bot gets no messages until the person unblocks it. A group that
    removes the bot gets no messages until it is linked again.
    """
    change = update.my_chat_member
    if change is None:
        return
    async with adapter.database.transaction() as connection:
        if change.new_chat_member.status in _GONE:
            await adapter.reachability.mark_person_lost(connection, change.chat.id, context.now)
        elif change.chat.type == "private":
            await adapter.reachability.mark_chat_reachable(connection, change.chat.id)
    adapter.presenter.nudge()


async def handle_migration(
    adapter: TelegramAdapter, update: Update, _context: UpdateContext
) -> None:
    """Move the unfinished messages and the link of a group to its new supergroup."""
    message = update.effective_message
    if message is None or message.migrate_to_chat_id is None:
        return
    async with adapter.database.transaction() as connection:
        await adapter.reachability.move_group(
            connection, message.chat_id, message.migrate_to_chat_id
        )
