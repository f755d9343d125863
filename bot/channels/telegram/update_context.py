"""The context of one update: its time, and the results of handling it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.channels.telegram.reply import PendingReply


@dataclass(slots=True)
class UpdateContext:
    """The time at which an update arrived, and the results of handling it.

    - `language`: the language of the bot that fits the person's own, for a new chat.
    - `may_answer`: True if the update came to the webhook, whose response may call one method of
      the Bot API.
    - `update_id`: the number of the update, None if it cannot be read.
    - `pressed_message`: the message whose button was pressed, as Telegram describes it; else empty.
    - `answer`: the method and its parameters to put into that response, in the form of
      the Bot API; None for an empty response.
    - `failure`: the exception that a handler raised, or None.
    - `replies`: the replies to the update, in order.
    """

    now: datetime
    may_answer: bool
    update_id: int | None = None
    language: str | None = None
    pressed_message: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] | None = None
    failure: Exception | None = None
    replies: list[PendingReply] = field(default_factory=list)


current_update: ContextVar[UpdateContext] = ContextVar("current_update")
