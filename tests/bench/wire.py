"""Just enough HTTP/1.1 for the bench: a head, and a body of a given length, on kept connections."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple, cast


class HttpMessage(NamedTuple):
    """A complete message: its head, its body, and the bytes received after it."""

    head: bytes
    body: bytes
    rest: bytes


def split_first_message(received: bytes) -> HttpMessage | None:
    """Return the first message in the received bytes, or None while it is incomplete."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head, begin = received[:end], end + 4
    lowered = head.lower()
    position = lowered.find(b"content-length:")
    length = int(lowered[position + 15 :].split(b"\r\n", 1)[0]) if position >= 0 else 0
    if len(received) < begin + length:
        return None
    return HttpMessage(head, received[begin : begin + length], received[begin + length :])


class HttpConnection(asyncio.Protocol):
    """A connection that splits the received bytes into messages."""

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not its children

    def data_received(self, data: bytes) -> None:
        """Pass each complete message to `handle_message`."""
        self._received += data
        while (whole := split_first_message(self._received)) is not None:
            self._received = whole.rest
            self.handle_message(whole)

    def handle_message(self, message: HttpMessage) -> None:
        """Handle a complete message."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        """Send bytes."""
        assert self._transport is not None
        self._transport.write(data)


class HttpCaller(HttpConnection):
    """A connection that posts requests to a webhook, as Telegram does, and waits for answers."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[asyncio.Future[tuple[int, bytes]]] = deque()

    def handle_message(self, message: HttpMessage) -> None:
        """Pass the status and the body of an answer to the caller that waits first."""
        self._waiting.popleft().set_result((int(message.head.split(b" ", 2)[1]), message.body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Raise ConnectionError in every caller that waits."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(ConnectionError(f"the webhook hung up: {exc}"))

    async def post(self, head: bytes, body: bytes) -> tuple[int, bytes]:
        """Post a request; return the status and the body of its answer. Raises ConnectionError."""
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self.write(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))
        return await answer
