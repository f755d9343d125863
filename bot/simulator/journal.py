"""The journal of the newest requests of the bots."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.simulator.api_types import Json

_MAX_ENTRIES = 10_000  # that are stored; older ones are dropped


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A request and its response.

    at:          the time, in Unix seconds of the simulator's clock
    status:      the HTTP status, 0 if there was no response
    ok:          True if the method succeeded
    description: that of an error response, None if there is none
    """

    id: int
    at: float
    method: str
    params: Json
    status: int
    ok: bool
    description: str | None

    def as_json(self) -> Json:
        """Return the entry for the control interface."""
        return {name: getattr(self, name) for name in self.__slots__}


class Journal:
    """Stores a limited number of entries."""

    def __init__(self) -> None:
        self.last = 0
        self._entries: deque[JournalEntry] = deque(maxlen=_MAX_ENTRIES)

    def add_request(
        self, at: float, method: str, params: Json, status: int, description: str | None = None
    ) -> None:
        """Add a request; see JournalEntry. `description` is that of an error response."""
        self.last += 1
        ok = status == 200 and description is None
        self._entries.append(JournalEntry(self.last, at, method, params, status, ok, description))

    def list_requests(
        self,
        after: int = 0,
        method: str | None = None,
        chat_id: int | None = None,
        limit: int | None = None,
    ) -> list[JournalEntry]:
        """Return the entries that match, oldest first; with a limit, the newest of them.

        after: only entries with a higher id
        """
        entries: list[JournalEntry] = []
        for entry in reversed(self._entries):
            if entry.id <= after or len(entries) == limit:
                break
            if method is not None and entry.method.lower() != method.lower():
                continue
            if chat_id is not None and str(entry.params.get("chat_id")) != str(chat_id):
                continue
            entries.append(entry)
        return entries[::-1]

    def clear(self) -> None:
        """Delete all entries."""
        self._entries.clear()
