"""A text is stored or refused, never both, and never neither, in every state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.conversation.drafts import advance_draft
from bot.conversation.engine import Ask, Done, Stopped
from bot.conversation.reply import Reply
from bot.feedback.first_messages import find_aside
from storage.conversations import StoredChat
from tests.listening.test_asides_everywhere import BINDINGS, list_states
from tests.listening.test_typed_words import KEYBOARDS

if TYPE_CHECKING:
    from bot.conversation.bindings import FlowBinding
    from bot.conversation.engine import TurnResult

TEXTS = (
    "Đèn đường trước cổng trường hỏng cả tháng nay rồi",
    "Hàng quán bày kín vỉa hè",
    "xyzzy",
    "quầy thuốc",
    "0912 345",
    "a" * 3000,
)


def _holds(turn: TurnResult, text: str) -> bool:
    """Return True if the turn keeps a text as an answer, or as what the question is about."""
    answers = turn.answers if isinstance(turn, Ask | Done) else {}
    kept = {name: each for name, each in answers.items() if not name.startswith("@last")}
    return text in _flatten(kept)


def _flatten(value: Any) -> list[str]:
    """Return all texts within an answer."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in _flatten(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in _flatten(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("binding", BINDINGS, ids=lambda each: each.flow.name)
def test_a_text_is_stored_or_refused(binding: FlowBinding) -> None:
    """What is refused is not stored; what is not refused is stored, or was said to be nothing."""
    for ask in list_states(binding.flow):
        for text in TEXTS:
            row = StoredChat(
                key=1, flow=binding.flow.name, answers=dict(ask.answers), language="vi"
            )
            reply = Reply(text=text, message_id=90, sent_at=10)
            turn = advance_draft(binding.flow, row, reply, KEYBOARDS, find_aside)
            state = (ask.step.name, text[:30])
            if isinstance(turn, Stopped):
                continue
            rejected = turn.rejected if isinstance(turn, Ask) else None
            is_told = isinstance(turn, Ask) and bool(turn.notices)
            if rejected is not None and rejected.noted is None:
                assert not _holds(turn, text), state
            elif rejected is None and not is_told:
                assert _holds(turn, text), state
