"""The typing indicator: what a person sees while a file is taken or a search runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from telegram.error import TelegramError

if TYPE_CHECKING:
    from bot.channels.telegram.api import BotApi

log = structlog.get_logger()

_SHOWN = 5.0  # seconds for which Telegram shows the indicator
_PATIENCE = 3.0  # seconds; a later indicator would come after the answer


class TypingIndicator:
    """Shows the indicator beside the work that it is shown for. It is never sent again."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._shown: set[int] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    def show(self, chat_id: int) -> None:
        """Start to show the indicator in a chat, unless it is shown there; return at once."""
        if chat_id in self._shown:
            return
        self._shown.add(chat_id)
        asyncio.get_running_loop().call_later(_SHOWN, self._shown.discard, chat_id)
        task = asyncio.create_task(self._send(chat_id))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _send(self, chat_id: int) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._api.show_typing(chat_id)
        except (TelegramError, TimeoutError) as error:
            log.info("the typing indicator was not shown", error=str(error))
