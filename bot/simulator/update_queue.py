"""The updates that wait for one bot."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from bot.simulator.notifier import Notifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.simulator.api_types import Json

# Left out unless a bot asks for them by name.
_ONLY_ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class QueuedUpdate:
    """One update; those of one `lane` (a chat) are delivered in order."""

    id: int
    lane: object
    body: bytes


class UpdateQueue:
    """A queue that forgets an update only when it is confirmed."""

    def __init__(self) -> None:
        # Numbers of an earlier simulator must not come again: a bot remembers what it took.
        self.last_id = time.time_ns() // 10**6 % 2**31
        self.allowed: frozenset[str] | None = None
        self.bell = Notifier()
        self.on_added: Callable[[QueuedUpdate], None] | None = None
        self._waiting: OrderedDict[int, QueuedUpdate] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, kind: str, content: Json, lane: object) -> int:
        """Queue an update unless the bot does not want its kind; the id, used or not."""
        self.last_id += 1
        if self._wants(kind):
            self._put(self.last_id, lane, {"update_id": self.last_id, kind: content})
        return self.last_id

    def add_raw(self, update: Json, lane: object) -> int:
        """Queue whatever it is, even what Telegram would never send."""
        given = update.get("update_id")
        update_id = given if isinstance(given, int) else self.last_id + 1
        in_order = update_id > self.last_id
        self.last_id = max(self.last_id, update_id)
        # A wrong update_id is delivered as it is: it is what is being tried.
        self._put(
            update_id, lane, update if "update_id" in update else {**update, "update_id": update_id}
        )
        if not in_order:
            self._waiting = OrderedDict(sorted(self._waiting.items()))
        return update_id

    def _put(self, update_id: int, lane: object, content: Json) -> None:
        update = QueuedUpdate(update_id, lane, orjson.dumps(content))
        self._waiting[update_id] = update
        if len(self._waiting) > _KEPT:
            self._waiting.popitem(last=False)
        if self.on_added is not None:
            self.on_added(update)
        self.bell.ring()

    def _wants(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in _ONLY_ON_REQUEST

    def allow(self, kinds: Iterable[str] | None) -> None:
        """Remember which kinds are wanted; None leaves it as it was, none at all is the default."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def confirm_before(self, update_id: int) -> None:
        """Forget what came before an id."""
        waiting = self._waiting
        before = len(waiting)
        while waiting and next(iter(waiting)) < update_id:
            waiting.popitem(last=False)
        if len(waiting) != before:
            self.bell.ring()

    def confirm(self, update_id: int) -> None:
        """Forget one."""
        if self._waiting.pop(update_id, None) is not None:
            self.bell.ring()

    def keep_last(self, count: int) -> None:
        """Forget all but the newest: what a negative offset asks for."""
        while len(self._waiting) > count:
            self._waiting.popitem(last=False)
        self.bell.ring()

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()
        self.bell.ring()

    def first(self, limit: int) -> list[QueuedUpdate]:
        """The oldest, in order."""
        return [update for update, _ in zip(self._waiting.values(), range(limit), strict=False)]

    def all(self) -> list[QueuedUpdate]:
        """Everything that waits, in order."""
        return list(self._waiting.values())

    def has(self, update: QueuedUpdate) -> bool:
        """Whether it still waits."""
        return self._waiting.get(update.id) is update

    async def confirmed(self, last_id: int) -> None:
        """Return when nothing up to an id waits any more."""
        while self._waiting and next(iter(self._waiting)) <= last_id:
            await self.bell.heard()
