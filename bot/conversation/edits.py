"""Edits of messages that a person wrote in an open conversation: pure functions.

An edit changes the answer that its message was. It never answers another question and never presses
a button of the open one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.conversation.engine import (
    MESSAGE,
    Ask,
    Done,
    add_notes,
    present,
    record_message,
    reopen_step,
)
from bot.conversation.flow import Answers, Flow, Rejected, Reopen, Step, StepNotes, Stop
from bot.conversation.reply import Reply
from bot.conversation.screens import explain_rejection
from bot.core.screen import Words

_MAX_EXCERPT = 200  # characters of the new version that are shown


def find_edited_step(flow: Flow, answers: Answers, message_id: int | None) -> Step | None:
    """Return the step whose answer the message is, or whose open question it tried to answer."""
    for step in flow.list_applicable_steps(answers):
        if step.input.change_message is not None:
            gathered = (answers.get(step.name), answers.get(f"{step.name}.messages"))
            if any(_has_message(messages, message_id) for messages in gathered):
                return step
        elif answers.get(f"{MESSAGE}{step.name}", 0) == message_id:
            return step
    return None


def _has_message(messages: Any, message_id: int | None) -> bool:
    return isinstance(messages, list) and any(each["id"] == message_id for each in messages)


def change_answer(flow: Flow, answers: Answers, step: Step, reply: Reply) -> Ask | Done:
    """Return the turn after a message of a step was edited. It raises nothing.

    The new version is checked as an answer of that step. If it is none, the earlier answer stays.
    """
    try:
        changed = _parse_edit(step, answers, reply)
    except Rejected as rejected:
        return _refuse_edit(flow, answers, step, rejected)
    except Stop:
        return _refuse_edit(flow, answers, step, None)
    if changed is None:
        return _refuse_edit(flow, answers, step, None)
    turn = present(flow, changed)
    if changed == answers or isinstance(turn, Done):
        return turn
    title = Words(f"{flow.name}.{step.name}.title")
    text = (reply.text or "")[:_MAX_EXCERPT]
    return _add_notice(turn, Words("edit.changed", {"title": title, "text": text}))


def _parse_edit(step: Step, answers: Answers, reply: Reply) -> Answers | None:
    """Return the answers with the new version; None if an edit cannot change this answer.

    Raises Rejected and Stop as the step's `parse` does.
    """
    if step.input.change_message is not None:
        changed = {**answers, **step.input.change_message(reply, answers)}
        return {key: value for key, value in changed.items() if value is not None}
    is_answered = step.name in answers
    if step.input.is_review or not (step.input.takes_text or (is_answered and step.editable)):
        return None
    is_open = {key: value for key, value in answers.items() if key != step.name}
    value = step.input.parse(reply, is_open)
    match value:
        case Reopen():
            return None
        case StepNotes():
            reopened = reopen_step(step, answers) if is_answered else answers
            return record_message(step, add_notes(step, reopened, value), reply)
    return {**answers, step.name: value}


def _refuse_edit(flow: Flow, answers: Answers, step: Step, why: Rejected | None) -> Ask | Done:
    turn = present(flow, answers)
    if isinstance(turn, Done):
        return turn
    refused = _add_notice(turn, Words("edit.not_changed"))
    return refused if why is None else _add_notice(refused, explain_rejection(flow, step, why))


def _add_notice(ask: Ask, notice: Words) -> Ask:
    return replace(ask, notices=(*ask.notices, notice))
