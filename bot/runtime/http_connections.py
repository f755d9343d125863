"""Connections of the HTTP servers, with limits of their number and of slow requests.

uvicorn waits for a request without end, so that a few hundred started requests would hold up all
others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_MAX_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of a server. A connection that exceeds one of them is closed without an answer.

    - `header_seconds`: from the start of a connection or a request until its headers are complete.
    - `body_seconds`: from then until the body is complete. The answer may take longer.
    - `max_connections`: open connections. Telegram uses at most 100.
    - `max_unfinished`: connections whose request is not complete. The oldest one gives way.
    """

    header_seconds: float = 10.0
    body_seconds: float = 20.0
    max_connections: int = 1000
    max_unfinished: int = 200


def make_protocol_factory(limits: ConnectionLimits) -> Callable[..., asyncio.Protocol]:
    """Return what uvicorn calls for each connection of one server."""
    return partial(_LimitedProtocol, limits=limits, unfinished={})


class _LimitedProtocol(HttpToolsProtocol):
    """One connection. `unfinished` holds the server's connections that wait for the client."""

    def __init__(
        self,
        *args: Any,
        limits: ConnectionLimits,
        unfinished: dict[_LimitedProtocol, None],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._limits = limits
        self._unfinished = unfinished
        self._timer: asyncio.TimerHandle | None = None
        self._changes = 0  # of the state of a request: started, headers read, complete
        self._seconds_left: float | None = None  # for what is missing of the request
        self._header_bytes = 0
        self._reads_headers = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= self._limits.max_connections:
            self.transport = transport
            self._abort()
            return
        super().connection_made(transport)
        self._wait_for_client(self._limits.header_seconds)
        if len(self._unfinished) > self._limits.max_unfinished:
            next(iter(self._unfinished))._abort()  # noqa: SLF001

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        changes = self._changes
        super().data_received(data)
        # Mostly a request is complete with its first piece, and no timer is needed.
        if self._changes != changes:
            self._stop_waiting()
            if self._seconds_left is not None:
                self._wait_for_client(self._seconds_left)
        if self._reads_headers:
            self._header_bytes += len(data)
            if self._header_bytes > _MAX_HEADER_BYTES:
                self._abort()
        # An empty line between two requests ends uvicorn's timer of idle connections.
        if self._timer is None and self.timeout_keep_alive_task is None and self._is_idle():
            self._wait_for_client(self._limits.header_seconds)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes, self._reads_headers = 0, True
        self._expect(self._limits.header_seconds)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._reads_headers = False
        self._expect(self._limits.body_seconds)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._expect(None)

    def _expect(self, seconds: float | None) -> None:
        """Note until when the next part of the request has to come; None if it is complete."""
        self._changes += 1
        self._seconds_left = seconds

    def _is_idle(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete

    def _wait_for_client(self, seconds: float) -> None:
        """Abort the connection after this time, unless the client finishes its request."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._abort)
        self._unfinished.setdefault(self)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._unfinished.pop(self, None)

    def _abort(self) -> None:
        self._stop_waiting()
        self.transport.abort()
