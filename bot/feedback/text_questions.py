"""The questions of the feedback flow that depend on what was written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.classification import personal_data
from bot.classification.suggestion import Suggestion, suggest_labels
from bot.conversation.engine import Answers, Input, Option, Rejected, Reopen, Reply, StepNotes
from bot.conversation.inputs import CHOOSE, join_texts, parse_choice
from bot.core.screen import Words
from bot.feedback.rules import fingerprint_text
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bot.core.screen import Param

_MOST_TOPICS = 4

suggest_cached: Any = lru_cache(maxsize=256)(suggest_labels)
_personal: Any = lru_cache(maxsize=256)(personal_data.find_personal_data)


def get_text(answers: Answers) -> str:
    """What the resident wrote."""
    return join_texts(answers.get("details", ()))


def get_suggestion(answers: Answers) -> Suggestion:
    """What it seems to be."""
    found: Suggestion = suggest_cached(get_text(answers))
    return found


def seems_dangerous(answers: Answers) -> bool:
    """The text has signs of something dangerous that is happening now."""
    return get_suggestion(answers).urgent


def names_somebody(answers: Answers) -> bool:
    """The text has somebody's telephone number, plate or the like in it."""
    return bool(_personal(get_text(answers)))


def is_urgent(answers: Answers) -> bool:
    """It seems dangerous, and the resident did not say that it is not."""
    return seems_dangerous(answers) and not str(answers.get("danger", "")).startswith("not_urgent")


def _about_the_text(texts: str, *values: str) -> Input:
    """One of `values`, asked again when the text has changed since."""
    options = tuple(Option(value, Words(f"{texts}.options.{value}")) for value in values)

    def parse(reply: Reply, answers: Answers) -> Any:
        value = parse_choice(reply, options)
        return Reopen("details") if value == "edit" else f"{value}-{fingerprint_text(answers)}"

    return Input(
        parse,
        options=lambda _answers: options,
        is_valid=lambda value, answers: str(value).endswith(fingerprint_text(answers)),
        reasons=(CHOOSE,),
        params=_found_in,
    )


def _found_in(answers: Answers) -> Mapping[str, Param]:
    kinds = dict.fromkeys(found.kind for found in _personal(get_text(answers)))
    return {"found": tuple(Words(f"feedback.personal.kind.{kind}") for kind in kinds)}


def danger_input() -> Input:
    """The emergency numbers first; then the opinion goes on."""
    return _about_the_text("feedback.danger", "safe", "go_on", "not_urgent")


def personal_data_input() -> Input:
    """What to do with the personal data in the text: keep, hide on publication, or edit it."""
    return _about_the_text("feedback.personal", "keep", "hide", "edit")


def may_suggest_a_kind(answers: Answers) -> bool:
    """Who is unsure has written something of a kind; 113 was shown first to who needs it."""
    if answers.get("kind") != Kind.UNSURE or get_suggestion(answers).kind in {None, Kind.UNSURE}:
        return False
    return not seems_dangerous(answers) or str(answers.get("danger")).endswith(
        fingerprint_text(answers)
    )


def suggested_kind_input() -> Input:
    """The kind that the text suggests, to be confirmed; another; or still unsure."""

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

    return Input(parse, options=options, is_valid=is_valid, reasons=(CHOOSE,), params=params)


def suggest_topics(answers: Answers) -> Sequence[str]:
    """The topics that the resident's text seems to be about."""
    return [topic.value for topic in get_suggestion(answers).topics]


def topics_input(suggests: Callable[[Answers], Sequence[str]]) -> Input:
    """What it is about: as the answers suggest, confirmed by a button, or chosen from the list.

    For a step called `topic`.
    """
    question = _Topics(suggests)
    return Input(
        question.parse,
        options=question.options,
        prompt=question.prompt,
        prompts=("ask", "suggested", "add"),
        params=lambda answers: {"topics": name_topics(question.picked(answers))},
        is_valid=lambda value, _answers: _are_topics(value),
        reasons=(CHOOSE,),
    )


@dataclass(frozen=True, slots=True)
class _Topics:
    """Notes: `picked` are the topics to be confirmed, `way` is how the list is used, if it is open:
    to choose one or to add one.
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
            full = len(self.picked(answers)) >= _MOST_TOPICS
            ways = ("right", "choose") if full else ("right", "choose", "add")
            return tuple(Option(way, Words(f"feedback.topic.options.{way}")) for way in ways)
        already = self.picked(answers) if answers.get("topic.way") == "add" else []
        left = [topic for topic in Topic if topic not in already]
        return tuple(Option(topic, Words(f"feedback.topic.options.{topic}")) for topic in left)

    def parse(self, reply: Reply, answers: Answers) -> Any:
        # Every button that was ever shown for this question is good, not only the last ones.
        value = reply.choice or parse_choice(reply, self.options(answers))
        picked = self.picked(answers)
        if value == "right" and picked:
            return picked
        if value in {"choose", "add"}:
            return StepNotes({"way": value})
        if value not in set(Topic):
            raise Rejected(CHOOSE)
        if answers.get("topic.way") == "add":
            more = list(dict.fromkeys([*picked, value]))[:_MOST_TOPICS]
            return StepNotes({"way": None, "picked": more})
        return [value]


def name_topics(topics: Iterable[str]) -> tuple[Words, ...]:
    """What topics are called."""
    return tuple(Words(f"feedback.topic.options.{topic}") for topic in topics)


def _are_topics(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and set(value) <= set(Topic)
