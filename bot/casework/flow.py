"""The short conversations of officers."""

from __future__ import annotations

from bot.conversation.flow import Flow, Step
from bot.conversation.inputs import choice, text

BAN_DAYS = ("1", "7", "30", "365")

BAN = Flow(
    "ban",
    (
        Step("days", choice("ban.days", *BAN_DAYS)),
        Step("reason", text("ban.reason", limit=300)),
    ),
)
