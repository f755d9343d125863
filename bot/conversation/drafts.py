"""Apply a message or a pressed button to the stored draft of a chat: pure functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation.edits import change_answer, find_edited_step
from bot.conversation.engine import Ask, add_late_reply, advance, present
from bot.conversation.flow import LateReply, Rejected
from bot.conversation.reply import Navigation
from bot.conversation.reply_keyboards import refuse_label
from bot.conversation.screens import match_typed_label
from bot.conversation.split_messages import find_split, may_be_word, remember_message
from bot.conversation.subjects import forget_asked
from bot.conversation.typed_answers import match_typed_button, refuse_submission

if TYPE_CHECKING:
    from bot.conversation.engine import Done, TurnResult
    from bot.conversation.flow import Answers, Flow, Step
    from bot.conversation.reply import Reply
    from bot.conversation.reply_keyboards import ReplyKeyboards
    from bot.core.screen import Words
    from storage.conversations import StoredChat


# Returns the answer to a message that is no answer to the open question, None for any other. The
# second argument is True if words are an answer to the question.
FindAside = Callable[[str, bool], "Words | None"]


def find_no_aside(_text: str, _takes_text: bool) -> Words | None:
    """Return None: every message is for the open question."""
    return None


def advance_draft(
    flow: Flow,
    row: StoredChat,
    reply: Reply,
    keyboards: ReplyKeyboards,
    find_aside: FindAside = find_no_aside,
) -> TurnResult:
    """Return the turn after a reply to the open question of a draft. It raises nothing.

    The typed label of a button counts as that button. A key of an earlier question, and the rest of
    a split message, are no answers. What `find_aside` has an answer to is none either.
    """
    answers = forget_asked(row.answers)
    ask = present(flow, answers)
    if not isinstance(ask, Ask):
        return ask
    split = find_split(answers, ask.step, reply)
    if reply.text is not None:
        is_word = may_be_word(answers, ask.step, reply)
        match = match_typed_button if is_word else match_typed_label
        reply = match(ask, reply, lambda words: keyboards.to_text(words, row.language))
        refusal = refuse_submission(ask, reply) if is_word else None
        if refusal is not None:
            return refusal
        aside = _answer_aside(ask, reply, find_aside)
        if aside is not None:
            return aside
        if reply.step is None and keyboards.is_label(reply.text, row.language):
            return refuse_label(ask)
    if split is not None and reply.step is None:
        late = add_to_text(flow, ask, reply)
        if late is not None:
            return late
        left = remember_message(answers, ask.step, reply, refused=True, why=split)
        is_brief = not ask.step.input.takes_text
        return Ask(flow, left, ask.step, rejected=Rejected(split), is_brief=is_brief)
    turn = advance(flow, answers, reply)
    if not isinstance(turn, Ask):
        return turn
    refused = turn.rejected is not None
    return replace(turn, answers=remember_message(turn.answers, ask.step, reply, refused=refused))


def _answer_aside(ask: Ask, reply: Reply, find_aside: FindAside) -> Ask | None:
    """Return the turn after a greeting or a question about the bot: it changes no answer."""
    if reply.step is not None or reply.attachment is not None or reply.nearby is not None:
        return None
    takes_text = ask.step.input.takes_text
    words = find_aside(reply.text or "", takes_text)
    if words is None:
        return None
    answers = remember_message(ask.answers, ask.step, reply, refused=False)
    return replace(ask, answers=answers, notices=(words,), is_brief=not takes_text)


def add_to_text(flow: Flow, ask: Ask, reply: Reply) -> Ask | None:
    """Return the turn after a message that belongs to an earlier answer, whatever is asked now.

    Return None if the flow has no answer that takes it.
    """
    late = add_late_reply(flow, ask.answers, LateReply(reply, ask.step, follows=True))
    if not isinstance(late, Ask) or late.rejected is not None:
        return None
    return replace(late, answers=remember_message(late.answers, ask.step, reply, refused=False))


def edit_draft(
    flow: Flow, row: StoredChat, reply: Reply, keyboards: ReplyKeyboards
) -> Ask | Done | None:
    """Return the turn after a message of a draft was edited; None if it is none of the draft.

    It raises nothing.
    """
    answers = forget_asked(row.answers)
    step = find_edited_step(flow, answers, reply.message_id)
    if step is None:
        return None
    return change_answer(
        flow, answers, step, _match_choice(flow, answers, step, reply, keyboards, row.language)
    )


def _match_choice(
    flow: Flow, answers: Answers, step: Step, reply: Reply, keyboards: ReplyKeyboards, language: str
) -> Reply:
    """Return the choice that an edit names, of a question that was answered by a typed label.

    For words it is the edit itself: an edit presses no button.
    """
    if step.input.takes_text:
        return reply
    asked = Ask(flow, {k: v for k, v in answers.items() if k != step.name}, step)
    named = match_typed_label(asked, reply, lambda words: keyboards.to_text(words, language))
    is_choice = named.step is not None and named.navigation is Navigation.CHOOSE
    return replace(named, edited=True) if is_choice else reply
