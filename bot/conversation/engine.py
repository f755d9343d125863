"""The conversation engine: pure, synchronous functions, without clock or input and output.

Only the answers of a conversation are stored. The open question is the first step that applies and
has no valid answer. So a restart, a deploy that adds a question, or another replica continues where
the person was.

There are four kinds of keys in the answers. `area` is the answer of a step. `area.query` is a note
of a step: an intermediate value that is stored while the step is open. `@agreed` is a fact that is
known from the start. `@message.area` is the id of the message that was written as the answer of a
step.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from bot.conversation.flow import (
    ASKED_AGAIN,
    BEFORE,
    UNKNOWN_CHOICE,
    Answers,
    Flow,
    LateReply,
    Rejected,
    Reopen,
    Step,
    StepNotes,
    Stop,
    find_default,
    has_no_default,
)
from bot.conversation.old_encodings import hold_old_encoding
from bot.conversation.reply import MAX_PART, Navigation, Reply
from bot.core.screen import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SOURCES = "@sources"  # the key of what is forwarded or quoted in the final answers
MESSAGE = "@message."  # the beginning of the keys of the ids of typed answers
_SOURCES_OF = "@sources."  # and of the keys of what is forwarded or quoted in them


@dataclass(frozen=True, slots=True)
class Ask:
    """The result of a turn if the conversation goes on: ask the question of the open `step`.

    `rejected` is set if the last reply was not accepted. `is_stale`: the pressed button belongs to
    another question. `accepted` is the name of the step that the reply answered, if any.
    `notices` are shown above the question. `is_brief`: the question was shown just before and has
    not changed, so that its buttons with one line are enough.
    """

    flow: Flow
    answers: Answers
    step: Step
    rejected: Rejected | None = None
    is_stale: bool = False
    accepted: str | None = None
    notices: tuple[Words, ...] = ()
    is_brief: bool = False


@dataclass(frozen=True, slots=True)
class TypedMessage:
    """A message that is part of an answer: its id, and its text if the answer is its words."""

    id: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a turn if every question is answered; `answers` include the facts.

    `messages` are the messages that were written as answers.
    """

    answers: Answers
    messages: tuple[TypedMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopped:
    """The result of a turn if the conversation ends without an end result; answers are deleted."""

    reason: str


# The result of one turn: a reply was applied to a conversation.
TurnResult = Ask | Done | Stopped


def advance(flow: Flow, answers: Answers, reply: Reply) -> TurnResult:
    """Apply a reply to the open question; return the result of the turn. It raises nothing."""
    answers = flow.drop_invalid_answers(answers)
    step = flow.find_open_step(answers)
    if step is None:
        return finish(flow, answers)
    if reply.step is not None and reply.step != step.name:
        return Ask(flow, answers, step, is_stale=True)
    match reply.navigation:
        case Navigation.BACK:
            return present(flow, go_back(flow, answers))
        case Navigation.CANCEL:
            return Stopped("cancelled")
        case Navigation.EDIT:
            return present(flow, edit_answer(flow, step, answers, reply.choice or ""))
    return _parse_reply(flow, step, answers, reply)


def _parse_reply(flow: Flow, step: Step, answers: Answers, reply: Reply) -> TurnResult:
    late = add_late_reply(flow, answers, LateReply(reply, step))
    if late is not None:
        return late
    if not step.input.takes_text:
        return _parse_message(flow, step, answers, reply)
    gathers = step.input.change_message is not None
    answers, replies = hold_old_encoding(step.name, answers, reply, gathers=gathers)
    result: TurnResult = Ask(flow, answers, step)
    for place, each in enumerate(replies, start=1):
        result = _parse_message(flow, step, answers, each)
        if not isinstance(result, Ask) or result.step is not step:
            return _add_following(flow, result, replies[place:])
        answers = result.answers
    return result


def _add_following(flow: Flow, result: TurnResult, replies: Sequence[Reply]) -> TurnResult:
    """Return the result after the messages that waited behind the one that was an answer."""
    for reply in replies:
        if not isinstance(result, Ask):
            break
        added = add_late_reply(flow, result.answers, LateReply(reply, result.step, follows=True))
        if isinstance(added, Ask):
            result = replace(added, accepted=result.accepted)
    return result


def add_late_reply(flow: Flow, answers: Answers, late: LateReply) -> TurnResult | None:
    """Return the result of a reply that belongs to an earlier answer; None for any other reply."""
    try:
        completed = flow.add_late_reply(answers, late)
    except Rejected as rejected:
        if rejected.noted is None:
            return Ask(flow, answers, late.step, rejected=rejected)
        noted = present(flow, {**answers, **rejected.noted.changes})
        return replace(noted, rejected=rejected) if isinstance(noted, Ask) else noted
    if completed is None:
        return None
    shown = present(flow, completed)
    if not isinstance(shown, Ask):
        return shown
    is_same = shown.step is late.step and not late.step.input.takes_text
    is_brief = is_same and _show_text(shown) == _show_text(Ask(flow, answers, late.step))
    return replace(shown, notices=(Words("late.added"),), is_brief=is_brief)


def _show_text(ask: Ask) -> tuple[Any, ...]:
    """Return what the text of a question is made of."""
    question = ask.step.input
    return question.prompt(ask.answers), question.params(ask.answers)


def _parse_message(flow: Flow, step: Step, answers: Answers, reply: Reply) -> TurnResult:
    try:
        value = step.input.parse(reply, answers)
    except Rejected as rejected:
        if rejected.noted is not None:
            answers = add_notes(step, answers, rejected.noted)
        if step.input.takes_text:
            answers = record_message(step, answers, reply)
        is_brief = rejected.reason == UNKNOWN_CHOICE
        return Ask(flow, answers, step, rejected=rejected, is_brief=is_brief)
    except Stop as stop:
        return Stopped(stop.reason)
    match value:
        case StepNotes():
            noted = add_notes(step, answers, value)
            return present(flow, record_message(step, noted, reply))
        case Reopen(name):
            return present(flow, open_to_change(flow.by_name[name], _without_notes(step, answers)))
    has_notes = any(key.startswith(f"{step.name}.") for key in answers)
    answered: Answers = {**_without_notes(step, answers), step.name: value}
    if reply.step is None or not has_notes:  # else the message led to the button: a name of a unit
        answered = record_message(step, answered, reply)
    next_step = flow.find_open_step(answered)
    if next_step is None:
        return finish(flow, answered)
    return Ask(flow, answered, next_step, accepted=step.name)


def record_message(step: Step, answers: Answers, reply: Reply) -> Answers:
    """Return the answers with the id of the message that the step took, and with its sources.

    A button has neither. A question that gathers messages keeps both itself.
    """
    if step.input.change_message is not None:
        return answers
    key, key_of_sources = f"{MESSAGE}{step.name}", f"{_SOURCES_OF}{step.name}"
    kept = {name: value for name, value in answers.items() if name not in {key, key_of_sources}}
    if reply.message_id is not None:
        kept[key] = reply.message_id
        part = (reply.text or "")[:MAX_PART]
        if reply.sources:
            kept[key_of_sources] = [{**source, "part": part} for source in reply.sources]
    return kept


def finish(flow: Flow, answers: Answers) -> Done:
    """Return the end of a conversation whose questions are all answered."""
    messages: list[TypedMessage] = []
    for step in flow.list_applicable_steps(answers):
        value = answers.get(step.name)
        if isinstance(value, list) and _lists_messages(value):
            messages += [TypedMessage(each["id"], each["text"]) for each in value if each["id"]]
        elif f"{MESSAGE}{step.name}" in answers:
            messages.append(TypedMessage(answers[f"{MESSAGE}{step.name}"], None))
    return Done(select_final_answers(flow, answers), tuple(messages))


def _lists_messages(value: list[Any]) -> bool:
    """Return True if a list is one of records of messages."""
    return all(isinstance(each, dict) for each in value)


def present(flow: Flow, answers: Answers) -> Ask | Done:
    """Return the open question without applying a reply; Done if none is open."""
    answers = flow.drop_invalid_answers(answers)
    step = flow.find_open_step(answers)
    return finish(flow, answers) if step is None else Ask(flow, answers, step)


def go_back(flow: Flow, answers: Answers) -> Answers:
    """Return the answers after the button "back": the question before the open one is open again.

    An answer that was opened to change it stays as it was. At the first question they are the same.
    """
    step = flow.find_open_step(answers)
    if step is not None and f"{step.name}.{BEFORE}" in answers:
        # What was gathered meanwhile, or edited, is the newer version of the answer.
        gathered = answers.get(f"{step.name}.messages")
        before = {step.name: gathered} if gathered else answers[f"{step.name}.{BEFORE}"]
        return {**_without_notes(step, answers), **before}
    given = list_given(flow, answers)
    return reopen_step(given[-1], answers) if given else answers


def list_given(flow: Flow, answers: Answers) -> list[Step]:
    """Return the steps before the open one that the person has answered, in order."""
    given = []
    for step in flow.list_applicable_steps(answers):
        if not flow.is_answered(step, answers):
            break
        given += [step] if step.name in answers else []
    return given


def edit_answer(flow: Flow, review: Step, answers: Answers, name: str) -> Answers:
    """Return the answers after the button "edit" of the review page, for the step called `name`.

    That step is open again; after its new answer the review page follows. Without a name, the
    review page asks which answer to change. With its own name, the page is shown unchanged.
    """
    if not review.input.is_review:
        return answers
    if name == review.name:
        return _without_notes(review, answers)
    if any(step.name == name for step in list_editable(flow, answers)):
        return _without_notes(review, open_to_change(flow.by_name[name], answers))
    return {**answers, f"{review.name}.editing": True}


def list_editable(flow: Flow, answers: Answers) -> list[Step]:
    """Return the answered steps whose answers the review page offers to change."""
    return [
        step
        for step in flow.list_applicable_steps(answers)
        if step.editable and not step.input.is_review and flow.is_answered(step, answers)
    ]


def reopen_step(step: Step, answers: Answers) -> Answers:
    """Return the answers without the answer of a step; parts of it may stay as notes."""
    remaining = {key: value for key, value in answers.items() if key != step.name}
    for name, value in step.input.to_notes(get_answer(step, answers)).items():
        remaining[f"{step.name}.{name}"] = value
    if step.default is not has_no_default:
        remaining[f"{step.name}.{ASKED_AGAIN}"] = True
    return remaining


def open_to_change(step: Step, answers: Answers) -> Answers:
    """Return the answers with a step open again, from which the button "back" leads back here."""
    before = {step.name: answers[step.name]} if step.name in answers else {}
    return {**reopen_step(step, answers), f"{step.name}.{BEFORE}": before}


def get_answer(step: Step, answers: Answers) -> Any:
    """Return the answer of a step, given or by default; None if it has none."""
    return answers[step.name] if step.name in answers else find_default(step, answers)


def select_final_answers(flow: Flow, answers: Answers) -> Answers:
    """Return the facts and the answers of the steps that apply, without notes and old answers.

    The fact SOURCES says what of the answers is forwarded or quoted, by the names of their steps.
    """
    final = {key: value for key, value in answers.items() if key[0] == "@" and "." not in key}
    for step in flow.list_applicable_steps(answers):
        value = get_answer(step, answers)
        if value is not None:
            final[step.name] = step.input.finalize(value)
            own = step.input.sources(value)
            if sources := own or answers.get(f"{_SOURCES_OF}{step.name}"):
                final[SOURCES] = {**final.get(SOURCES, {}), step.name: sources}
    return final


def select_sources(final: Answers, steps: Iterable[str]) -> list[dict[str, Any]] | None:
    """Return what is forwarded or quoted in the final answers of these steps; None if nothing."""
    sources = final.get(SOURCES, {})
    return [each for name in steps for each in sources.get(name, ())] or None


def add_notes(step: Step, answers: Answers, notes: StepNotes) -> Answers:
    """Return the answers with notes of a step, changed or deleted."""
    changed = dict(answers)
    for name, value in notes.changes.items():
        key = name if "." in name else f"{step.name}.{name}"
        if value is None:
            changed.pop(key, None)
        else:
            changed[key] = value
    return changed


def _without_notes(step: Step, answers: Answers) -> dict[str, Any]:
    prefix = f"{step.name}."
    return {key: value for key, value in answers.items() if not key.startswith(prefix)}


def fingerprint_answers(answers: Answers) -> str:
    """Return a hash of the answers, 8 hexadecimal digits; notes are ignored.

    A button whose data have it is valid for exactly these answers.
    """
    plain = {key: value for key, value in answers.items() if "." not in key}
    packed = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2s(packed, digest_size=4).hexdigest()
