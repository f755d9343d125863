"""Whether somebody can be written to: under their chat's own number and every pseudonym of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.casework import staff as casework
from bot.casework import unit_groups
from bot.core.unit_of_work import UnitOfWork
from storage import outbox

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.policy import Policy


@dataclass(frozen=True)
class Reachability:
    """Writes down who blocks us and who no longer does."""

    policy: Policy

    async def lost(self, connection: AsyncConnection, chat_id: int, now: datetime) -> None:
        """A chat, or a pseudonym of one, blocks us: what waits for it waits on.

        What an officer does not get there goes to another. What waits for a group is closed, and
        its unit is told: the officers have had it in private.
        """
        if await unit_groups.mark_group_lost(UnitOfWork(connection, now, self.policy), chat_id):
            return
        await outbox.block_chats(connection, self.policy.pseudonyms.list_chat_ids(chat_id), now)
        await casework.mark_officer_unreachable(UnitOfWork(connection, now, self.policy), chat_id)

    async def lost_topic(self, connection: AsyncConnection, chat_id: int, now: datetime) -> None:
        """A group's topic is gone: the group itself is written to, and its unit is told."""
        await unit_groups.mark_topic_lost(UnitOfWork(connection, now, self.policy), chat_id)

    async def moved(self, connection: AsyncConnection, old_id: int, new_id: int) -> None:
        """A group became a supergroup: what waits for it, and what is yet to come, goes there."""
        await outbox.move_messages(connection, old_id, new_id)
        await unit_groups.move_group(connection, old_id, new_id)

    async def regained(self, connection: AsyncConnection, chat_id: int, now: datetime) -> None:
        """A chat can be written to again."""
        await outbox.unblock_chats(connection, self.policy.pseudonyms.list_chat_ids(chat_id), now)
