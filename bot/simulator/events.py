"""A log of events in the chats, for the chat page."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bot.simulator.notifier import Notifier

if TYPE_CHECKING:
    from bot.simulator.api_types import Json

_MAX_EVENTS = 10_000  # that are stored; older ones are dropped


class Events:
    """The newest events. Ids only grow."""

    def __init__(self) -> None:
        self.last = 0
        self.notifier = Notifier()
        self._events: deque[Json] = deque(maxlen=_MAX_EVENTS)

    def add_event(self, kind: str, chat_id: int | None, **details: object) -> None:
        """Add an event and wake the coroutines that wait for one."""
        self.last += 1
        self._events.append({"id": self.last, "kind": kind, "chat_id": chat_id, **details})
        self.notifier.notify_all()

    def list_after(self, event_id: int) -> list[Json]:
        """Return the events with a higher id, oldest first."""
        events: list[Json] = []
        for event in reversed(self._events):
            if event["id"] <= event_id:
                break
            events.append(event)
        return events[::-1]

    async def wait_for_events(self, event_id: int, seconds: float) -> list[Json]:
        """Return the events with a higher id; wait at most `seconds` for the first.

        An id that does not exist yet is not waited for.
        """
        if event_id == self.last:
            await self.notifier.wait(seconds)
        return self.list_after(event_id)
