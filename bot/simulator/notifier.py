"""A bell: whoever waits for something is woken when it may have happened."""

from __future__ import annotations

import asyncio
from typing import Any


class Notifier:
    """Rung from synchronous code, heard by every coroutine that waits at that moment."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake everybody."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def heard(self, seconds: float | None = None) -> bool:
        """Wait for the next ring, some seconds at most; whether it rang."""
        return await self._wait((), seconds)

    async def heard_or(self, other: asyncio.Future[Any], seconds: float) -> bool:
        """The same, ended by another future, too."""
        return await self._wait((other,), seconds)

    async def _wait(self, others: tuple[asyncio.Future[Any], ...], seconds: float | None) -> bool:
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait(
                (future, *others), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            return future.done()
        finally:
            self._waiting.discard(future)
