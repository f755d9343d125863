"""The context of the update that is being handled."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(slots=True)
class UpdateContext:
    """The time at which an update arrived, and the results of its handling.

    `may_answer` is True for a webhook: its response may call one method of the Bot API. `answer`
    is that method with its parameters. `failure` is the exception that a handler raised.
    """

    now: datetime
    may_answer: bool
    answer: Mapping[str, Any] | None = None
    failure: Exception | None = None


current_update: ContextVar[UpdateContext] = ContextVar("current_update")
