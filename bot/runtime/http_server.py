"""Serve an ASGI application over HTTP, with uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn

from bot.runtime.http_connections import ConnectionLimits, make_protocol_factory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

SHUTDOWN_SECONDS = 20.0  # the time that started requests may take when the server stops
_LIMITS = ConnectionLimits()


class PortTaken(Exception):
    """The server cannot listen on its host and port; the message says what to do."""


@contextlib.asynccontextmanager
async def serve_site(
    site: ASGIApp, host: str, port: int, limits: ConnectionLimits = _LIMITS
) -> AsyncIterator[int]:
    """Serve an ASGI application while the context is open, and yield its port.

    With port 0 the system chooses a free port. `limits` are those of its connections. Raises
    PortTaken.
    """
    listener = _bind(host, port)
    # A secret authenticates the caller, so headers about the caller's address are not read.
    server = _Server(
        uvicorn.Config(
            site,
            http=make_protocol_factory(limits),  # type: ignore[arg-type]  # it asks for a class
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            date_header=False,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.leave.set()
        await serving
        listener.close()


class _Server(uvicorn.Server):
    """A uvicorn server that stops when `leave` is set.

    uvicorn's own server polls ten times a second for its end, and installs signal handlers.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leave = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)  # sets the default headers
        await self.leave.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the requests under way within GRACE seconds, and close."""
        state = self.server_state
        for server in self.servers:
            server.close()
        for connection in list(state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_SECONDS):
                while state.connections or state.tasks:  # noqa: ASYNC110 - uvicorn has no event
                    await asyncio.sleep(0.005)
        for task in state.tasks:
            task.cancel()

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # uvicorn has no types here
        yield


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if the protocol is named. Without it, every answer with a body
    # waited 40 ms for the acknowledgement of its headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"cannot listen on {host} port {port} ({error.strerror}): stop what uses it or choose"
            " another port in the settings"
        ) from error
    listener.listen(2048)
    listener.setblocking(False)
    return listener
