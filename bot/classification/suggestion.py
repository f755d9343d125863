"""What an opinion seems to be, by the words in it: kind, topics, urgency. Only ever a suggestion.

The words are in keywords.toml, for the police to edit; pure functions of a text.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.classification.phrases import BadPhrase, Finder, Pattern, Reading, Span
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ENOUGH = 2  # points that a topic or a kind needs to be suggested
_TELLS_SOMETHING = 9  # words from which a text is a report even if nothing in it is known
_URGENT_NOT = "urgent.not"
_FORMAL = frozenset({Kind.COMPLAINT, Kind.DENUNCIATION})
_NEGATION_REACHES = 3  # words between a negation and what it denies, at most


class BadKeywords(Exception):
    """keywords.toml has a mistake; the message says where, and what is allowed."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Phrases = tuple[str, ...]


class _Rules(_Table):
    """Phrases of three, two and one points, and phrases within which none of them count."""

    strong: Phrases = ()
    words: Phrases = ()
    hints: Phrases = ()
    ignored: Phrases = Field((), alias="not")

    def pointed(self) -> Iterator[tuple[str, int, str]]:
        """Each phrase with its points and its place in the table."""
        for name, points in (("strong", 3), ("words", 2), ("hints", 1)):
            for number, phrase in enumerate(getattr(self, name), 1):
                yield phrase, points, f"{name}, phrase {number}"


class _Urgency(_Table):
    """The phrases by which is told what cannot wait."""

    alarms: Phrases = ()
    dangers: Phrases = ()
    events: Phrases = ()
    now: Phrases = ()
    calls: Phrases = ()
    denials: Phrases = ()
    over: Phrases = ()
    general: Phrases = ()
    ignored: Phrases = Field((), alias="not")


class _File(_Table):
    groups: dict[str, Phrases] = {}
    abbreviations: dict[str, str] = {}
    topics: dict[Topic, _Rules] = {}
    kinds: dict[Kind, _Rules] = {}
    urgent: _Urgency = _Urgency()


class Suggestion(NamedTuple):
    """What a text seems to be; the kind is None where nothing tells."""

    kind: Kind | None
    topics: tuple[Topic, ...]
    urgent: bool


class _Rule(NamedTuple):
    """A phrase, and for what it speaks with how many points; none are for what it is not."""

    table: str
    points: int
    pattern: Pattern


@dataclass(frozen=True)
class _Heard:
    """What the phrases of a text say: the spans of each table's rules, with their points."""

    reading: Reading
    hits: Mapping[str, Sequence[tuple[int, Sequence[Span]]]]

    def spans(self, table: str) -> list[Span]:
        """Everything of a table that does not lie in what its `not` takes away."""
        return [span for _points, spans in self._counting(table) for span in spans]

    def points(self, table: str) -> int:
        """The points of all phrases of a table that a text has, each counted once."""
        return sum(points for points, _spans in self._counting(table))

    def _counting(self, table: str) -> Iterator[tuple[int, Sequence[Span]]]:
        ignored = {
            token
            for _points, spans in self.hits.get(_not(table), ())
            for span in spans
            for token in range(*span)
        }
        for points, spans in self.hits.get(table, ()):
            left = [span for span in spans if ignored.isdisjoint(range(*span))]
            if left:
                yield points, left


class Keywords:
    """The rules of a keyword file, ready to be applied."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        try:
            file = _File.model_validate(content)
        except ValidationError as error:
            raise BadKeywords(_explain(error)) from error
        self._finder = Finder(file.groups, file.abbreviations)
        self._topics = {f"topics.{topic}": topic for topic in file.topics}
        self._kinds = {f"kinds.{kind}": kind for kind in file.kinds}
        self._rules: dict[int, list[_Rule]] = defaultdict(list)  # by their first pieces
        for topic, rules in file.topics.items():
            self._add(f"topics.{topic}", rules)
        for kind, rules in file.kinds.items():
            self._add(f"kinds.{kind}", rules)
        for name in _Urgency.model_fields:
            table = _URGENT_NOT if name == "ignored" else f"urgent.{name}"
            for number, phrase in enumerate(getattr(file.urgent, name), 1):
                self._add_phrase(phrase, table, 1, f"urgent.{_key(name)}, phrase {number}")

    def _add(self, table: str, rules: _Rules) -> None:
        for phrase, points, where in rules.pointed():
            self._add_phrase(phrase, table, points, f"{table}.{where}")
        for number, phrase in enumerate(rules.ignored, 1):
            self._add_phrase(phrase, _not(table), 0, f"{table}.not, phrase {number}")

    def _add_phrase(self, phrase: str, table: str, points: int, place: str) -> None:
        try:
            pattern = self._finder.pattern(phrase)
        except BadPhrase as error:
            raise BadKeywords(f"{place}: {error}") from error
        self._rules[pattern.first].append(_Rule(table, points, pattern))

    def suggest(self, text: str) -> Suggestion:
        """What a text seems to be; topics with the most points first."""
        heard = self._hear(text)
        urgent = _is_urgent(heard)
        topics = self._topics_of(heard)
        kind = self._kind_of(heard, urgent=urgent)
        if kind is not None and not topics:
            topics = (Topic.OTHER,)
        elif kind is None and (topics or heard.reading.words >= _TELLS_SOMETHING):
            kind = Kind.REPORT
        return Suggestion(kind, topics, urgent)

    def is_urgent(self, text: str) -> bool:
        """Whether a text seems to tell of danger that is there now."""
        return _is_urgent(self._hear(text))

    def _hear(self, text: str) -> _Heard:
        reading = self._finder.read(text)
        hits: dict[str, list[tuple[int, Sequence[Span]]]] = defaultdict(list)
        for piece in reading.found:
            for table, points, pattern in self._rules.get(piece, ()):
                spans = reading.spans(pattern)
                if spans:
                    hits[table].append((points, spans))
        return _Heard(reading, hits)

    def _topics_of(self, heard: _Heard) -> tuple[Topic, ...]:
        points = {topic: heard.points(table) for table, topic in self._topics.items()}
        enough = [topic for topic, count in points.items() if count >= ENOUGH]
        return tuple(sorted(enough, key=lambda topic: -points[topic]))

    def _kind_of(self, heard: _Heard, *, urgent: bool) -> Kind | None:
        points = {kind: heard.points(table) for table, kind in self._kinds.items()}
        best = max(points, key=lambda kind: points[kind], default=None)
        sure = best if best is not None and points[best] >= ENOUGH else None
        # A formal kind has a path of its own, which protects who makes it.
        return Kind.CRIME_REPORT if urgent and sure not in _FORMAL else sure


def _is_urgent(heard: _Heard) -> bool:
    signs = _Signs(heard)
    return any(
        signs.alive(span, name)
        for name in ("alarms", "dangers", "events")
        for span in set(heard.spans(f"urgent.{name}"))
    )


class _Signs:
    """What is said around a danger: now, over, in general, or not at all."""

    def __init__(self, heard: _Heard) -> None:
        self._sentences, self._clauses = heard.reading.sentences, heard.reading.clauses
        said = {name: heard.spans(f"urgent.{name}") for name in ("now", "over", "general")}
        self._in_clauses = {
            name: {self._clauses[span.start] for span in spans} for name, spans in said.items()
        }
        self._in_sentences = {
            name: {self._sentences[span.start] for span in spans} for name, spans in said.items()
        }
        self._denials = {span.end for span in heard.spans("urgent.denials")}
        self._called = bool(heard.spans("urgent.calls"))

    def alive(self, danger: Span, name: str) -> bool:
        """Whether a danger, one of the table `name`, is there now."""
        clause, sentence = self._clauses[danger.start], self._sentences[danger.start]
        if self._denied(danger) or clause in self._in_clauses["over"]:
            return False
        if name == "alarms" or clause in self._in_clauses["now"]:
            return True
        if any(sentence in self._in_sentences[sign] for sign in ("over", "general")):
            return False
        return name == "dangers" or sentence in self._in_sentences["now"] or self._called

    def _denied(self, danger: Span) -> bool:
        nearest = range(danger.start - _NEGATION_REACHES, danger.start + 1)
        return any(
            end in self._denials and self._clauses[end - 1] == self._clauses[danger.start]
            for end in nearest
        )


def _not(table: str) -> str:
    """The table of what takes words away from a table; urgency has one for all of its own."""
    return _URGENT_NOT if table.startswith("urgent.") else f"{table}.not"


@cache
def _keywords() -> Keywords:
    return parse_keywords(files("bot.classification").joinpath("keywords.toml").read_text("utf-8"))


def parse_keywords(content: str) -> Keywords:
    """The keywords of a file like keywords.toml; raises BadKeywords."""
    try:
        return Keywords(tomllib.loads(content))
    except tomllib.TOMLDecodeError as error:
        raise BadKeywords(f"not TOML: {error}") from error


def suggest(text: str) -> Suggestion:
    """What a text seems to be, by the project's own rules."""
    return _keywords().suggest(text)


def is_urgent(text: str) -> bool:
    """Whether a text seems to tell of danger that is there now."""
    return _keywords().is_urgent(text)


def _key(field: str) -> str:
    return "not" if field == "ignored" else field


def _explain(error: ValidationError) -> str:
    """The first mistake in one line: where, what, and what is allowed."""
    first = error.errors(include_url=False)[0]
    steps = [str(step) for step in first["loc"] if step != "[key]"]
    place = ".".join(steps)
    if first["type"] == "extra_forbidden":
        tables: dict[str, type[BaseModel]] = {"topics": _Rules, "kinds": _Rules, "urgent": _Urgency}
        table = tables[steps[0]] if len(steps) > 1 else _File
        known = ", ".join(_key(name) for name in table.model_fields)
        return f"{place}: no such name; allowed are {known}"
    if first["type"] == "enum":
        return f"{place}: no such name; allowed are {first['ctx']['expected']}"
    return f"{place}: {first['msg']}"
