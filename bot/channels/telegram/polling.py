"""Polling: the offset of updates is confirmed only after their effects are committed."""

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

    from bot.channels.telegram.update_handler import UpdateHandler

log = structlog.get_logger()

# The library would rather parse the updates itself; see `_fetch` for why it must not.
warnings.filterwarnings("ignore", "Please use 'Bot.getUpdates'", PTBUserWarning)

_MAX_UPDATES = 50  # in one response; all of them may be redelivered after a crash
assert REMEMBERED_UPDATES > _MAX_UPDATES
_MAX_PAUSE = 15.0  # seconds


class Polling:
    """Fetches updates. Those of one chat are handled in order, those of many chats in parallel."""

    def __init__(
        self,
        bot: Bot,
        update_handler: UpdateHandler,
        allowed: Sequence[str],
        on_stop: Callable[[str], None],
        *,
        wait: int = 25,
    ) -> None:
        """Create the poller; Telegram holds a request without updates for `wait` seconds."""
        self._bot = bot
        self._update_handler = update_handler
        self._allowed = list(allowed)
        self._on_stop = on_stop
        self._wait = wait
        self._offset = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Poll until `stopping` is set; handle and confirm the updates that were fetched."""
        pause = 0.5
        while not stopping.is_set():
            fetching = asyncio.ensure_future(self._fetch())
            stopped = asyncio.ensure_future(stopping.wait())
            await asyncio.wait((fetching, stopped), return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not fetching.done():
                # No update is lost: those that Telegram may be sending now are not confirmed.
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
        await self._confirm()

    async def _fetch(self) -> Sequence[Mapping[str, Any]]:
        # Raw updates: if the library cannot parse one, the others are handled all the same.
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
            *(self._in_order(chain) for chain in by_chat.values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        # After an empty response all updates are confirmed, and the offset is reset: after an idle
        # week Telegram continues with a random, perhaps lower id, which an old offset would hide.
        self._offset = max((int(update["update_id"]) for update in updates), default=-1) + 1

    async def _in_order(self, updates: Iterable[Mapping[str, Any]]) -> None:
        for update in updates:
            await self._update_handler.handle_update(update)

    async def _wait_or_stop(self, stopping: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _confirm(self) -> None:
        """Confirm the handled updates before the end, so that they do not come again."""
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
    """Return the id of the chat, or of the person, whose updates are handled in order."""
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
