"""getUpdates: what a bot that polls is given."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.simulator.api_types import ApiError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from bot.simulator.api_types import Json
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.client_connection import ClientConnection
    from bot.simulator.update_queue import QueuedUpdate

_MOST = 100
_LONGEST_WAIT = 50
_TWO_POLLERS = (
    "Conflict: terminated by other getUpdates request;"
    " make sure that only one bot instance is running"
)
_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)


class LongPolling:
    """Holds each bot's newest request; an older one that still waits is ended."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._stopping = stopping
        self._newest: dict[int, object] = {}

    async def updates(
        self, bot: BotAccount, params: Json, caller: ClientConnection
    ) -> Sequence[QueuedUpdate]:
        """The updates after the offset, which confirms those before; waits for the first.

        A caller who goes away ends the wait: nobody is there to be answered.
        """
        if bot.webhook is not None:
            raise ApiError(_WEBHOOK, 409)
        mine = self._newest[bot.user.id] = object()
        bot.updates.allow(params.get("allowed_updates"))
        _confirm(bot, params.get("offset", 0))
        bot.updates.bell.ring()  # an older request looks up, and finds that it is not the newest
        limit = min(max(params.get("limit", _MOST), 1), _MOST)
        end = time.monotonic() + min(params.get("timeout", 0), _LONGEST_WAIT)
        while not (found := bot.updates.first(limit)):
            left = end - time.monotonic()
            if left <= 0 or caller.gone().done() or self._stopping.is_set():
                break
            await bot.updates.bell.heard_or(caller.gone(), left)
            if self._newest[bot.user.id] is not mine:
                raise ApiError(_TWO_POLLERS, 409)
            if bot.webhook is not None:
                raise ApiError(_WEBHOOK, 409)
        return found


def _confirm(bot: BotAccount, offset: int) -> None:
    if offset > 0:
        bot.updates.confirm_before(offset)
    elif offset < 0:
        bot.updates.keep_last(-offset)
