"""The method getUpdates, with long polling."""

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

_MAX_UPDATES = 100  # in one response
_MAX_WAIT_SECONDS = 50  # of one request
_POLLING_CONFLICT = (
    "Conflict: terminated by other getUpdates request;"
    " make sure that only one bot instance is running"
)
_WEBHOOK_CONFLICT = (
    "Conflict: can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)


class LongPolling:
    """Answers requests for updates. A new request of a bot ends an older one that still waits."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._stopping = stopping
        self._newest: dict[int, object] = {}

    async def get_updates(
        self, bot: BotAccount, params: Json, client: ClientConnection
    ) -> Sequence[QueuedUpdate]:
        """Confirm the updates before the offset, and return the next ones; wait for the first.

        The wait ends when the client disconnects. Raises ApiError for a conflict.
        """
        if bot.webhook is not None:
            raise ApiError(_WEBHOOK_CONFLICT, 409)
        request = self._newest[bot.user.id] = object()
        bot.updates.set_allowed_kinds(params.get("allowed_updates"))
        _confirm_updates(bot, params.get("offset", 0))
        # An older request wakes up and sees that it is not the newest.
        bot.updates.notifier.notify_all()
        limit = min(max(params.get("limit", _MAX_UPDATES), 1), _MAX_UPDATES)
        end = time.monotonic() + min(params.get("timeout", 0), _MAX_WAIT_SECONDS)
        while not (updates := bot.updates.list_first(limit)):
            remaining = end - time.monotonic()
            if remaining <= 0 or client.watch_disconnect().done() or self._stopping.is_set():
                break
            await bot.updates.notifier.wait_or(client.watch_disconnect(), remaining)
            if self._newest[bot.user.id] is not request:
                raise ApiError(_POLLING_CONFLICT, 409)
            if bot.webhook is not None:
                raise ApiError(_WEBHOOK_CONFLICT, 409)
        return updates


def _confirm_updates(bot: BotAccount, offset: int) -> None:
    """Confirm updates: before a positive offset; all but the last ones for a negative one."""
    if offset > 0:
        bot.updates.confirm_before(offset)
    elif offset < 0:
        bot.updates.keep_last(-offset)
