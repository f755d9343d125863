"""The labels of a text, and the reading of labelled examples."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import orjson

from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DANGER, CONDUCT = "danger", "conduct"


class Intent(StrEnum):
    """The intent of a message: what its writer wants with it."""

    OPINION = "opinion"  # something to be stored and answered
    GREETING = "greeting"
    THANKS = "thanks"
    HELP = "help"  # how to use the bot
    DONT_KNOW = "dont_know"  # has no answer to a question
    YES = "yes"
    NO = "no"
    RECEIPT_CODE = "receipt_code"  # asks about a code, or gives one
    FORUM_QUESTION = "forum_question"
    ADDITION = "addition"  # to what was sent before
    HUMAN = "human"  # wants to talk to a person
    TEST = "test"  # a test, nonsense, an advertisement
    ABUSE = "abuse"  # insults without a matter


# The kinds that a text can have. "Unsure" is what is suggested if none of them is likely.
KINDS = tuple(kind for kind in Kind if kind is not Kind.UNSURE)

# What the model gives a probability for, in the order of its columns.
LABELS = (
    DANGER,
    CONDUCT,
    *(f"topic.{topic}" for topic in Topic),
    *(f"kind.{kind}" for kind in KINDS),
    *(f"intent.{intent}" for intent in Intent),
)

# Labelled texts may name the kinds by these Vietnamese codes.
_KIND_CODES = {
    "phan_anh": "report",
    "kien_nghi": "proposal",
    "cau_hoi": "question",
    "gop_y": "comment",
    "khen_ngoi": "praise",
    "khieu_nai": "complaint",
    "to_cao": "denunciation",
    "to_giac": "crime_report",
    "khac": "unsure",
}


class BadExamples(Exception):
    """An example has a mistake. The message names the example and what is wrong."""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text. A label is None if it is not known.

    - `danger`: true if somebody is in danger now.
    - `conduct`: true if the text says, or may say, that an officer did wrong.
    - `writer`: who wrote it, so that no writer is in both halves of a measurement.
    """

    text: str
    danger: bool
    topics: frozenset[Topic]
    kind: Kind | None
    intent: Intent | None
    conduct: bool | None
    writer: str

    def list_labels(self) -> set[str]:
        """Return those of LABELS that the text has."""
        labels = {f"topic.{topic}" for topic in self.topics}
        labels |= {DANGER} if self.danger else set()
        labels |= {CONDUCT} if self.conduct else set()
        labels |= {f"kind.{self.kind}"} if self.kind else set()
        return labels | ({f"intent.{self.intent}"} if self.intent else set())


def parse_examples(content: bytes, writer: str) -> list[Example]:
    """Return the examples of JSON lines. Raises BadExamples.

    A line has the fields text, topics, kind, and danger (or urgent); intent and conduct may be
    missing. The kind is null for a text that is no opinion.
    """
    examples = []
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            try:
                examples.append(_parse_example(orjson.loads(line), writer))
            except (orjson.JSONDecodeError, KeyError, ValueError, TypeError) as error:
                raise BadExamples(f"{writer}, line {number}: {_explain(error)}") from error
    return examples


def _parse_example(fields: Mapping[str, Any], writer: str) -> Example:
    kind = fields["kind"]
    intent = fields.get("intent")
    conduct = fields.get("conduct")
    text = fields["text"]
    if not isinstance(text, str):
        raise TypeError("text is no string")
    return Example(
        text=text,
        danger=bool(fields["danger"] if "danger" in fields else fields["urgent"]),
        topics=_parse_topics(fields["topics"]),
        kind=None if kind is None else Kind(_KIND_CODES.get(kind, kind)),
        intent=None if intent is None else Intent(intent),
        conduct=None if conduct is None else bool(conduct),
        writer=writer,
    )


def _parse_topics(topics: Iterable[str]) -> frozenset[Topic]:
    return frozenset(Topic(topic) for topic in topics)


def _explain(error: Exception) -> str:
    return f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
