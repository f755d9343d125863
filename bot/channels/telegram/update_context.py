"""One update on its way through the handlers, and what is to be answered for it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(slots=True)
class UpdateContext:
    """An update that arrived `now`.

    `may_answer`: whether a method can stand in the acknowledgement's body, as by webhook;
    `answer` is that method, `failure` what broke a handler.
    """

    now: datetime
    may_answer: bool
    answer: Mapping[str, Any] | None = None
    failure: Exception | None = None


current_update: ContextVar[UpdateContext] = ContextVar("arriving")
