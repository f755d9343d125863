"""Whether somebody can be written to: under their chat's own number and every pseudonym of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.casework import groups
from bot.casework import service as casework
from storage import outbox

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.policy import Policy


@dataclass(frozen=True)
class Reach:
    """Writes down who blocks us and who no longer does."""

    policy: Policy

    async def lost(self, connection: AsyncConnection, chat_id: int, now: datetime) -> None:
        """A chat, or a pseudonym of one, blocks us: what waits for it waits on.

        What an officer does not get there goes to another. What waits for a group is closed, and
        its unit is told: the officers have had it in private.
        """
        if await groups.lost(connection, chat_id, now, policy=self.policy):
            return
        await outbox.block(connection, self.policy.seal.numbers(chat_id), now)
        await casework.lost(connection, chat_id, now)

    async def lost_topic(self, connection: AsyncConnection, chat_id: int, now: datetime) -> None:
        """A group's topic is gone: the group itself is written to, and its unit is told."""
        await groups.lost_topic(connection, chat_id, now, policy=self.policy)

    async def moved(self, connection: AsyncConnection, old_id: int, new_id: int) -> None:
        """A group became a supergroup: what waits for it, and what is yet to come, goes there."""
        await outbox.move_chat(connection, old_id, new_id)
        await groups.moved(connection, old_id, new_id)

    async def regained(self, connection: AsyncConnection, chat_id: int, now: datetime) -> None:
        """A chat can be written to again."""
        await outbox.unblock(connection, self.policy.seal.numbers(chat_id), now)
