"""From every state of every conversation of residents, help and a greeting change no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.conversation.consent import NOTICE_VERSION
from bot.conversation.drafts import advance_draft
from bot.conversation.engine import Ask, advance, present
from bot.conversation.reply import Reply
from bot.conversation.screens import show_question
from bot.feedback.first_messages import find_aside
from bot.runtime.flow_bindings import FLOW_BINDINGS
from storage.conversations import StoredChat
from tests.flows.replies import list_button_replies
from tests.listening.test_typed_words import KEYBOARDS

if TYPE_CHECKING:
    from bot.conversation.bindings import FlowBinding
    from bot.conversation.engine import TurnResult
    from bot.conversation.flow import Flow

BINDINGS = [each for each in FLOW_BINDINGS if each.takes_asides and not each.of_officers]
FACTS: dict[str, Any] = {"@code": "HP-2345-6789", "@about": "HP-2345-6789", "@reopens": True}
STARTS: list[dict[str, Any]] = [
    FACTS,
    {**FACTS, "@agreed": NOTICE_VERSION},
    {**FACTS, "@agreed": NOTICE_VERSION, "@recent": "HP-2345-6789"},
    {**FACTS, "@agreed": NOTICE_VERSION, "@doubtful": True},
    {
        **FACTS,
        "@agreed": NOTICE_VERSION,
        "details": [{"id": 9, "text": "Gọi tôi số 0912345678 nhé", "file": None}],
        "personal.asked": True,
        "area": "31",
    },
]
WRITTEN = [
    Reply(text="Cán bộ phường đòi tiền tôi, số tôi 0912345678", message_id=1),
    Reply(text="an biên", message_id=2),
    Reply(text="0912 345 678", message_id=3),
]
ASIDES = {
    "help": "aside.help",
    "không biết bấm": "aside.help",
    "Xin chào": "aside.greeting",
    "cảm ơn cháu nhé": "aside.thanks",
}
MAX_STATES = 300


def list_states(flow: Flow) -> list[Ask]:
    """Return every state that buttons and the written messages lead to; one of each screen."""
    found: dict[tuple[Any, ...], Ask] = {}
    waiting: list[TurnResult] = [present(flow, start) for start in STARTS]
    while waiting and len(found) < MAX_STATES:
        turn = waiting.pop(0)
        if not isinstance(turn, Ask):
            continue
        notes = frozenset(key for key in turn.answers if key.startswith(f"{turn.step.name}."))
        shown = turn.step.name, turn.step.input.prompt(turn.answers), notes
        if shown in found:
            continue
        found[shown] = turn
        waiting += [
            advance(flow, turn.answers, reply) for reply in (*list_button_replies(turn), *WRITTEN)
        ]
    return list(found.values())


def _keep(answers: Any) -> dict[str, Any]:
    """Return answers without what tells two parts of one paste."""
    return {key: value for key, value in answers.items() if not key.startswith("@last")}


@pytest.mark.parametrize("binding", BINDINGS, ids=lambda each: each.flow.name)
def test_from_every_state_it_is_answered_and_changes_nothing(binding: FlowBinding) -> None:
    """The open question keeps its buttons."""
    flow, states = binding.flow, list_states(binding.flow)
    assert {each.step.name for each in states} >= {step.name for step in flow.steps[:2]}
    for ask in states:
        for typed, key in ASIDES.items():
            row = StoredChat(key=1, flow=flow.name, answers=dict(ask.answers), language="vi")
            reply = Reply(text=typed, message_id=90, sent_at=10)
            turn = advance_draft(flow, row, reply, KEYBOARDS, find_aside)
            assert isinstance(turn, Ask), (ask.step.name, typed)
            assert _keep(turn.answers) == _keep(ask.answers), (ask.step.name, typed)
            assert [words.key for words in turn.notices] == [key], (ask.step.name, typed)
            shown, before = show_question(turn), show_question(ask)
            assert (shown.choices, shown.navigation) == (before.choices, before.navigation)


def test_the_intake_is_walked_to_its_card() -> None:
    """The walk above is no short one."""
    states = list_states(next(each.flow for each in BINDINGS if each.flow.name == "feedback"))
    names = {each.step.name for each in states}
    assert names >= {"offer", "consent", "details", "kind", "topic", "area", "identity", "phone"}
    assert names >= {"personal", "review"}
