"""Every request of the bots, newest kept."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.simulator.api_types import Json

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request and what was answered; status 0 when nothing was."""

    id: int
    at: float
    method: str
    params: Json
    status: int
    ok: bool
    description: str | None

    def as_json(self) -> Json:
        """As the control interface shows it."""
        return {name: getattr(self, name) for name in self.__slots__}


class Journal:
    """A bounded record."""

    def __init__(self) -> None:
        self.last = 0
        self._entries: deque[JournalEntry] = deque(maxlen=_KEPT)

    def note(
        self, at: float, method: str, params: Json, status: int, description: str | None = None
    ) -> None:
        """Add a request that was answered."""
        self.last += 1
        ok = status == 200 and description is None
        self._entries.append(JournalEntry(self.last, at, method, params, status, ok, description))

    def entries(
        self,
        after: int = 0,
        method: str | None = None,
        chat_id: int | None = None,
        limit: int | None = None,
    ) -> list[JournalEntry]:
        """Those that fit, oldest first; of too many, the newest."""
        found: list[JournalEntry] = []
        for entry in reversed(self._entries):
            if entry.id <= after or len(found) == limit:
                break
            if method is not None and entry.method.lower() != method.lower():
                continue
            if chat_id is not None and str(entry.params.get("chat_id")) != str(chat_id):
                continue
            found.append(entry)
        return found[::-1]

    def clear(self) -> None:
        """Forget them all."""
        self._entries.clear()
