"""The queue of updates for one bot."""

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

# Telegram sends these kinds only if the bot names them in allowed_updates.
_OPTIONAL_KINDS = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_MAX_UPDATES = 100_000  # that wait; older ones are dropped


@dataclass(frozen=True, slots=True)
class QueuedUpdate:
    """An update as JSON. Updates with the same `order_key` (a chat) are delivered in order."""

    id: int
    order_key: object
    body: bytes


class UpdateQueue:
    """A queue that removes an update only when it is confirmed."""

    def __init__(self) -> None:
        # Update ids of an earlier run must not be used again, as a bot remembers them. So the first
        # id is derived from the time.
        self.last_id = time.time_ns() // 10**6 % 2**31
        self.allowed: frozenset[str] | None = None
        self.notifier = Notifier()
        self.on_added: Callable[[QueuedUpdate], None] | None = None
        self._waiting: OrderedDict[int, QueuedUpdate] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def add_update(self, kind: str, content: Json, order_key: object) -> int:
        """Queue an update if the bot wants its kind. Return its id, which is used in any case."""
        self.last_id += 1
        if self._is_wanted(kind):
            self._append(self.last_id, order_key, {"update_id": self.last_id, kind: content})
        return self.last_id

    def add_raw_update(self, update: Json, order_key: object) -> int:
        """Queue any JSON object as an update, even an invalid one; return its id."""
        own_id = update.get("update_id")
        update_id = own_id if isinstance(own_id, int) else self.last_id + 1
        is_newest = update_id > self.last_id
        self.last_id = max(self.last_id, update_id)
        # An invalid update_id is delivered unchanged, so that a test can send one.
        self._append(
            update_id,
            order_key,
            update if "update_id" in update else {**update, "update_id": update_id},
        )
        if not is_newest:
            self._waiting = OrderedDict(sorted(self._waiting.items()))
        return update_id

    def _append(self, update_id: int, order_key: object, content: Json) -> None:
        update = QueuedUpdate(update_id, order_key, orjson.dumps(content))
        self._waiting[update_id] = update
        if len(self._waiting) > _MAX_UPDATES:
            self._waiting.popitem(last=False)
        if self.on_added is not None:
            self.on_added(update)
        self.notifier.notify_all()

    def _is_wanted(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in _OPTIONAL_KINDS

    def set_allowed_kinds(self, kinds: Iterable[str] | None) -> None:
        """Set the wanted kinds. None changes nothing; an empty collection restores the default."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def confirm_before(self, update_id: int) -> None:
        """Remove the updates with a lower id."""
        waiting = self._waiting
        count = len(waiting)
        while waiting and next(iter(waiting)) < update_id:
            waiting.popitem(last=False)
        if len(waiting) != count:
            self.notifier.notify_all()

    def confirm_update(self, update_id: int) -> None:
        """Remove one update."""
        if self._waiting.pop(update_id, None) is not None:
            self.notifier.notify_all()

    def keep_last(self, count: int) -> None:
        """Remove all updates except the newest `count`."""
        while len(self._waiting) > count:
            self._waiting.popitem(last=False)
        self.notifier.notify_all()

    def clear(self) -> None:
        """Remove all updates."""
        self._waiting.clear()
        self.notifier.notify_all()

    def list_first(self, limit: int) -> list[QueuedUpdate]:
        """Return the oldest updates, at most `limit`, in order."""
        return [update for update, _ in zip(self._waiting.values(), range(limit), strict=False)]

    def list_updates(self) -> list[QueuedUpdate]:
        """Return all updates in order."""
        return list(self._waiting.values())

    def contains(self, update: QueuedUpdate) -> bool:
        """Return True if the update is still queued."""
        return self._waiting.get(update.id) is update

    async def wait_until_confirmed(self, last_id: int) -> None:
        """Wait until all updates up to an id are confirmed."""
        while self._waiting and next(iter(self._waiting)) <= last_id:
            await self.notifier.wait()
