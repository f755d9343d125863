"""Whoever waits for an answer: they may hang up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive


class ClientConnection:
    """The other end of a request whose body was read; without `receive` nobody waits."""

    def __init__(self, receive: Receive | None) -> None:
        self._receive = receive
        self._gone: asyncio.Future[None] | None = None

    def gone(self) -> asyncio.Future[None]:
        """Done when nobody waits any more."""
        if self._gone is None:
            # Only a request that has to wait pays for a task.
            self._gone = asyncio.ensure_future(self._watch())
        return self._gone

    async def _watch(self) -> None:
        while self._receive is not None:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return

    def close(self) -> None:
        """Look no longer."""
        if self._gone is not None:
            self._gone.cancel()
