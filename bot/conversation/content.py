"""Content: a question that a bare yes or no does not answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.conversation.flow import Answers, Input, Rejected
from bot.conversation.typed_words import is_polite_only

if TYPE_CHECKING:
    from bot.conversation.reply import Reply

NO_CONTENT = "gather.no_content"  # the reason of Rejected for a bare yes or no


def needs_content(question: Input) -> Input:
    """Return a question for messages that does not take a bare "vâng" or "không" as a message."""

    def parse(reply: Reply, answers: Answers) -> Any:
        if reply.choice is None and reply.attachment is None and is_polite_only(reply.text or ""):
            raise Rejected(NO_CONTENT)
        return question.parse(reply, answers)

    return replace(question, parse=parse, reasons=(*question.reasons, NO_CONTENT))
