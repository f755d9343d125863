"""HTTP on a loopback address, by uvicorn's protocol.

uvicorn's own server looks every tenth of a second whether it should stop, takes signals over, and
cannot close a connection unanswered. A simulator that tests start by the hundred needs otherwise.
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

HANG_UP = "simulator.hang_up"  # a function in the scope that closes the connection
_PATIENCE = 2.0  # seconds that requests under way have at the end


class _Protocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment]
        scope[HANG_UP] = self.transport.abort


class HttpListener:
    """Serves an ASGI application in the running loop."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        """`port` 0 is any free one. ValueError for an address that others can reach."""
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
        """Listen; the port. OSError when it is taken."""
        self._config.load()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocol, self._host, self._port, backlog=2048
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def _protocol(self) -> asyncio.Protocol:
        return _Protocol(self._config, self._state, {})

    async def stop(self) -> None:
        """Answer what is under way, and close."""
        if self._server is None:
            return
        self._server.close()
        connections: list[Any] = list(self._state.connections)
        for connection in connections:
            connection.shutdown()
        tasks = set(self._state.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_PATIENCE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for connection in connections:
            connection.transport.close()
        # What is closed is told so in the loop's next rounds; uvicorn has no event for it.
        while self._state.connections:  # noqa: ASYNC110
            await asyncio.sleep(0)
