"""Track whether a chat can be reached (blocked, migrated), by chat id and pseudonyms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.casework import staff, unit_groups
from bot.casework.permissions import LEADER_ROLES
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_officers
from storage import officers, outbox

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.policy import Policy


@dataclass(frozen=True)
class Reachability:
    """Stores which chats can be reached, and passes undelivered alerts to other officers."""

    policy: Policy

    async def mark_chat_lost(
        self, connection: AsyncConnection, chat_id: int, now: datetime
    ) -> None:
        """Park the messages that are stored under a number, of a chat that blocked the bot.

        `chat_id` is the number that a message was refused for. The other numbers of the person are
        not marked, as marks of one moment would connect them: their messages are refused in turn.

        The cases of an officer's undelivered alerts wait to be assigned again. The messages of a
        group are cancelled instead: officers of its unit get its alerts in private, and its leaders
        are notified.
        """
        work = UnitOfWork(connection, now, self.policy)
        await self._report_channel(work, chat_id)
        if await unit_groups.mark_group_lost(work, chat_id):
            return
        await outbox.block_chats(connection, [chat_id], now)
        await staff.mark_officer_unreachable(work, chat_id)

    async def mark_person_lost(
        self, connection: AsyncConnection, chat_id: int, now: datetime
    ) -> None:
        """Park the messages of a chat of Telegram that says by itself that it blocked the bot.

        Of an officer these are the alerts, of anybody else the direct replies.
        """
        is_person = chat_id > 0 and await officers.find_officer(connection, chat_id) is None
        stored_under = self.policy.pseudonyms.list_chat_keys(chat_id)[0] if is_person else chat_id
        await self.mark_chat_lost(connection, stored_under, now)

    async def mark_topic_lost(
        self, connection: AsyncConnection, chat_id: int, thread_id: int, now: datetime
    ) -> None:
        """Send to the group instead of its closed or deleted topic, and notify its leaders."""
        work = UnitOfWork(connection, now, self.policy)
        await unit_groups.mark_topic_lost(work, chat_id, thread_id)

    async def forward_refused(
        self, connection: AsyncConnection, chat_id: int, dedup_key: str, now: datetime
    ) -> None:
        """Send an alert that Telegram refused for a group to officers of its unit in private.

        Of a post that was refused for the channel, the city's leaders are told.
        """
        work = UnitOfWork(connection, now, self.policy)
        await self._report_channel(work, chat_id)
        await unit_groups.forward_refused(work, chat_id, dedup_key)

    async def _report_channel(self, work: UnitOfWork, chat_id: int) -> None:
        """Tell the city's leaders if the chat is the channel for announcements.

        They are told once, until a post has reached the channel again.
        """
        if chat_id != self.policy.channel:
            return
        city = await officers.list_active(work.connection, (CITY,))
        leaders = [officer for officer in city if officer.role in LEADER_ROLES] or city
        last_post = await outbox.find_last_sent(work.connection, chat_id)
        await to_officers.notify_channel_lost(work, leaders, last_post or 0)

    async def move_group(self, connection: AsyncConnection, old_id: int, new_id: int) -> None:
        """Send all messages of a group to the supergroup that it became."""
        await outbox.move_messages(connection, old_id, new_id)
        await unit_groups.move_group(connection, old_id, new_id)

    async def is_chat_lost(self, connection: AsyncConnection, chat_id: int) -> bool:
        """Return True if messages to a chat are parked, under its id or a pseudonym."""
        return await outbox.is_any_blocked(
            connection, self.policy.pseudonyms.list_chat_ids(chat_id)
        )

    async def mark_chat_reachable(self, connection: AsyncConnection, chat_id: int) -> None:
        """Send the parked messages of a chat that can be reached again."""
        await outbox.unblock_chats(connection, self.policy.pseudonyms.list_chat_ids(chat_id))
