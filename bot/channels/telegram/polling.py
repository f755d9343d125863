"""Polling: fetches updates, and confirms them when neither their effects nor the replies to them
can be lost.
"""

from __future__ import annotations

import asyncio
import warnings
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import structlog
from telegram.error import TelegramError
from telegram.warnings import PTBUserWarning

from bot.channels.telegram.errors import ErrorKind, classify_error, get_retry_after
from storage.conversations import REMEMBERED_UPDATES
from storage.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from telegram import Bot

    from bot.channels.telegram.update_context import UpdateContext
    from bot.channels.telegram.update_handler import UpdateHandler

log = structlog.get_logger()

# The library warns that it could parse the updates itself. `_fetch_updates` says why it must not.
warnings.filterwarnings("ignore", "Please use 'Bot.getUpdates'", PTBUserWarning)

_MAX_UPDATES = 50  # in one response; after a crash all of them may be redelivered
assert REMEMBERED_UPDATES > _MAX_UPDATES
_MAX_PAUSE = 15.0  # seconds


class Polling:
    """Fetches updates from Telegram by long polling, and passes them to the update handler.

    Updates of one chat are handled in order, those of different chats in parallel.
    """

    def __init__(
        self,
        bot: Bot,
        update_handler: UpdateHandler,
        allowed: Sequence[str],
        on_stop: Callable[[str], None],
        *,
        wait: int = 25,
    ) -> None:
        """Create the poller.

        - `allowed`: the kinds of updates that Telegram is asked to send.
        - `on_stop`: called with the reason if Telegram refuses the token.
        - `wait`: the number of seconds for which Telegram holds a request until there is an update.
        """
        self._bot = bot
        self._update_handler = update_handler
        self._allowed = list(allowed)
        self._on_stop = on_stop
        self._wait = wait
        self._offset = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Poll until `stopping` is set. Before it returns, all fetched updates are handled.

        It also returns if Telegram refuses the token. Other errors are logged and retried.
        """
        pause = 0.5
        while not stopping.is_set():
            fetching = asyncio.ensure_future(self._fetch_updates())
            stopped = asyncio.ensure_future(stopping.wait())
            await asyncio.wait((fetching, stopped), return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not fetching.done():
                # No update is lost: Telegram sends unconfirmed updates again.
                fetching.cancel()
                break
            try:
                await self._handle_updates(fetching.result())
                pause = 0.5
            except (TelegramError, Unavailable) as error:
                if isinstance(error, TelegramError) and classify_error(error) is ErrorKind.STOP:
                    self._on_stop(str(error))
                    return
                pause = min(pause * 2, _MAX_PAUSE)
                log.warning("polling pauses", seconds=pause, error=str(error))
                await self._wait_or_stop(stopping, max(pause, _get_pause(error)))
        await self._confirm_updates()

    async def _fetch_updates(self) -> Sequence[Mapping[str, Any]]:
        # Fetch raw updates. If the library cannot parse one, the others are still handled.
        updates: Sequence[Mapping[str, Any]] = await self._bot.do_api_request(
            "getUpdates",
            api_kwargs={
                "offset": self._offset,
                "limit": _MAX_UPDATES,
                "timeout": self._wait,
                "allowed_updates": self._allowed,
            },
            read_timeout=self._wait + 10,
        )
        return updates

    async def _handle_updates(self, updates: Sequence[Mapping[str, Any]]) -> None:
        by_chat: dict[object, list[Mapping[str, Any]]] = defaultdict(list)
        for update in updates:
            by_chat[_get_order_key(update)].append(update)
        results = await asyncio.gather(
            *(self._handle_in_order(chain) for chain in by_chat.values()), return_exceptions=True
        )
        arrivals: list[UpdateContext] = []
        for result in results:
            if isinstance(result, BaseException):
                raise result
            arrivals += result
        await self._update_handler.secure_replies(arrivals)
        # After an empty response all updates are confirmed, and the offset is reset: after an idle
        # week Telegram continues with a random, perhaps lower id, which an old offset would hide.
        self._offset = max((int(update["update_id"]) for update in updates), default=-1) + 1

    async def _handle_in_order(self, updates: Iterable[Mapping[str, Any]]) -> list[UpdateContext]:
        return [await self._update_handler.handle_update(update) for update in updates]

    async def _wait_or_stop(self, stopping: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _confirm_updates(self) -> None:
        """Confirm the handled updates before stopping, so that they are not redelivered."""
        if not self._offset:
            return
        try:
            await self._bot.do_api_request(
                "getUpdates", api_kwargs={"offset": self._offset, "limit": 1, "timeout": 0}
            )
        except TelegramError as error:
            log.info("the last updates will be redelivered and recognised", error=str(error))


def _get_pause(error: Exception) -> float:
    return get_retry_after(error).total_seconds() if isinstance(error, TelegramError) else 0.0


def _get_order_key(update: Mapping[str, Any]) -> object:
    """Return the id of the chat or person: updates with the same id are handled in order."""
    for kind, content in update.items():
        if kind == "update_id" or not isinstance(content, dict):
            continue
        message = content.get("message", content)
        chat = message.get("chat") if isinstance(message, dict) else None
        person = content.get("from")
        for source in (chat, person):
            if isinstance(source, dict):
                return source.get("id")
    return update.get("update_id")
