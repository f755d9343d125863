"""Flows: the tables of questions that conversations consist of. Pure definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.conversation.meanings import Meaning
from bot.conversation.reply import Navigation, Reply
from bot.core.screen import Param, Sharing, Words

UNKNOWN_CHOICE = "choose"  # the reason of Rejected for a reply that is none of the options
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
    """A value that a button chooses; the label is a text or a name that is not translated.

    `meanings` are what typed words can mean to choose it too: a "vâng" is an answer only where an
    option means YES.
    """

    value: str
    label: Words | str
    meanings: tuple[Meaning, ...] = ()


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


def _no_sources(_value: Any) -> list[dict[str, Any]] | None:
    return None


def _same(value: Any) -> Any:
    return value


def has_no_default(_answers: Answers) -> Any:
    """Return None: the question has no default answer, and is always asked."""
    return None


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
    moves: the buttons beside the options, of "back" and "cancel". A question with an option that
        ends the conversation needs no "cancel"
    is_review: True for a page that shows all answers before they are submitted
    takes_text: True if words are an answer; False if words can only name a button
    change_message: (edited message, answers) -> the changed keys with its new version. Only of a
        question that gathers messages, and only called if it has the message. Raises Rejected.
    finalize:  (value) -> the answer in the form in which it is submitted
    sources:   (value) -> what of it is forwarded or quoted, if that form does not tell it
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
    moves: frozenset[Navigation] = frozenset({Navigation.BACK, Navigation.CANCEL})
    is_review: bool = False
    takes_text: bool = False
    change_message: Callable[[Reply, Answers], Answers] | None = None
    finalize: Callable[[Any], Any] = _same
    sources: Callable[[Any], list[dict[str, Any]] | None] = _no_sources


def applies_always(_answers: Answers) -> bool:
    """Return True; for a step that is asked in every conversation."""
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """One question: its name (part of the keys of its texts) and its kind of input.

    `when` takes the answers and returns True if the step applies. The review page offers to change
    the answers of `editable` steps. `default` takes the answers and returns the answer that follows
    from them, such as from a text that was written before; None if the question must be asked. A
    step with a default is asked only if the person wants to change it.
    """

    name: str
    input: Input
    when: Callable[[Answers], bool] = applies_always
    editable: bool = True
    default: Callable[[Answers], Any] = has_no_default


ASKED_AGAIN = "asked"  # the note of a step that is asked although it has a default
BEFORE = "before"  # the note of a step that is opened to change it: its answer, {} without one


def find_default(step: Step, answers: Answers) -> Any:
    """Return the answer of a step that follows from other answers; None if it must be asked."""
    if step.default is has_no_default or f"{step.name}.{ASKED_AGAIN}" in answers:
        return None
    return step.default(answers)


@dataclass(frozen=True, slots=True)
class LateReply:
    """A reply that may belong to an earlier answer.

    - `step`: the open question.
    - `follows`: True for a message that was sent before its writer saw this question, such as the
      second part of a long paste.
    """

    reply: Reply
    step: Step
    follows: bool = False


def _nothing_late(_answers: Answers, _late: LateReply) -> Answers | None:
    return None


@dataclass(frozen=True)
class Flow:
    """A named table of steps, asked in order; `by_name` has the same steps by their names.

    `add_late_reply` adds a reply to an earlier answer, such as a late file of an album, and returns
    the new answers. It returns None for any other reply. `progress_from`: once the step
    with this name is answered, each question says how many are left.
    """

    name: str
    steps: tuple[Step, ...]
    add_late_reply: Callable[[Answers, LateReply], Answers | None] = _nothing_late
    progress_from: str = ""
    by_name: Mapping[str, Step] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {step.name: step for step in self.steps})

    def list_applicable_steps(self, answers: Answers) -> list[Step]:
        """Return the steps to ask in this conversation, answered or not."""
        return [step for step in self.steps if step.when(answers)]

    def is_answered(self, step: Step, answers: Answers) -> bool:
        """Return True if a step has a valid answer, given or by default."""
        if step.name in answers:
            return step.input.is_valid(answers[step.name], answers)
        return find_default(step, answers) is not None

    def drop_invalid_answers(self, answers: Answers) -> Answers:
        """Return the answers without those that their steps do not accept any more.

        A deploy may remove a choice while drafts have it; nothing else has to expect its value.
        """
        for step in self.steps:
            if step.name in answers and not self.is_answered(step, answers):
                answers = {key: value for key, value in answers.items() if key != step.name}
        return answers

    def count_open_steps(self, answers: Answers) -> int:
        """Return the number of questions that are still to be asked, without the review page."""
        steps = self.list_applicable_steps(answers)
        return sum(not (s.input.is_review or self.is_answered(s, answers)) for s in steps)

    def find_open_step(self, answers: Answers) -> Step | None:
        """Return the open question; None if every step that applies is answered."""
        for step in self.steps:
            if step.when(answers) and not self.is_answered(step, answers):
                return step
        return None
