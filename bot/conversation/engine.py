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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from bot.conversation.old_encodings import hold_old_encoding
from bot.conversation.reply import Navigation, PlaceProblem, Reply, SentFile
from bot.core.screen import Param, Sharing, Words

__all__ = ["Navigation", "PlaceProblem", "Reply", "SentFile"]  # beside what this module defines

Answers = Mapping[str, Any]  # the answers, notes and facts of a conversation, by key
MESSAGE = "@message."  # the beginning of the keys of the ids of typed answers


class Rejected(Exception):
    """Raised for a reply that the step does not accept.

    `reason` is the last part of the key of the text that says what is expected, and `params` are
    its parameters. `noted` are notes to store although the reply is rejected.
    """

    def __init__(self, reason: str, *, noted: StepNotes | None = None, **params: Param) -> None:
        super().__init__(reason)
        self.reason = reason
        self.noted = noted
        self.params = params


class Stop(Exception):
    """Raised for a reply that ends the conversation; its answers are deleted.

    `reason` is the last part of the key of the text that is then shown.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StepNotes:
    """Intermediate values to store while a step is open; a value of None deletes the note.

    A name without a dot is a note of the open step. A name with a dot is the full key of a note.
    """

    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reopen:
    """An earlier step to open again, so that the person can change its answer."""

    step: str


@dataclass(frozen=True, slots=True)
class Option:
    """A value that a button chooses; the label is a text or a name that is not translated."""

    value: str
    label: Words | str


def _is_always_valid(_value: Any, _answers: Answers) -> bool:
    return True


def _no_options(_answers: Answers) -> tuple[Option, ...]:
    return ()


def _no_params(_answers: Answers) -> Mapping[str, Param]:
    return {}


def _default_prompt(_answers: Answers) -> str:
    return "ask"


def shares_nothing(_answers: Answers) -> Sharing | None:
    """Return None: the question never has a button for sharing."""
    return None


def _no_notes(_value: Any) -> Mapping[str, Any]:
    return {}


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Input:
    """The functions of a kind of question, and the keys of its texts.

    parse:     (reply, answers) -> the answer, StepNotes or Reopen; raises Rejected or Stop
    options:   (answers) -> the options that have a button
    prompt:    (answers) -> the last part of the key of the question's text; one of `prompts`
    params:    (answers) -> the parameters of that text
    is_valid:  (value, answers) -> False for a stored value that is not accepted any more
    to_notes:  (value) -> the notes to store when the person opens an answered step again
    reasons:   the reasons of Rejected that `parse` raises
    sharing:   (answers) -> what the messenger's own button shares, None without such a button
    key_labels: the labels of the options beside that button
    is_review: True for a page that shows all answers before they are submitted
    takes_text: True if words are an answer; False if words can only name a button
    change_message: (edited message, answers) -> the changed keys with its new version. Only of a
        question that gathers messages, and only called if it has the message. Raises Rejected.
    finalize:  (value) -> the answer in the form in which it is submitted
    """

    parse: Callable[[Reply, Answers], Any]
    options: Callable[[Answers], Sequence[Option]] = _no_options
    prompt: Callable[[Answers], str] = _default_prompt
    prompts: tuple[str, ...] = ("ask",)
    params: Callable[[Answers], Mapping[str, Param]] = _no_params
    is_valid: Callable[[Any, Answers], bool] = _is_always_valid
    to_notes: Callable[[Any], Mapping[str, Any]] = _no_notes
    reasons: tuple[str, ...] = ()
    sharing: Callable[[Answers], Sharing | None] = shares_nothing
    key_labels: tuple[Words, ...] = ()
    is_review: bool = False
    takes_text: bool = False
    change_message: Callable[[Reply, Answers], Answers] | None = None
    finalize: Callable[[Any], Any] = _same


def applies_always(_answers: Answers) -> bool:
    """Return True; for a step that is asked in every conversation."""
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """One question: its name (part of the keys of its texts) and its kind of input.

    `when` takes the answers and returns True if the step is to be asked. The review page offers to
    change the answers of `editable` steps.
    """

    name: str
    input: Input
    when: Callable[[Answers], bool] = applies_always
    editable: bool = True


def _nothing_late(_answers: Answers, _reply: Reply) -> Answers | None:
    return None


@dataclass(frozen=True)
class Flow:
    """A named table of steps, asked in order; `by_name` has the same steps by their names.

    `add_late_reply` adds a reply to an earlier answer, such as a late file of an album, and returns
    the new answers. It returns None for any other reply.
    """

    name: str
    steps: tuple[Step, ...]
    add_late_reply: Callable[[Answers, Reply], Answers | None] = _nothing_late
    by_name: Mapping[str, Step] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {step.name: step for step in self.steps})

    def list_applicable_steps(self, answers: Answers) -> list[Step]:
        """Return the steps to ask in this conversation, answered or not."""
        return [step for step in self.steps if step.when(answers)]

    def is_answered(self, step: Step, answers: Answers) -> bool:
        """Return True if a step has a valid answer."""
        return step.name in answers and step.input.is_valid(answers[step.name], answers)

    def drop_invalid_answers(self, answers: Answers) -> Answers:
        """Return the answers without those that their steps do not accept any more.

        A deploy may remove a choice while drafts have it; nothing else has to expect its value.
        """
        for step in self.steps:
            if step.name in answers and not self.is_answered(step, answers):
                answers = {key: value for key, value in answers.items() if key != step.name}
        return answers

    def find_open_step(self, answers: Answers) -> Step | None:
        """Return the open question; None if every step that applies is answered."""
        for step in self.steps:
            if step.when(answers) and not self.is_answered(step, answers):
                return step
        return None


@dataclass(frozen=True, slots=True)
class Ask:
    """The result of a turn if the conversation goes on: ask the question of the open `step`.

    `rejected` is set if the last reply was not accepted. `is_stale`: the pressed button belongs to
    another question. `accepted` is the name of the step that the reply answered, if any.
    `notices` are shown above the question.
    """

    flow: Flow
    answers: Answers
    step: Step
    rejected: Rejected | None = None
    is_stale: bool = False
    accepted: str | None = None
    notices: tuple[Words, ...] = ()


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
    late = _add_late_reply(flow, step, answers, reply)
    if late is not None:
        return late
    if not step.input.takes_text:
        return _parse_message(flow, step, answers, reply)
    gathers = step.input.change_message is not None
    answers, replies = hold_old_encoding(step.name, answers, reply, gathers=gathers)
    result: TurnResult = Ask(flow, answers, step)
    for each in replies:
        result = _parse_message(flow, step, answers, each)
        if not isinstance(result, Ask) or result.step is not step:
            break
        answers = result.answers
    return result


def _add_late_reply(flow: Flow, step: Step, answers: Answers, reply: Reply) -> TurnResult | None:
    """Return the result of a reply that belongs to an earlier answer; None for any other reply."""
    try:
        completed = flow.add_late_reply(answers, reply)
    except Rejected as rejected:
        if rejected.noted is not None:
            answers = {**answers, **rejected.noted.changes}
        return Ask(flow, answers, step, rejected=rejected)
    if completed is None:
        return None
    shown = present(flow, completed)
    return replace(shown, notices=(Words("late.added"),)) if isinstance(shown, Ask) else shown


def _parse_message(flow: Flow, step: Step, answers: Answers, reply: Reply) -> TurnResult:
    try:
        value = step.input.parse(reply, answers)
    except Rejected as rejected:
        if rejected.noted is not None:
            answers = add_notes(step, answers, rejected.noted)
        if step.input.takes_text:
            answers = record_message(step, answers, reply)
        return Ask(flow, answers, step, rejected=rejected)
    except Stop as stop:
        return Stopped(stop.reason)
    match value:
        case StepNotes():
            noted = add_notes(step, answers, value)
            return present(flow, record_message(step, noted, reply))
        case Reopen(name):
            return present(flow, reopen_step(flow.by_name[name], _without_notes(step, answers)))
    has_notes = any(key.startswith(f"{step.name}.") for key in answers)
    answered: Answers = {**_without_notes(step, answers), step.name: value}
    if reply.step is None or not has_notes:  # else the message led to the button: a name of a unit
        answered = record_message(step, answered, reply)
    next_step = flow.find_open_step(answered)
    if next_step is None:
        return finish(flow, answered)
    return Ask(flow, answered, next_step, accepted=step.name)


def record_message(step: Step, answers: Answers, reply: Reply) -> Answers:
    """Return the answers with the id of the message that the step took; a button has none.

    A question that gathers messages keeps their ids itself.
    """
    if step.input.change_message is not None:
        return answers
    key = f"{MESSAGE}{step.name}"
    others = {name: value for name, value in answers.items() if name != key}
    return others if reply.message_id is None else {**others, key: reply.message_id}


def finish(flow: Flow, answers: Answers) -> Done:
    """Return the end of a conversation whose questions are all answered."""
    messages: list[TypedMessage] = []
    for step in flow.list_applicable_steps(answers):
        value = answers.get(step.name)
        if step.input.change_message is not None and isinstance(value, list):
            messages += [TypedMessage(each["id"], each["text"]) for each in value if each["id"]]
        elif f"{MESSAGE}{step.name}" in answers:
            messages.append(TypedMessage(answers[f"{MESSAGE}{step.name}"], None))
    return Done(select_final_answers(flow, answers), tuple(messages))


def present(flow: Flow, answers: Answers) -> Ask | Done:
    """Return the open question without applying a reply; Done if none is open."""
    answers = flow.drop_invalid_answers(answers)
    step = flow.find_open_step(answers)
    return finish(flow, answers) if step is None else Ask(flow, answers, step)


def go_back(flow: Flow, answers: Answers) -> Answers:
    """Return the answers after the button "back": the question before the open one is open again.

    At the first question they are the same.
    """
    answered = []
    for step in flow.list_applicable_steps(answers):
        if not flow.is_answered(step, answers):
            break
        answered.append(step)
    return reopen_step(answered[-1], answers) if answered else answers


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
        return _without_notes(review, reopen_step(flow.by_name[name], answers))
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
    for name, value in step.input.to_notes(answers[step.name]).items():
        remaining[f"{step.name}.{name}"] = value
    return remaining


def select_final_answers(flow: Flow, answers: Answers) -> Answers:
    """Return the facts and the answers of the steps that apply, without notes and old answers."""
    final = {key: value for key, value in answers.items() if key[0] == "@" and "." not in key}
    for step in flow.list_applicable_steps(answers):
        if step.name in answers:
            final[step.name] = step.input.finalize(answers[step.name])
    return final


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
