"""Wake coroutines that wait for a change."""

from __future__ import annotations

import asyncio
from typing import Any


class Notifier:
    """Wakes all coroutines that wait when synchronous code reports a change."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify_all(self) -> None:
        """Wake all waiting coroutines."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait for the next notification. Return False if none comes within `seconds`."""
        return await self._wait_any((), seconds)

    async def wait_or(self, other: asyncio.Future[Any], seconds: float) -> bool:
        """Wait like `wait`, at most `seconds`, but return also when the other future is done."""
        return await self._wait_any((other,), seconds)

    async def _wait_any(
        self, others: tuple[asyncio.Future[Any], ...], seconds: float | None
    ) -> bool:
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait(
                (future, *others), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            return future.done()
        finally:
            self._waiting.discard(future)
