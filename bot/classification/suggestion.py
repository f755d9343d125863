"""Suggest kind, topics and urgency of a text by the phrases in it.

The resident always decides. The phrases are in keywords.toml, which the police can edit.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.classification.phrases import BadPhrase, PhraseIndex, PhrasePattern, SearchedText, Span
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MIN_POINTS = 2  # for a topic or a kind to be suggested
_MIN_REPORT_WORDS = 9  # a text of this length is a report even if it contains no known phrase
_URGENT_NOT = "urgent.not"
_FORMAL_KINDS = frozenset({Kind.COMPLAINT, Kind.DENUNCIATION})
_MAX_NEGATION_WORDS = 3  # words between a negation and what it negates


class BadKeywords(Exception):
    """keywords.toml has a mistake. The message names its place, and says what is allowed."""


class _Table(BaseModel):
    """A table of keywords.toml; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# The phrases of one list in keywords.toml. Each string is a whole phrase, as it is written there.
Phrases = tuple[str, ...]


class _LabelRules(_Table):
    """The phrases of a topic or kind, with 3, 2 and 1 points.

    Words within an `ignored` phrase do not count.
    """

    strong: Phrases = ()
    words: Phrases = ()
    hints: Phrases = ()
    ignored: Phrases = Field((), alias="not")

    def list_scored(self) -> Iterator[tuple[str, int, str]]:
        """Yield each phrase with its points and its place in the table."""
        for name, points in (("strong", 3), ("words", 2), ("hints", 1)):
            for number, phrase in enumerate(getattr(self, name), 1):
                yield phrase, points, f"{name}, phrase {number}"


class _UrgencyRules(_Table):
    """The phrases that decide about urgency; keywords.toml explains each list."""

    alarms: Phrases = ()
    dangers: Phrases = ()
    events: Phrases = ()
    now: Phrases = ()
    calls: Phrases = ()
    denials: Phrases = ()
    over: Phrases = ()
    general: Phrases = ()
    ignored: Phrases = Field((), alias="not")


class _KeywordFile(_Table):
    """The whole of keywords.toml."""

    groups: dict[str, Phrases] = {}
    abbreviations: dict[str, str] = {}
    topics: dict[Topic, _LabelRules] = {}
    kinds: dict[Kind, _LabelRules] = {}
    urgent: _UrgencyRules = _UrgencyRules()


class Suggestion(NamedTuple):
    """The suggested labels of a text. The kind is None if nothing indicates one."""

    kind: Kind | None
    topics: tuple[Topic, ...]
    urgent: bool


class _PhraseRule(NamedTuple):
    """A phrase that gives points to a table; phrases of a "not" table have 0 points."""

    table: str
    points: int
    pattern: PhrasePattern


@dataclass(frozen=True)
class _TextMatches:
    """The phrases in a text: for each table the points and spans of its phrases."""

    text: SearchedText
    matches: Mapping[str, Sequence[tuple[int, Sequence[Span]]]]

    def list_spans(self, table: str) -> list[Span]:
        """Return the spans of a table that lie in no phrase of its "not" table."""
        return [span for _points, spans in self._list_counted(table) for span in spans]

    def sum_points(self, table: str) -> int:
        """Return the points of a table. Each phrase counts once."""
        return sum(points for points, _spans in self._list_counted(table))

    def _list_counted(self, table: str) -> Iterator[tuple[int, Sequence[Span]]]:
        """Yield the points and spans of each phrase that lies in no phrase of the "not" table."""
        ignored = {
            token
            for _points, spans in self.matches.get(_name_not_table(table), ())
            for span in spans
            for token in range(*span)
        }
        for points, spans in self.matches.get(table, ()):
            counted = [span for span in spans if ignored.isdisjoint(range(*span))]
            if counted:
                yield points, counted


class Keywords:
    """The compiled rules of a keyword file."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        """Compile the content of a keyword file. Raises BadKeywords."""
        try:
            file = _KeywordFile.model_validate(content)
        except ValidationError as error:
            raise BadKeywords(_explain_error(error)) from error
        self._index = PhraseIndex(file.groups, file.abbreviations)
        self._topics = {f"topics.{topic}": topic for topic in file.topics}
        self._kinds = {f"kinds.{kind}": kind for kind in file.kinds}
        self._rules_by_first_piece: dict[int, list[_PhraseRule]] = defaultdict(list)
        for topic, rules in file.topics.items():
            self._add_rules(f"topics.{topic}", rules)
        for kind, rules in file.kinds.items():
            self._add_rules(f"kinds.{kind}", rules)
        for name in _UrgencyRules.model_fields:
            table = _URGENT_NOT if name == "ignored" else f"urgent.{name}"
            for number, phrase in enumerate(getattr(file.urgent, name), 1):
                place = f"urgent.{_name_key(name)}, phrase {number}"
                self._add_phrase(phrase, table, 1, place)

    def _add_rules(self, table: str, rules: _LabelRules) -> None:
        """Add the phrases of a topic or kind. Raises BadKeywords."""
        for phrase, points, place in rules.list_scored():
            self._add_phrase(phrase, table, points, f"{table}.{place}")
        for number, phrase in enumerate(rules.ignored, 1):
            place = f"{table}.not, phrase {number}"
            self._add_phrase(phrase, _name_not_table(table), 0, place)

    def _add_phrase(self, phrase: str, table: str, points: int, place: str) -> None:
        """Add a phrase to a table. Raises BadKeywords with its place in the file."""
        try:
            pattern = self._index.add_phrase(phrase)
        except BadPhrase as error:
            raise BadKeywords(f"{place}: {error}") from error
        rule = _PhraseRule(table, points, pattern)
        self._rules_by_first_piece[pattern.first_piece].append(rule)

    def suggest_labels(self, text: str) -> Suggestion:
        """Return the suggested labels of a text; the topic with the most points comes first."""
        matches = self._match_rules(text)
        urgent = _contains_danger(matches)
        topics = self._choose_topics(matches)
        kind = self._choose_kind(matches, urgent=urgent)
        if kind is not None and not topics:
            topics = (Topic.OTHER,)
        elif kind is None and (topics or matches.text.word_count >= _MIN_REPORT_WORDS):
            kind = Kind.REPORT
        return Suggestion(kind, topics, urgent)

    def is_urgent(self, text: str) -> bool:
        """Return True if a text reports a present danger."""
        return _contains_danger(self._match_rules(text))

    def _match_rules(self, text: str) -> _TextMatches:
        """Find the phrases of all rules in a text."""
        searched = self._index.search_text(text)
        matches: dict[str, list[tuple[int, Sequence[Span]]]] = defaultdict(list)
        for piece in searched.matches:
            for table, points, pattern in self._rules_by_first_piece.get(piece, ()):
                spans = searched.find_pattern(pattern)
                if spans:
                    matches[table].append((points, spans))
        return _TextMatches(searched, matches)

    def _choose_topics(self, matches: _TextMatches) -> tuple[Topic, ...]:
        """Return the topics with enough points, most points first."""
        points = {topic: matches.sum_points(table) for table, topic in self._topics.items()}
        topics = [topic for topic, total in points.items() if total >= _MIN_POINTS]
        return tuple(sorted(topics, key=lambda topic: -points[topic]))

    def _choose_kind(self, matches: _TextMatches, *, urgent: bool) -> Kind | None:
        """Return the kind with the most points, if they are enough.

        An urgent text is a crime report, except if it is a formal kind. Formal kinds have a
        procedure of their own, which protects the author.
        """
        points = {kind: matches.sum_points(table) for table, kind in self._kinds.items()}
        best = max(points, key=lambda kind: points[kind], default=None)
        chosen = best if best is not None and points[best] >= _MIN_POINTS else None
        return Kind.CRIME_REPORT if urgent and chosen not in _FORMAL_KINDS else chosen


def _contains_danger(matches: _TextMatches) -> bool:
    """Return True if one of the dangers in a text is present."""
    context = _DangerContext(matches)
    return any(
        context.is_present(span, table)
        for table in ("alarms", "dangers", "events")
        for span in set(matches.list_spans(f"urgent.{table}"))
    )


class _DangerContext:
    """The phrases around a danger that say when it happens, or that it does not."""

    def __init__(self, matches: _TextMatches) -> None:
        self._sentences, self._clauses = matches.text.sentences, matches.text.clauses
        signs = {name: matches.list_spans(f"urgent.{name}") for name in ("now", "over", "general")}
        self._clauses_with = {
            name: {self._clauses[span.start] for span in spans} for name, spans in signs.items()
        }
        self._sentences_with = {
            name: {self._sentences[span.start] for span in spans} for name, spans in signs.items()
        }
        self._denial_ends = {span.end for span in matches.list_spans("urgent.denials")}
        self._has_call = bool(matches.list_spans("urgent.calls"))

    def is_present(self, danger: Span, table: str) -> bool:
        """Return True if a danger is happening now. `table` is alarms, dangers or events."""
        clause, sentence = self._clauses[danger.start], self._sentences[danger.start]
        if self._is_denied(danger) or clause in self._clauses_with["over"]:
            return False
        if table == "alarms" or clause in self._clauses_with["now"]:
            return True
        if any(sentence in self._sentences_with[sign] for sign in ("over", "general")):
            return False
        return table == "dangers" or sentence in self._sentences_with["now"] or self._has_call

    def _is_denied(self, danger: Span) -> bool:
        """Return True if a negation stands shortly before a danger, in the same clause."""
        nearest = range(danger.start - _MAX_NEGATION_WORDS, danger.start + 1)
        return any(
            end in self._denial_ends and self._clauses[end - 1] == self._clauses[danger.start]
            for end in nearest
        )


def _name_not_table(table: str) -> str:
    """Return the name of the "not" table of a table; the tables of urgency share one."""
    return _URGENT_NOT if table.startswith("urgent.") else f"{table}.not"


@cache
def _load_keywords() -> Keywords:
    return parse_keywords(files("bot.classification").joinpath("keywords.toml").read_text("utf-8"))


def parse_keywords(content: str) -> Keywords:
    """Compile the content of a file like keywords.toml. Raises BadKeywords."""
    try:
        return Keywords(tomllib.loads(content))
    except tomllib.TOMLDecodeError as error:
        raise BadKeywords(f"not TOML: {error}") from error


def suggest_labels(text: str) -> Suggestion:
    """Return the suggested labels of a text, by the rules of keywords.toml."""
    return _load_keywords().suggest_labels(text)


def is_urgent(text: str) -> bool:
    """Return True if a text reports a present danger, by the rules of keywords.toml."""
    return _load_keywords().is_urgent(text)


def _name_key(field: str) -> str:
    """Return the name that a field has in the file."""
    return "not" if field == "ignored" else field


def _explain_error(error: ValidationError) -> str:
    """Return the first mistake in one line: place, mistake, and what is allowed."""
    first = error.errors(include_url=False)[0]
    steps = [str(step) for step in first["loc"] if step != "[key]"]
    place = ".".join(steps)
    if first["type"] == "extra_forbidden":
        tables: dict[str, type[BaseModel]] = {
            "topics": _LabelRules,
            "kinds": _LabelRules,
            "urgent": _UrgencyRules,
        }
        table = tables[steps[0]] if len(steps) > 1 else _KeywordFile
        known = ", ".join(_name_key(name) for name in table.model_fields)
        return f"{place}: no such name; allowed are {known}"
    if first["type"] == "enum":
        return f"{place}: no such name; allowed are {first['ctx']['expected']}"
    return f"{place}: {first['msg']}"
