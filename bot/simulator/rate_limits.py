"""Telegram's rates, on the simulator's clock."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.simulator.api_types import ApiError

if TYPE_CHECKING:
    from bot.simulator.api_types import Json

# Messages are counted, and edits of them; asking and answering are not.
_COUNTED = ("send", "copy", "forward", "editmessage")
_BURST = 3
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class RateLimitSettings:
    """How many messages a bot may send; Telegram's FAQ names these."""

    enabled: bool = False
    global_per_second: float = 30
    chat_per_second: float = 1
    group_per_minute: int = 20


@dataclass(slots=True)
class _Bucket:
    """Holds `burst` at most, and fills at `rate` a second."""

    rate: float
    burst: float
    left: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until one can be taken."""
        self.left = min(self.burst, self.left + max(0.0, now - self.at) * self.rate)
        self.at = now
        return 0.0 if self.left >= 1 else (1 - self.left) / self.rate


class RateLimits:
    """Counts each bot's messages, and refuses what is too many."""

    def __init__(self) -> None:
        self.rates = RateLimitSettings()
        self._buckets: dict[object, _Bucket] = {}
        self._groups: dict[object, deque[float]] = {}

    def set(self, rates: RateLimitSettings) -> None:
        """New rates, counted from now."""
        self.rates = rates
        self._buckets.clear()
        self._groups.clear()

    def check(self, bot_id: int, method: str, params: Json, now: float) -> None:
        """Count a request; raises Refused 429 when it is too early. The name in lower case."""
        if not self.rates.enabled or not method.startswith(_COUNTED) or method == "sendchataction":
            return
        chat_id = params.get("chat_id")
        is_group = isinstance(chat_id, int) and chat_id < 0
        rates = self.rates
        everything = self._bucket(bot_id, rates.global_per_second, rates.global_per_second, now)
        taken = [everything]
        wait = everything.wait(now)
        if is_group:
            wait = max(wait, self._group_wait((bot_id, chat_id), now))
        else:
            chat = self._bucket((bot_id, chat_id), rates.chat_per_second, _BURST, now)
            wait = max(wait, chat.wait(now))
            taken.append(chat)
        if wait > 0:
            raise too_many_requests(math.ceil(wait))
        for bucket in taken:
            bucket.left -= 1
        if is_group:
            self._groups[bot_id, chat_id].append(now)

    def _bucket(self, key: object, rate: float, burst: float, now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(rate, max(1.0, burst), max(1.0, burst), now)
        return bucket

    def _group_wait(self, key: object, now: float) -> float:
        sent = self._groups.setdefault(key, deque())
        while sent and sent[0] <= now - _MINUTE:
            sent.popleft()
        return sent[0] + _MINUTE - now if len(sent) >= self.rates.group_per_minute else 0.0


def too_many_requests(retry_after: int) -> ApiError:
    """Telegram's answer to what is too many."""
    return ApiError(f"Too Many Requests: retry after {retry_after}", 429, retry_after=retry_after)
