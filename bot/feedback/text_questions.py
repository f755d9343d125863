"""Questions of the intake that depend on the text of the submission."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.classification import personal_data
from bot.classification.suggestion import Suggestion, suggest_labels
from bot.conversation.flow import Answers, Input, Option, Rejected, Reopen, StepNotes
from bot.conversation.inputs import UNKNOWN_CHOICE, join_texts, parse_choice
from bot.conversation.reply import Reply
from bot.core.screen import Words
from bot.feedback.rules import fingerprint_text
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bot.core.screen import Param

MAX_TOPICS = 4  # of one submission
_TOPICS = frozenset(Topic)

# The suggestion of kind and topics for a text; results are cached.
suggest_cached: Any = lru_cache(maxsize=256)(suggest_labels)
_find_personal_data: Any = lru_cache(maxsize=256)(personal_data.find_personal_data)


def get_text(answers: Answers) -> str:
    """Return the text that the resident wrote so far."""
    return join_texts(answers.get("details", ()))


def get_suggestion(answers: Answers) -> Suggestion:
    """Return the kind, the topics and the urgency that the text suggests."""
    found: Suggestion = suggest_cached(get_text(answers))
    return found


def seems_dangerous(answers: Answers) -> bool:
    """Return True if the text has signs of a danger that exists now."""
    return get_suggestion(answers).urgent


def has_personal_data(answers: Answers) -> bool:
    """Return True if the text holds personal data, such as a telephone number or a plate."""
    return bool(_find_personal_data(get_text(answers)))


def is_urgent(answers: Answers) -> bool:
    """Return True if the text seems dangerous and the resident did not deny it."""
    return seems_dangerous(answers) and not str(answers.get("danger", "")).startswith("not_urgent")


def _make_text_choice(texts: str, *values: str) -> Input:
    """Return a choice of `values` that is asked again after the text was changed.

    The value "edit" opens the text again.
    """
    options = tuple(Option(value, Words(f"{texts}.options.{value}")) for value in values)

    def parse(reply: Reply, answers: Answers) -> Any:
        value = parse_choice(reply, options)
        return Reopen("details") if value == "edit" else f"{value}-{fingerprint_text(answers)}"

    return Input(
        parse,
        options=lambda _answers: options,
        is_valid=lambda value, answers: str(value).endswith(fingerprint_text(answers)),
        reasons=(UNKNOWN_CHOICE,),
        params=_list_personal_data,
    )


def _list_personal_data(answers: Answers) -> Mapping[str, Param]:
    kinds = dict.fromkeys(found.kind for found in _find_personal_data(get_text(answers)))
    return {"found": tuple(Words(f"feedback.personal.kind.{kind}") for kind in kinds)}


def danger_input() -> Input:
    """Return the question that shows the emergency numbers before the conversation continues."""
    return _make_text_choice("feedback.danger", "safe", "go_on", "not_urgent")


def personal_data_input() -> Input:
    """Return the question about personal data in the text: keep, hide on publication, or edit."""
    return _make_text_choice("feedback.personal", "keep", "hide", "edit")


def may_suggest_kind(answers: Answers) -> bool:
    """Return True if the resident is unsure of the kind and the text suggests one.

    If the text seems dangerous, it is False until the question about the danger was answered.
    """
    if answers.get("kind") != Kind.UNSURE or get_suggestion(answers).kind in {None, Kind.UNSURE}:
        return False
    return not seems_dangerous(answers) or str(answers.get("danger")).endswith(
        fingerprint_text(answers)
    )


def suggested_kind_input() -> Input:
    """Return the question that offers the suggested kind, another kind, or to stay unsure."""

    def options(answers: Answers) -> tuple[Option, ...]:
        kinds = [kind for kind in (get_suggestion(answers).kind, Kind.UNSURE) if kind]
        labels = [Option(kind, Words(f"feedback.kind.options.{kind}")) for kind in kinds]
        return (*labels, Option("other", Words("feedback.seems.options.other")))

    def parse(reply: Reply, answers: Answers) -> Any:
        value = parse_choice(reply, options(answers))
        return Reopen("kind") if value == "other" else f"{value}-{fingerprint_text(answers)}"

    def is_valid(value: Any, answers: Answers) -> bool:
        kind, _, mark = str(value).partition("-")
        return kind in set(Kind) and mark == fingerprint_text(answers)

    def params(answers: Answers) -> Mapping[str, Param]:
        return {"kind": Words(f"feedback.kind.options.{get_suggestion(answers).kind}")}

    return Input(
        parse, options=options, is_valid=is_valid, reasons=(UNKNOWN_CHOICE,), params=params
    )


def suggest_topics(answers: Answers) -> Sequence[str]:
    """Return the topics that the text suggests, the most likely first."""
    return [topic.value for topic in get_suggestion(answers).topics]


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
        params=lambda answers: {"topics": name_topics(question.picked(answers))},
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
            return tuple(Option(way, Words(f"feedback.topic.options.{way}")) for way in ways)
        already = self.picked(answers) if answers.get("topic.way") == "add" else []
        left = [topic for topic in Topic if topic not in already]
        return tuple(Option(topic, Words(f"feedback.topic.options.{topic}")) for topic in left)

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
