"""What happened in the chats, for a page that follows it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bot.simulator.notifier import Notifier

if TYPE_CHECKING:
    from bot.simulator.api_types import Json

_KEPT = 10_000


class Events:
    """The newest events, with ids that only grow."""

    def __init__(self) -> None:
        self.last = 0
        self.bell = Notifier()
        self._kept: deque[Json] = deque(maxlen=_KEPT)

    def tell(self, kind: str, chat_id: int | None, **more: object) -> None:
        """Note that something happened."""
        self.last += 1
        self._kept.append({"id": self.last, "kind": kind, "chat_id": chat_id, **more})
        self.bell.ring()

    def after(self, event_id: int) -> list[Json]:
        """Those that came later than one, oldest first."""
        found: list[Json] = []
        for event in reversed(self._kept):
            if event["id"] <= event_id:
                break
            found.append(event)
        return found[::-1]

    async def wait_after(self, event_id: int, seconds: float) -> list[Json]:
        """The same, waiting a while for the first; an id from the future is not waited for."""
        if event_id == self.last:
            await self.bell.heard(seconds)
        return self.after(event_id)
