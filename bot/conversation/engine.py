"""The conversation engine: pure, synchronous functions, without clock or input and output.

Only the answers of a conversation are stored. The open question is the first step that applies and
has no valid answer. So a restart, a deploy that adds a question, or another replica continues where
the person was.

There are three kinds of keys in the answers. `area` is the answer of a step. `area.query` is a
note of a step: it changes what the step shows while it is open. `@consented` is a fact that is
known from the start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson

from bot.core.screen import Param, Sharing, Words

Answers = Mapping[str, Any]


class Rejected(Exception):
    """Raised for a reply that the step does not accept.

    `reason` names the text that says what is expected. `noted` are notes to store all the same, for
    the part of the reply that is good.
    """

    def __init__(self, reason: str, *, noted: StepNotes | None = None, **params: Param) -> None:
        super().__init__(reason)
        self.reason = reason
        self.noted = noted
        self.params = params


class Stop(Exception):
    """Raised for a reply that ends the conversation; its answers are deleted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Navigation(Enum):
    """The action of a button; the value is its sign in the button's data."""

    CHOOSE = "="
    BACK = "<"
    CANCEL = "!"
    EDIT = "~"


@dataclass(frozen=True, slots=True)
class SentFile:
    """A reference to a file that a person sent; or a place, in degrees.

    Files with the same `album` were sent together. `size` is in bytes.
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

    A button has a `step` (the step that it was shown for), its `subject` (a mark), a `move` and a
    `choice`. A message has a `message_id` and a `text`, an `attachment` or a `phone`; the phone may
    be the one of another person. An `edited` message replaces its earlier version. `nearby` are the
    codes of the units near a shared position, None without a position.
    """

    text: str | None = None
    step: str | None = None
    move: Navigation = Navigation.CHOOSE
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
    """Notes to store while a step is open; a note that is None is deleted.

    A name with a dot is a full key, of any step. A name without a dot is a note of the open step.
    """

    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reopen:
    """An earlier step to open again, so that the person can change its answer."""

    step: str


@dataclass(frozen=True, slots=True)
class Option:
    """A value that a button chooses; the label is words or a name that is not translated."""

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

    parse:     (reply, answers) -> a value, StepNotes or Reopen; raises Rejected or Stop
    options:   the choices, given the answers
    prompt:    the key of the text that asks, given the answers; one of `prompts`
    params:    the parameters of that text
    is_valid:  False for a stored value that is no answer any more: drafts outlive a deploy
    to_notes:  the notes that an answer becomes when the person comes back to it
    reasons:   the reasons of Rejected that `parse` raises
    sharing:   what the person can share by the messenger's own button, None for nothing
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


def always(_answers: Answers) -> bool:
    """Return True: the step applies to everybody."""
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """One question: its name (part of the keys of its texts), its input, when it applies.

    The review page offers to change the answers of `editable` steps.
    """

    name: str
    input: Input
    when: Callable[[Answers], bool] = always
    editable: bool = True


def _nothing_late(_answers: Answers, _reply: Reply) -> Answers | None:
    return None


@dataclass(frozen=True)
class Flow:
    """A named table of steps, asked in order.

    `add_late_reply` returns the answers with a reply that belongs to an earlier answer, such as a
    late file of an album; None for any other reply.
    """

    name: str
    steps: tuple[Step, ...]
    add_late_reply: Callable[[Answers, Reply], Answers | None] = _nothing_late
    by_name: Mapping[str, Step] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {step.name: step for step in self.steps})

    def list_applicable_steps(self, answers: Answers) -> list[Step]:
        """Return the steps that apply, given the answers."""
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
    """The conversation continues with the open `step`.

    `rejected` tells why the reply was not accepted, if so. `is_stale`: the pressed button belongs
    to another question. `accepted` is the name of the step that the reply answered, if any.
    """

    flow: Flow
    answers: Answers
    step: Step
    rejected: Rejected | None = None
    is_stale: bool = False
    accepted: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Every question is answered; `answers` are the facts and the answers that apply."""

    answers: Answers


@dataclass(frozen=True, slots=True)
class Stopped:
    """The conversation ends, and its answers are deleted."""

    reason: str


Turn = Ask | Done | Stopped


def advance(flow: Flow, answers: Answers, reply: Reply) -> Turn:
    """Return the turn that a reply leads to. It raises nothing, whatever the reply is."""
    step = flow.find_open_step(answers)
    if step is None:
        return Done(select_final_answers(flow, answers))
    if reply.step is not None and reply.step != step.name:
        return Ask(flow, answers, step, is_stale=True)
    match reply.move:
        case Navigation.BACK:
            return present(flow, go_back(flow, answers))
        case Navigation.CANCEL:
            return Stopped("cancelled")
        case Navigation.EDIT:
            return present(flow, edit_answer(flow, step, answers, reply.choice or ""))
    return _parse_reply(flow, step, answers, reply)


def _parse_reply(flow: Flow, step: Step, answers: Answers, reply: Reply) -> Turn:
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
    """Return the turn that shows the open question; Done if none is open."""
    step = flow.find_open_step(answers)
    return Done(select_final_answers(flow, answers)) if step is None else Ask(flow, answers, step)


def go_back(flow: Flow, answers: Answers) -> Answers:
    """Return the answers with the question before the open one open again.

    At the first question they are the same.
    """
    answered = []
    for step in flow.list_applicable_steps(answers):
        if not flow.is_answered(step, answers):
            break
        answered.append(step)
    return reopen_step(answered[-1], answers) if answered else answers


def edit_answer(flow: Flow, review: Step, answers: Answers, name: str) -> Answers:
    """Return the answers with one question open again; after it, the review page is open again.

    Without a name, the review page asks which answer to change. With the name of the review page
    itself, it is shown unchanged.
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
    """Return 8 hexadecimal digits that differ for other answers; notes are ignored.

    A button that carries them is valid for exactly these answers.
    """
    plain = {key: value for key, value in answers.items() if "." not in key}
    packed = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2s(packed, digest_size=4).hexdigest()
