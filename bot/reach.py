"""Whether somebody can be written to: under their chat's own number and every pseudonym of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.casework import service as casework
from storage import outbox

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.seal import Seal


@dataclass(frozen=True)
class Reach:
    """Writes down who blocks us and who no longer does."""

    seal: Seal

    async def lost(self, connection: AsyncConnection, chat_id: int, now: datetime) -> None:
        """A chat, or a pseudonym of one, blocks us: what waits for it waits on.

        What an officer does not get there goes to another.
        """
        await outbox.set_blocked(connection, self.seal.numbers(chat_id), now)
        await casework.lost(connection, chat_id, now)

    async def regained(self, connection: AsyncConnection, chat_id: int) -> None:
        """A chat can be written to again."""
        await outbox.set_blocked(connection, self.seal.numbers(chat_id), None)
