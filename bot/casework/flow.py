"""The short conversations of officers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation.flow import Answers, Flow, Step
from bot.conversation.inputs import choice, review, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.screen import Param


def proposed(answers: Answers) -> Mapping[str, Param]:
    """The answer as the resident will read it."""
    return {name: answers[name] for name in ("text", "measure", "deadline")}


BAN_DAYS = ("1", "7", "30", "365")

BAN = Flow(
    "ban",
    (
        Step("days", choice("ban.days", *BAN_DAYS)),
        Step("reason", text("ban.reason", limit=300)),
    ),
)

_LONG, _SHORT = 3000, 300  # characters

ASK = Flow("ask", (Step("question", text("ask.question", limit=_LONG)),))

PROPOSE = Flow(
    "propose",
    (
        Step("text", text("propose.text", limit=_LONG)),
        Step("measure", text("propose.measure", limit=_SHORT)),
        Step("deadline", text("propose.deadline", limit=_SHORT)),
        Step("review", review("propose.review", proposed)),
    ),
)

SEND_BACK = Flow("send_back", (Step("reason", text("send_back.reason", limit=_LONG)),))

TRANSFER = Flow(
    "transfer",
    (
        Step("body", text("transfer.body", limit=_SHORT)),
        Step("contact", text("transfer.contact", limit=_SHORT)),
    ),
)

REJECT = Flow("reject", (Step("reason", text("reject.reason", limit=_LONG)),))

NOTE = Flow("note", (Step("text", text("note.text", limit=_LONG)),))

ACTIONS = (ASK, PROPOSE, SEND_BACK, TRANSFER, REJECT, NOTE)
