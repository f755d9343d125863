"""Detect that the client of a request has disconnected."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive


class ClientConnection:
    """The connection of a request whose body has been read."""

    def __init__(self, receive: Receive | None) -> None:
        """Take the ASGI function `receive`, or None if no client waits for the response."""
        self._receive = receive
        self._disconnect: asyncio.Future[None] | None = None

    def watch_disconnect(self) -> asyncio.Future[None]:
        """Return a future that is done when no client waits for the response.

        The task for it is created at the first call, as most requests never wait.
        """
        if self._disconnect is None:
            self._disconnect = asyncio.ensure_future(self._wait_for_disconnect())
        return self._disconnect

    async def _wait_for_disconnect(self) -> None:
        while self._receive is not None:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return

    def stop_watching(self) -> None:
        """Cancel the future of `watch_disconnect`."""
        if self._disconnect is not None:
            self._disconnect.cancel()
