"""Polling: the offset is confirmed only after what it confirms is committed."""

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

_AT_ONCE = 50  # updates that can be redelivered after a crash; all of them are remembered
assert REMEMBERED_UPDATES > _AT_ONCE
_LONGEST_PAUSE = 15.0


class Polling:
    """Fetches updates until stopped: one chat's in order, different chats' at the same time."""

    def __init__(
        self,
        bot: Bot,
        intake: UpdateHandler,
        allowed: Sequence[str],
        on_stop: Callable[[str], None],
        *,
        wait: int = 25,
    ) -> None:
        """`wait` is how many seconds Telegram holds a request until there is something."""
        self._bot = bot
        self._intake = intake
        self._allowed = list(allowed)
        self._on_stop = on_stop
        self._wait = wait
        self._offset = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Poll until `stopping` is set; what was fetched by then is handled and confirmed."""
        pause = 0.5
        while not stopping.is_set():
            fetching = asyncio.ensure_future(self._fetch())
            stopped = asyncio.ensure_future(stopping.wait())
            await asyncio.wait((fetching, stopped), return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not fetching.done():
                # Nothing is lost: what Telegram may be sending now is not confirmed.
                fetching.cancel()
                break
            try:
                await self._handle_updates(fetching.result())
                pause = 0.5
            except (TelegramError, Unavailable) as error:
                if isinstance(error, TelegramError) and classify_error(error) is ErrorKind.STOP:
                    self._on_stop(str(error))
                    return
                pause = min(pause * 2, _LONGEST_PAUSE)
                log.warning("polling pauses", seconds=pause, error=str(error))
                await self._rest(stopping, max(pause, _asked(error)))
        await self._confirm()

    async def _fetch(self) -> Sequence[Mapping[str, Any]]:
        # The raw updates: one that the library cannot parse must not take the others with it.
        updates: Sequence[Mapping[str, Any]] = await self._bot.do_api_request(
            "getUpdates",
            api_kwargs={
                "offset": self._offset,
                "limit": _AT_ONCE,
                "timeout": self._wait,
                "allowed_updates": self._allowed,
            },
            read_timeout=self._wait + 10,
        )
        return updates

    async def _handle_updates(self, updates: Sequence[Mapping[str, Any]]) -> None:
        by_chat: dict[object, list[Mapping[str, Any]]] = defaultdict(list)
        for update in updates:
            by_chat[_chat_of(update)].append(update)
        results = await asyncio.gather(
            *(self._in_order(chain) for chain in by_chat.values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        # After an empty answer everything is confirmed. An offset kept longer would hide what
        # comes after an idle week, when Telegram starts again at a random, perhaps lower number.
        self._offset = max((int(update["update_id"]) for update in updates), default=-1) + 1

    async def _in_order(self, updates: Iterable[Mapping[str, Any]]) -> None:
        for update in updates:
            await self._intake.handle_update(update)

    async def _rest(self, stopping: asyncio.Event, seconds: float) -> None:
        try:
            await asyncio.wait_for(stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _confirm(self) -> None:
        """Tell Telegram what is done before going, so that it does not come again."""
        if not self._offset:
            return
        try:
            await self._bot.do_api_request(
                "getUpdates", api_kwargs={"offset": self._offset, "limit": 1, "timeout": 0}
            )
        except TelegramError as error:
            log.info("the last updates will come again and be recognised", error=str(error))


def _asked(error: Exception) -> float:
    return get_retry_after(error).total_seconds() if isinstance(error, TelegramError) else 0.0


def _chat_of(update: Mapping[str, Any]) -> object:
    """What orders an update: the chat, or the person, that it came from."""
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
