"""The conversation engine: pure, synchronous functions, without clock or input and output.

Only the answers of a conversation are stored. The open question is the first step that applies and
has no valid answer. So a restart, a deploy that adds a question, or another replica continues where
the person was.

There are three kinds of keys in the answers. `area` is the answer of a step. `area.query` is a
note of a step: an intermediate value that is stored while the step is open. `@agreed` is a fact
that is known from the start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson

from bot.core.screen import Param, Sharing, Words

Answers = Mapping[str, Any]  # the answers, notes and facts of a conversation, by key


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


class Navigation(Enum):
    """The action of a button of a question; its value is the sign in the button's data."""

    CHOOSE = "="
    BACK = "<"
    CANCEL = "!"
    EDIT = "~"


@dataclass(frozen=True, slots=True)
class SentFile:
    """A reference to a file that a person sent, or a shared location in degrees.

    `type` is the kind of file, such as "photo", or "place" for a location. Files with the same
    `album` were sent together. `size` is in bytes.
    """

    type: str
    file_id: str
    file_unique_id: str
    album: str | None = None
    file_name: str | None = None
    mime_type: str | None = None
    size: int | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A pressed button or a message, without a messenger's types.

    A button has a `step` (the step that it was shown for), a `navigation`, a `choice` (the value of
    an option) and the hash of its `subject`. A message has a `message_id` and a `text`, an
    `attachment` or a `phone`; the phone may be the one of another person. An `edited` message
    replaces its earlier version. `nearby` are the codes of the units near a shared location; None
    without a location.
    """

    text: str | None = None
    step: str | None = None
    navigation: Navigation = Navigation.CHOOSE
    choice: str | None = None
    attachment: SentFile | None = None
    phone: str | None = None
    phone_of_another: bool = False
    message_id: int | None = None
    edited: bool = False
    nearby: tuple[str, ...] | None = None
    subject: str = ""


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


def _no_sharing(_answers: Answers) -> Sharing | None:
    return None


def _no_notes(_value: Any) -> Mapping[str, Any]:
    return {}


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
    is_review: True for a page that shows all answers before they are submitted
    """

    parse: Callable[[Reply, Answers], Any]
    options: Callable[[Answers], Sequence[Option]] = _no_options
    prompt: Callable[[Answers], str] = _default_prompt
    prompts: tuple[str, ...] = ("ask",)
    params: Callable[[Answers], Mapping[str, Param]] = _no_params
    is_valid: Callable[[Any, Answers], bool] = _is_always_valid
    to_notes: Callable[[Any], Mapping[str, Any]] = _no_notes
    reasons: tuple[str, ...] = ()
    sharing: Callable[[Answers], Sharing | None] = _no_sharing
    is_review: bool = False


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
    """

    flow: Flow
    answers: Answers
    step: Step
    rejected: Rejected | None = None
    is_stale: bool = False
    accepted: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a turn if every question is answered; `answers` include the facts."""

    answers: Answers


@dataclass(frozen=True, slots=True)
class Stopped:
    """The result of a turn if the conversation ends without an end result; answers are deleted."""

    reason: str


# The result of one turn: a reply was applied to a conversation.
TurnResult = Ask | Done | Stopped


def advance(flow: Flow, answers: Answers, reply: Reply) -> TurnResult:
    """Apply a reply to the open question; return the result of the turn. It raises nothing."""
    step = flow.find_open_step(answers)
    if step is None:
        return Done(select_final_answers(flow, answers))
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
    completed = flow.add_late_reply(answers, reply)
    if completed is not None:
        return present(flow, completed)
    try:
        value = step.input.parse(reply, answers)
    except Rejected as rejected:
        if rejected.noted is not None:
            answers = _add_notes(step, answers, rejected.noted)
        return Ask(flow, answers, step, rejected=rejected)
    except Stop as stop:
        return Stopped(stop.reason)
    match value:
        case StepNotes():
            return present(flow, _add_notes(step, answers, value))
        case Reopen(name):
            return present(flow, reopen_step(flow.by_name[name], _without_notes(step, answers)))
    answered = {**_without_notes(step, answers), step.name: value}
    next_step = flow.find_open_step(answered)
    if next_step is None:
        return Done(select_final_answers(flow, answered))
    return Ask(flow, answered, next_step, accepted=step.name)


def present(flow: Flow, answers: Answers) -> Ask | Done:
    """Return the open question without applying a reply; Done if none is open."""
    step = flow.find_open_step(answers)
    return Done(select_final_answers(flow, answers)) if step is None else Ask(flow, answers, step)


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
    names = {step.name for step in flow.list_applicable_steps(answers)}
    return {key: value for key, value in answers.items() if key[0] == "@" or key in names}


def _add_notes(step: Step, answers: Answers, notes: StepNotes) -> Answers:
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
