"""The Telegram of the bench: as little as is needed, as fast as can be, on loopback."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

_SENDS = frozenset({b"sendMessage", b"editMessageText"})
_BOT = {"id": 123456, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


@dataclass
class Chat:
    """What one chat has seen: how many messages, and the data of the newest keyboard."""

    seen: int = 0
    buttons: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Peer:
    """Answers the Bot API's methods; counts them, and wakes whoever waits in a chat."""

    def __init__(self) -> None:
        self.calls = 0
        self.chats: dict[int, Chat] = defaultdict(Chat)
        self.webhook = asyncio.Event()
        self._number = 0

    def answer(self, method: bytes, parameters: Json) -> object:
        """The result of a method."""
        if method in _SENDS:
            self.calls += 1
            return self._shown(parameters)
        if method == b"answerCallbackQuery":
            self.calls += 1
        if method == b"setWebhook":
            self.webhook.set()
        return _BOT if method == b"getMe" else True

    def _shown(self, parameters: Json) -> Json:
        chat_id = int(parameters["chat_id"])
        markup = parameters.get("reply_markup")
        if isinstance(markup, str):
            markup = orjson.loads(markup)
        chat = self.chats[chat_id]
        chat.seen += 1
        if markup and "inline_keyboard" in markup:
            rows = markup["inline_keyboard"]
            chat.buttons = [button["callback_data"] for row in rows for button in row]
        chat.changed.set()
        self._number += 1
        message = {
            "message_id": int(parameters.get("message_id") or self._number),
            "date": 1_790_000_000,
            "chat": {"id": chat_id, "type": "private", "first_name": "R"},
            "from": _BOT,
            "text": parameters["text"],
        }
        return {**message, "reply_markup": markup} if markup else message

    async def serve(self) -> tuple[asyncio.Server, str]:
        """Listen; the server and its address."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self.answer), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        return server, f"http://127.0.0.1:{port}"


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as the bots speak it: a head, a body of a given length, kept alive."""

    def __init__(self, answer: Callable[[bytes, Json], object]) -> None:
        self._answer = answer
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is none

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._received) < end + 4 + length:
                return
            path = self._received.split(b" ", 2)[1]
            body = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            self._respond(path.rsplit(b"/", 1)[1], _read(head, body))

    def _respond(self, method: bytes, parameters: Json) -> None:
        body = orjson.dumps({"ok": True, "result": self._answer(method, parameters)})
        assert self._transport is not None
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )


def _read(head: bytes, body: bytes) -> Json:
    if not body:
        return {}
    if b"application/json" in head:
        parsed: Json = orjson.loads(body)
        return parsed
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}
