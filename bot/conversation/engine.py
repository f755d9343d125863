"""The conversation engine: pure, total, synchronous; no clock and no I/O.

A conversation is its answers. The open question is the first step that applies and has no answer
that holds, so a restart, a deploy that adds a question, or another replica goes on where the
resident was.

Keys of the answers: `area` is the answer of a step; `area.query` is a note, something that was
said while a step is open and that changes what it shows; `@consented` is a fact given at the start.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson

from bot.core.screen import Param, Sharing, Words

Answers = Mapping[str, Any]


class Rejected(Exception):
    """A reply is not what the step expects; `reason` names the text that says what is.

    What is good of it may be `noted` all the same.
    """

    def __init__(self, reason: str, *, noted: StepNotes | None = None, **params: Param) -> None:
        super().__init__(reason)
        self.reason = reason
        self.noted = noted
        self.params = params


class Stop(Exception):
    """A reply ends the conversation, and nothing of it is kept."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Navigation(Enum):
    """Ways to move that every step has; the value is their sign in a button's data."""

    CHOOSE = "="
    BACK = "<"
    CANCEL = "!"
    EDIT = "~"


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that a person sent, as the messenger's reference; or a place, in degrees."""

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
    """What a person did, in the conversation's own terms.

    A button has `step` (the one it was shown for), `move` and `choice`. A message has `text`,
    `attachment` or `phone` (`someone_elses` if it is not the sender's own), and its `message_id`;
    `edited` says that it replaces one sent before. `near` are the units that a shared position may
    be in, None when no position was shared.
    """

    text: str | None = None
    step: str | None = None
    move: Navigation = Navigation.CHOOSE
    choice: str | None = None
    attachment: SentFile | None = None
    phone: str | None = None
    someone_elses: bool = False
    message_id: int | None = None
    edited: bool = False
    near: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class StepNotes:
    """Something said that does not answer the step yet; None takes a note away.

    A name with a dot belongs to the step before the dot, any other to the step that is open.
    """

    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reopen:
    """The reply sends the person back to an earlier step, to change its answer."""

    step: str


@dataclass(frozen=True, slots=True)
class Option:
    """A value that can be chosen by a button; `label` is words or a name."""

    value: str
    label: Words | str


def _anything(_value: Any, _answers: Answers) -> bool:
    return True


def _nothing(_answers: Answers) -> tuple[Option, ...]:
    return ()


def _no_params(_answers: Answers) -> Mapping[str, Param]:
    return {}


def _ask(_answers: Answers) -> str:
    return "ask"


def _asks_nothing(_answers: Answers) -> Sharing | None:
    return None


def _forget(_value: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Input:
    """What a step accepts and shows.

    parse:   (reply, answers) -> value, Note or Reopen; raises Rejected or Stop
    options: what can be chosen now, given the answers
    prompt:  which text of the step asks now ("ask" unless it has several)
    show:    the parameters of that text
    holds:   whether a stored value still is an answer, for drafts older than the program
    asks:    what only the messenger can share, if the step wants it now (its label is "share")
    reopen:  the notes that an answer turns into when the resident comes back to it
    """

    parse: Callable[[Reply, Answers], Any]
    options: Callable[[Answers], Sequence[Option]] = _nothing
    prompt: Callable[[Answers], str] = _ask
    prompts: tuple[str, ...] = ("ask",)
    show: Callable[[Answers], Mapping[str, Param]] = _no_params
    holds: Callable[[Any, Answers], bool] = _anything
    reopen: Callable[[Any], Mapping[str, Any]] = _forget
    reasons: tuple[str, ...] = ()
    asks: Callable[[Answers], Sharing | None] = _asks_nothing
    reviews: bool = False


def always(_answers: Answers) -> bool:
    """When a step applies to everybody."""
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """One question: its name (the key of its texts), what it accepts, and when it applies."""

    name: str
    input: Input
    when: Callable[[Answers], bool] = always
    editable: bool = True


def _nothing_aside(_answers: Answers, _reply: Reply) -> Answers | None:
    return None


@dataclass(frozen=True)
class Flow:
    """A named table of steps, asked in order.

    `aside` takes what belongs to an earlier answer whatever is open, as a late file of an album:
    it gives the answers with it, or None for any other reply.
    """

    name: str
    steps: tuple[Step, ...]
    aside: Callable[[Answers, Reply], Answers | None] = _nothing_aside
    by_name: Mapping[str, Step] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {step.name: step for step in self.steps})

    def applying(self, answers: Answers) -> list[Step]:
        """The steps that apply, given the answers."""
        return [step for step in self.steps if step.when(answers)]

    def is_answered(self, step: Step, answers: Answers) -> bool:
        return step.name in answers and step.input.holds(answers[step.name], answers)

    def position(self, answers: Answers) -> Step | None:
        """The open question, or None when every step that applies is answered."""
        for step in self.steps:
            if step.when(answers) and not self.is_answered(step, answers):
                return step
        return None


@dataclass(frozen=True, slots=True)
class Ask:
    """The conversation goes on: `step` is open. `stale`: the button was for another question."""

    flow: Flow
    answers: Answers
    step: Step
    rejected: Rejected | None = None
    stale: bool = False
    accepted: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Every question is answered; `answers` holds those that apply, and the facts."""

    answers: Answers


@dataclass(frozen=True, slots=True)
class Stopped:
    """The resident ended it; nothing is kept."""

    reason: str


Turn = Ask | Done | Stopped


def advance(flow: Flow, answers: Answers, reply: Reply) -> Turn:
    """Take one reply. Total: whatever the reply is, the outcome is one of the three."""
    step = flow.position(answers)
    if step is None:
        return Done(select_final_answers(flow, answers))
    if reply.step is not None and reply.step != step.name:
        return Ask(flow, answers, step, stale=True)
    match reply.move:
        case Navigation.BACK:
            return present(flow, go_back(flow, answers))
        case Navigation.CANCEL:
            return Stopped("cancelled")
        case Navigation.EDIT:
            return present(flow, edit_answer(flow, step, answers, reply.choice or ""))
    return _take(flow, step, answers, reply)


def _take(flow: Flow, step: Step, answers: Answers, reply: Reply) -> Turn:
    if (with_it := flow.aside(answers, reply)) is not None:
        return present(flow, with_it)
    try:
        value = step.input.parse(reply, answers)
    except Rejected as rejected:
        kept = _noted(step, answers, rejected.noted) if rejected.noted else answers
        return Ask(flow, kept, step, rejected=rejected)
    except Stop as stop:
        return Stopped(stop.reason)
    match value:
        case StepNotes():
            return present(flow, _noted(step, answers, value))
        case Reopen(name):
            return present(flow, reopen_step(flow.by_name[name], _without_notes(step, answers)))
    answered = {**_without_notes(step, answers), step.name: value}
    following = flow.position(answered)
    if following is None:
        return Done(select_final_answers(flow, answered))
    return Ask(flow, answered, following, accepted=step.name)


def present(flow: Flow, answers: Answers) -> Ask | Done:
    """The question that is open now."""
    step = flow.position(answers)
    return Done(select_final_answers(flow, answers)) if step is None else Ask(flow, answers, step)


def go_back(flow: Flow, answers: Answers) -> Answers:
    """Open the question before the present one again; at the first there is nowhere to go."""
    answered = []
    for step in flow.applying(answers):
        if not flow.is_answered(step, answers):
            break
        answered.append(step)
    return reopen_step(answered[-1], answers) if answered else answers


def edit_answer(flow: Flow, review: Step, answers: Answers, name: str) -> Answers:
    """Open one question again; the review page comes back when it is answered.

    Without a name it is asked what to change, with the review's own name nothing changes.
    """
    if not review.input.reviews:
        return answers
    if name == review.name:
        return _without_notes(review, answers)
    if any(step.name == name for step in list_editable(flow, answers)):
        return _without_notes(review, reopen_step(flow.by_name[name], answers))
    return {**answers, f"{review.name}.editing": True}


def list_editable(flow: Flow, answers: Answers) -> list[Step]:
    """The answered questions that the review page offers to open again."""
    return [
        step
        for step in flow.applying(answers)
        if step.editable and not step.input.reviews and flow.is_answered(step, answers)
    ]


def reopen_step(step: Step, answers: Answers) -> Answers:
    """Take an answer back; what the step wants to keep of it stays as notes."""
    kept = {key: value for key, value in answers.items() if key != step.name}
    for name, value in step.input.reopen(answers[step.name]).items():
        kept[f"{step.name}.{name}"] = value
    return kept


def select_final_answers(flow: Flow, answers: Answers) -> Answers:
    """The answers of the steps that apply, and the facts, without notes or leftovers."""
    applying = {step.name for step in flow.applying(answers)}
    return {key: value for key, value in answers.items() if key[0] == "@" or key in applying}


def _noted(step: Step, answers: Answers, note: StepNotes) -> Answers:
    noted = dict(answers)
    for name, value in note.changes.items():
        key = name if "." in name else f"{step.name}.{name}"
        if value is None:
            noted.pop(key, None)
        else:
            noted[key] = value
    return noted


def _without_notes(step: Step, answers: Answers) -> dict[str, Any]:
    prefix = f"{step.name}."
    return {key: value for key, value in answers.items() if not key.startswith(prefix)}


def fingerprint_answers(answers: Answers) -> str:
    """A short mark of these answers: a button that carries it is for nothing else."""
    plain = {key: value for key, value in answers.items() if "." not in key}
    packed = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2s(packed, digest_size=4).hexdigest()


_DATA = re.compile(r"([a-z_]+)\.([a-z_]+)([=<!~])(.*)", re.ASCII)


def make_button_data(flow: Flow, step: Step, move: Navigation, value: str = "") -> str:
    """What a button of this step carries, for example `feedback.kind=report`; under 64 bytes."""
    return f"{flow.name}.{step.name}{move.value}{value}"


def parse_button_data(data: str) -> tuple[str, Reply] | None:
    """The flow's name and the reply that a button's data means; None if it is no such button."""
    found = _DATA.fullmatch(data)
    if found is None:
        return None
    flow, step, sign, value = found.groups()
    return flow, Reply(step=step, move=Navigation(sign), choice=value)
