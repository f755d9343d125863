"""Serve HTTP on a loopback address with uvicorn's protocol class.

uvicorn's own server does not fit: it polls ten times a second whether it should stop, it installs
signal handlers, and it cannot close a connection without a response.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from bot.simulator.methods.webhooks import is_loopback

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from starlette.types import ASGIApp

# The key of the ASGI scope for a function that closes the connection.
ABORT_CONNECTION = "simulator.abort_connection"
_STOP_TIMEOUT = 2.0  # seconds for running requests to finish


class _Protocol(HttpToolsProtocol):
    """Adds the function that closes the connection to the scope of each request."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment]
        scope[ABORT_CONNECTION] = self.transport.abort


class HttpListener:
    """Serves an ASGI application in the running event loop."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        """Take the address; port 0 is any free port. Raises ValueError if it is not loopback."""
        if not is_loopback(host):
            raise ValueError(
                f"the simulator listens on loopback only, not on {host}: use 127.0.0.1 or ::1"
            )
        self._config = Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=75,
        )
        self._host = host
        self._port = port
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Start listening; return the port. Raises OSError if the port is in use."""
        self._config.load()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._create_protocol, self._host, self._port, backlog=2048
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def _create_protocol(self) -> asyncio.Protocol:
        return _Protocol(self._config, self._state, {})

    async def stop(self) -> None:
        """Finish the running requests and close all connections.

        Requests that are not finished after 2 seconds are cancelled.
        """
        if self._server is None:
            return
        self._server.close()
        connections: list[Any] = list(self._state.connections)
        for connection in connections:
            connection.shutdown()
        tasks = set(self._state.tasks)
        if tasks:
            _, unfinished = await asyncio.wait(tasks, timeout=_STOP_TIMEOUT)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        for connection in connections:
            connection.transport.close()
        # uvicorn removes closed connections in the next iterations of the loop, without an event.
        while self._state.connections:  # noqa: ASYNC110
            await asyncio.sleep(0)
