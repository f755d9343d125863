"""The flows about forums: no reply breaks them, and every question can be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.consent import NOTICE_VERSION
from bot.conversation.engine import Ask, Done, advance, present
from bot.conversation.flow import Answers
from bot.conversation.reply import Reply, SentFile
from bot.forums.planning.actions import ACTIONS
from bot.forums.planning.flow import NEWFORUM_FLOW
from bot.forums.session.flow import CLAIM_FLOW, HALL_ANSWER_FLOW, ORAL_SUBMISSION_FLOW
from tests.flows.replies import draw_replies
from tests.flows.test_every_path import check_question

if TYPE_CHECKING:
    from bot.conversation.engine import TurnResult
    from bot.conversation.flow import Flow

FACTS: Answers = {
    "@now": "2026-11-25T09:30:00+07:00",
    "@zone": "Asia/Ho_Chi_Minh",
    "@code": "DD7K2",
    "@areas": ["11407"],
    "@agreed": NOTICE_VERSION,
    "@text": "Khi nào có camera?",
}
FLOWS = (
    *(action.flow for action in ACTIONS if action.flow),
    HALL_ANSWER_FLOW,
    ORAL_SUBMISSION_FLOW,
    CLAIM_FLOW,
)

# What leads on at one of the questions; at the others it is turned down.
EXPECTED = [
    Reply(text="an biên"),
    Reply(choice="11407"),
    Reply(text="20/12/2026 14:00"),
    Reply(text="26/11 9:31"),
    Reply(text="200"),
    Reply(text="Trật tự\n- Trộm cắp"),
    Reply(attachment=SentFile("place", "", "", latitude=20.8, longitude=106.6), nearby=("11407",)),
]


@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
@given(data=st.data())
def test_no_reply_breaks_a_conversation(flow: Flow, data: st.DataObject) -> None:
    """After any reply there is a question, the end, or a stop, never an error."""
    turn: TurnResult = present(flow, FACTS)
    for _ in range(30):
        if not isinstance(turn, Ask):
            break
        reply = data.draw(st.one_of(st.sampled_from(EXPECTED), draw_replies(check_question(turn))))
        turn = advance(flow, turn.answers, reply)
    if isinstance(turn, Done):
        assert flow.find_open_step(turn.answers) is None


def test_only_future_deadlines_are_offered() -> None:
    """A forum in two days offers no deadline of a week before; an earlier start asks again."""
    answers = {**FACTS, "starts": "2026-11-27T14:00:00+07:00"}
    step = NEWFORUM_FLOW.by_name["until"]
    assert [each.value for each in step.input.options(answers)] == ["0", "1", "2"]
    assert step.input.is_valid("2", answers)
    assert not step.input.is_valid("2", {**answers, "starts": "2026-11-26T14:00:00+07:00"})
