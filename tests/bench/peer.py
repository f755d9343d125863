"""The Telegram of the bench: a minimal and fast Bot API on loopback."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson

from tests.bench.wire import HttpConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.wire import HttpMessage

Json = dict[str, Any]

_SHOWS = frozenset({b"sendMessage", b"editMessageText"})
_BOT = {"id": 123456, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
NOW = 1_790_000_000


@dataclass
class PeerChat:
    """The newest keyboard of a chat: the id of its message, and its buttons' data."""

    keyboard: int = 0
    buttons: tuple[str, ...] = ()
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Peer:
    """Answers the Bot API's methods, counts them, and wakes the load when a chat changes.

    A receipt is recognised by its button; no update of the load waits for it.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.receipts = 0
        self.chats: dict[int, PeerChat] = defaultdict(PeerChat)
        self.webhook = asyncio.Event()
        self._number = 0
        self._receipt = asyncio.Event()

    async def wait_for_receipts(self, receipts: int) -> None:
        """Return when at least this many receipts were sent in total."""
        while self.receipts < receipts:
            self._receipt.clear()
            await self._receipt.wait()

    def answer(self, method: bytes, parameters: Json) -> object:
        """Return the result of a method."""
        self.calls += 1
        if method in _SHOWS:
            return self._shown(parameters)
        if method == b"setWebhook":
            self.webhook.set()
        return _BOT if method == b"getMe" else True

    def _shown(self, parameters: Json) -> Json:
        chat_id, markup = int(parameters["chat_id"]), parameters.get("reply_markup")
        if isinstance(markup, str):  # a form's
            markup = orjson.loads(markup)
        self._number += 1
        number = int(parameters.get("message_id") or self._number)
        self._look(self.chats[chat_id], number, markup)
        message = {
            "message_id": number,
            "date": NOW,
            "chat": {"id": chat_id, "type": "private", "first_name": "Resident"},
            "from": _BOT,
            "text": parameters["text"],
        }
        return {**message, "reply_markup": markup} if markup else message

    def _look(self, chat: PeerChat, number: int, markup: Json | None) -> None:
        rows = markup["inline_keyboard"] if markup else ()
        buttons = tuple(button["callback_data"] for row in rows for button in row)
        if buttons and buttons[0].startswith("mine:"):
            self.receipts += 1
            self._receipt.set()
            return
        chat.keyboard, chat.buttons = number, buttons
        chat.changed.set()

    async def serve(self) -> tuple[asyncio.Server, str]:
        """Listen on a free port; return the server and its address."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self.answer), "127.0.0.1", 0)
        return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class _Connection(HttpConnection):
    def __init__(self, answer: Callable[[bytes, Json], object]) -> None:
        super().__init__()
        self._answer = answer

    def handle_message(self, message: HttpMessage) -> None:
        """Send the result of the method that a request calls."""
        method = message.head.split(b" ", 2)[1].rsplit(b"/", 1)[1]
        result = self._answer(method, _parse_parameters(message.body))
        body = orjson.dumps({"ok": True, "result": result})
        self.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )


def _parse_parameters(body: bytes) -> Json:
    """Return the parameters in a body: JSON from this bot, a form from the stock library."""
    if body.startswith(b"{"):
        parsed: Json = orjson.loads(body)
        return parsed
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}
