"""Questions of the intake about what the text suggests: personal data, topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.conversation.flow import (
    UNKNOWN_CHOICE,
    Answers,
    Input,
    Option,
    Rejected,
    Reopen,
    StepNotes,
)
from bot.conversation.inputs import parse_choice
from bot.conversation.meanings import Meaning
from bot.conversation.reply import Reply
from bot.core.screen import Words
from bot.feedback.text_suggestions import fingerprint_text, list_personal_data
from bot.notifications.summaries import list_topics
from storage.models import Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


MAX_TOPICS = 4  # of one submission
_TOPICS = frozenset(Topic)
# What typed words can mean to choose an option of the question for topics.
_MEANINGS: Mapping[str, tuple[Meaning, ...]] = {
    "right": (Meaning.YES, Meaning.DONE),
    "choose": (Meaning.NO, Meaning.EDIT),
    "add": (Meaning.MORE,),
    Topic.OTHER: (Meaning.SKIP,),
}


def personal_data_input() -> Input:
    """Return the question about personal data in the text: hide on publication, keep, or edit.

    The answer is asked for again after the text was changed. The value "edit" opens the text.
    """
    options = tuple(
        Option(value, Words(f"feedback.personal.options.{value}"), meanings)
        for value, meanings in (("hide", ()), ("keep", ()), ("edit", (Meaning.EDIT,)))
    )

    def parse(reply: Reply, answers: Answers) -> Any:
        value = parse_choice(reply, options)
        return Reopen("details") if value == "edit" else f"{value}-{fingerprint_text(answers)}"

    return Input(
        parse,
        options=lambda _answers: options,
        is_valid=lambda value, answers: str(value).endswith(fingerprint_text(answers)),
        reasons=(UNKNOWN_CHOICE,),
        params=lambda answers: {"found": name_personal_data(answers)},
    )


def name_personal_data(answers: Answers) -> tuple[Words, ...]:
    """Return the texts that name the personal data in the text."""
    return tuple(Words(f"feedback.personal.kind.{kind}") for kind in list_personal_data(answers))


def topics_input(suggests: Callable[[Answers], Sequence[str]]) -> Input:
    """Return the question for topics, for a step called "topic".

    `suggests` returns the topics that the answers suggest. The person confirms them with a button,
    adds one, or chooses one from the list of all topics. The answer is a list of topics.
    """
    question = _Topics(suggests)
    return Input(
        question.parse,
        options=question.options,
        prompt=question.prompt,
        prompts=("ask", "suggested", "add"),
        params=lambda answers: {"topics": list_topics(question.picked(answers))},
        is_valid=lambda value, _answers: _are_topics(value),
        reasons=(UNKNOWN_CHOICE,),
    )


@dataclass(frozen=True, slots=True)
class _Topics:
    """The question for topics.

    `suggests` returns the topics that the answers suggest.

    Its notes: `picked` are the topics to confirm. `way` is "choose" or "add" while the list of all
    topics is open.
    """

    suggests: Callable[[Answers], Sequence[str]]

    def picked(self, answers: Answers) -> list[str]:
        return list(answers.get("topic.picked") or self.suggests(answers))

    def prompt(self, answers: Answers) -> str:
        way = answers.get("topic.way")
        if way == "add":
            return "add"
        return "suggested" if way is None and self.picked(answers) else "ask"

    def options(self, answers: Answers) -> tuple[Option, ...]:
        if self.prompt(answers) == "suggested":
            full = len(self.picked(answers)) >= MAX_TOPICS
            ways = ("right", "choose") if full else ("right", "choose", "add")
            return tuple(
                Option(way, Words(f"feedback.topic.options.{way}"), _MEANINGS[way]) for way in ways
            )
        already = self.picked(answers) if answers.get("topic.way") == "add" else []
        left = [topic for topic in Topic if topic not in already]
        return tuple(
            Option(topic, Words(f"feedback.topic.options.{topic}"), _MEANINGS.get(topic, ()))
            for topic in left
        )

    def parse(self, reply: Reply, answers: Answers) -> Any:
        # The buttons of an earlier screen of this question are valid too.
        value = reply.choice or parse_choice(reply, self.options(answers))
        picked = self.picked(answers)
        if value == "right" and picked:
            return picked
        if value in {"choose", "add"}:
            return StepNotes({"way": value})
        if value not in set(Topic):
            raise Rejected(UNKNOWN_CHOICE)
        if answers.get("topic.way") == "add":
            more = list(dict.fromkeys([*picked, value]))[:MAX_TOPICS]
            return StepNotes({"way": None, "picked": more})
        return [value]


def name_topics(topics: Iterable[str]) -> tuple[Words, ...]:
    """Return the texts with the names of topics."""
    return tuple(Words(f"feedback.topic.options.{topic}") for topic in topics)


def _are_topics(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and set(value) <= _TOPICS
