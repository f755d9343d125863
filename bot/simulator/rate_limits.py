"""Telegram's rate limits, measured with the simulator's clock."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.simulator.api_types import ApiError

if TYPE_CHECKING:
    from bot.simulator.api_types import Json

# Methods with these prefixes count: messages and their edits. Queries and answers do not count.
_COUNTED_PREFIXES = ("send", "copy", "forward", "editmessage")
_BURST = 3  # messages that a chat takes at once
_MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SimulatedRates:
    """The rate limits of a bot, by default those of Telegram's FAQ."""

    enabled: bool = False
    global_per_second: float = 30
    chat_per_second: float = 1
    group_per_minute: int = 20


@dataclass(slots=True)
class _Bucket:
    """A token bucket: at most `burst` tokens, refilled with `rate` tokens a second.

    left: the tokens at the time `at`, in Unix seconds
    """

    rate: float
    burst: float
    left: float
    at: float

    def compute_wait(self, now: float) -> float:
        """Refill the bucket; return the seconds until it has a token."""
        self.left = min(self.burst, self.left + max(0.0, now - self.at) * self.rate)
        self.at = now
        return 0.0 if self.left >= 1 else (1 - self.left) / self.rate


class RateLimits:
    """Counts the messages of each bot and rejects those over the limits."""

    def __init__(self) -> None:
        self.rates = SimulatedRates()
        self._buckets: dict[object, _Bucket] = {}
        self._groups: dict[object, deque[float]] = {}

    def configure(self, rates: SimulatedRates) -> None:
        """Set new rates and start counting anew."""
        self.rates = rates
        self._buckets.clear()
        self._groups.clear()

    def check_request(self, bot_id: int, method: str, params: Json, now: float) -> None:
        """Count a request. Raises ApiError 429 if it is over a limit.

        `method` is in lower case. `now` is in seconds.
        """
        if (
            not self.rates.enabled
            or not method.startswith(_COUNTED_PREFIXES)
            or method == "sendchataction"
        ):
            return
        chat_id = params.get("chat_id")
        is_group = isinstance(chat_id, int) and chat_id < 0
        rates = self.rates
        bot_bucket = self._get_bucket(bot_id, rates.global_per_second, rates.global_per_second, now)
        buckets = [bot_bucket]
        wait = bot_bucket.compute_wait(now)
        if is_group:
            wait = max(wait, self._compute_group_wait((bot_id, chat_id), now))
        else:
            chat_bucket = self._get_bucket((bot_id, chat_id), rates.chat_per_second, _BURST, now)
            wait = max(wait, chat_bucket.compute_wait(now))
            buckets.append(chat_bucket)
        if wait > 0:
            raise too_many_requests(math.ceil(wait))
        for bucket in buckets:
            bucket.left -= 1
        if is_group:
            self._groups[bot_id, chat_id].append(now)

    def _get_bucket(self, key: object, rate: float, burst: float, now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(rate, max(1.0, burst), max(1.0, burst), now)
        return bucket

    def _compute_group_wait(self, key: object, now: float) -> float:
        """Return the seconds until the group may get a message (sliding window)."""
        times = self._groups.setdefault(key, deque())
        while times and times[0] <= now - _MINUTE_SECONDS:
            times.popleft()
        return (
            times[0] + _MINUTE_SECONDS - now if len(times) >= self.rates.group_per_minute else 0.0
        )


def too_many_requests(retry_after: int) -> ApiError:
    """Return the error 429. `retry_after` is in seconds."""
    return ApiError(f"Too Many Requests: retry after {retry_after}", 429, retry_after=retry_after)
