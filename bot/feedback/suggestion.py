"""What an opinion seems to be, by the words in it: kind, topics, urgency. Only ever a suggestion.

The words are in keywords.toml, for the police to edit. Diacritics count where they were typed: who
writes without them is understood, but a word with other ones is another word.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bot.folding import fold
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_ENOUGH = 2  # a strong sign, or two weak ones
_GAP = "..."
_LONGEST_GAP = 4  # words
_MOST_TOPICS = 4
_SHORT = 5  # letters of a word that is a word of its own only with its diacritics
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))  # taken off; shapes stay
_TOKEN = re.compile(r"\w+|!+|\?|[^\w\s]")
_LEFT_OVER = re.compile(r"[fjrsxw]+$")  # keys of a tone that the keyboard did not turn into one


class BadKeywords(Exception):
    """keywords.toml has a mistake; the message says where, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a text seems to be: a kind or None, topics (the surest first), whether it is urgent."""

    kind: Kind | None
    topics: tuple[Topic, ...]
    urgent: bool


@dataclass(frozen=True, slots=True)
class _Word:
    """A word: folded, without a tone left over from typing, and with its diacritics.

    Where the tone stands in the word does not matter (hoà, hòa).
    """

    folded: str
    loose: str
    marked: tuple[str, str]

    @property
    def is_plain(self) -> bool:
        return self.marked == (self.folded, "")


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words in a row; None is a gap."""

    text: str
    words: tuple[_Word | None, ...]


class _Grade(Enum):
    """What a phrase is of: a strong or a weak sign, or what is passed over."""

    STRONG = 2
    WEAK = 1
    IGNORED = 0


_PAST, _NOW, _URGENT = "urgent.past", "urgent.now", "urgent"

# What a phrase is a sign of: a topic, a kind, or one of the three above.
_Matter = Topic | Kind | str


@dataclass(frozen=True)
class _Keywords:
    """Every phrase by its first word, folded, with what it is a sign of."""

    by_first: Mapping[str, Sequence[tuple[_Matter, _Grade, _Phrase]]]
    topics: Sequence[Topic]
    kinds: Sequence[Kind]


def suggest(text: str) -> Suggestion:
    """What a text seems to be."""
    known = _keywords()
    scores = _scores(_Text.of(text), known)
    found = sorted((t for t in known.topics if scores[t] >= _ENOUGH), key=lambda t: -scores[t])
    if len(found) > 1 and Topic.OTHER in found and scores[Topic.OTHER] < scores[found[0]]:
        found.remove(Topic.OTHER)
    urgent = _is_urgent(scores)
    return Suggestion(_kind(scores, known, urgent, found), tuple(found[:_MOST_TOPICS]), urgent)


def is_urgent(text: str) -> bool:
    """Whether a text shows signs of something dangerous that is happening now."""
    return _is_urgent(_scores(_Text.of(text), _keywords()))


def _is_urgent(scores: Mapping[_Matter, int]) -> bool:
    return scores[_URGENT] >= _ENOUGH and (not scores[_PAST] or bool(scores[_NOW]))


def _kind(
    scores: Mapping[_Matter, int], known: _Keywords, urgent: bool, topics: Sequence[Topic]
) -> Kind | None:
    best = max(known.kinds, key=lambda kind: scores[kind])  # of equals the one that stands first
    is_sure = scores[best] >= _ENOUGH
    if urgent and not (is_sure and best in {Kind.DENUNCIATION, Kind.COMPLAINT}):
        return Kind.CRIME_REPORT
    if is_sure:
        return best
    return Kind.REPORT if topics else None


def _scores(words: _Text, known: _Keywords) -> Mapping[_Matter, int]:
    """For each matter two for each strong sign and one for each weak one, each counted once."""
    found = list(words.found(known))
    passed: dict[_Matter, set[int]] = defaultdict(set)
    for matter, grade, _phrase, begin, end in found:
        if grade is _Grade.IGNORED:
            passed[matter].update(range(begin, end))
    signs = {
        (matter, grade, phrase)
        for matter, grade, phrase, begin, end in found
        if grade is not _Grade.IGNORED and passed[matter].isdisjoint(range(begin, end))
    }
    scores: dict[_Matter, int] = defaultdict(int)
    for matter, grade, phrase in signs:
        scores[matter] += 1 if words.is_doubtful(phrase) else grade.value
    return scores


@dataclass(frozen=True)
class _Text:
    """A text as words; `is_plain` when it was typed without diacritics."""

    words: tuple[_Word, ...]
    is_plain: bool

    @classmethod
    def of(cls, text: str) -> _Text:
        words = tuple(map(_word, _TOKEN.findall(unicodedata.normalize("NFC", text).casefold())))
        letters = [word for word in words if word.folded.isalpha()]
        marked = sum(not word.is_plain for word in letters)
        return cls(words, marked * 8 < len(letters))

    def is_doubtful(self, phrase: str) -> bool:
        """One short word without its diacritics may be many words: thoi is thối and thôi."""
        return self.is_plain and len(phrase) <= _SHORT and phrase != fold(phrase)

    def found(self, known: _Keywords) -> Iterator[tuple[_Matter, _Grade, str, int, int]]:
        """Every phrase that stands in the text: what it is a sign of, where it begins and ends."""
        for begin, word in enumerate(self.words):
            for first in {word.folded, word.loose}:
                for matter, grade, phrase in known.by_first.get(first, ()):
                    end = self._end(phrase.words, begin)
                    if end is not None:
                        yield matter, grade, phrase.text, begin, end

    def _end(self, phrase: Sequence[_Word | None], at: int) -> int | None:
        """Where the phrase ends if it begins here."""
        for number, wanted in enumerate(phrase):
            if wanted is None:
                rest = phrase[number + 1 :]
                ends = (self._end(rest, at + gap) for gap in range(_LONGEST_GAP + 1))
                return next((end for end in ends if end is not None), None)
            if at >= len(self.words) or not self._is(self.words[at], wanted):
                return None
            at += 1
        return at

    def _is(self, typed: _Word, wanted: _Word) -> bool:
        if typed.marked == wanted.marked:
            return True
        if typed.folded == wanted.folded:
            return typed.is_plain and self.is_plain
        # What a keyboard left over shows that the marks cannot be relied on.
        return typed.loose == wanted.folded and typed.loose != typed.folded


@lru_cache(maxsize=20_000)
def _word(token: str) -> _Word:
    folded = fold(token)
    apart = unicodedata.normalize("NFD", token)
    tone = "".join(c for c in apart if ord(c) in _TONES)
    shape = unicodedata.normalize("NFC", apart.translate(_TONES))
    loose = _LEFT_OVER.sub("", folded) if len(folded) > 3 and folded.isalpha() else folded
    loose = re.sub(r"([aeiouy])\1", r"\1", loose)
    return _Word(folded, loose or folded, (shape, tone))


@cache
def _keywords() -> _Keywords:
    return parse(files("bot.feedback").joinpath("keywords.toml").read_text("utf-8"))


def parse(content: str) -> _Keywords:
    """The keywords of a file like keywords.toml; raises BadKeywords."""
    try:
        tables = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise BadKeywords(f"not TOML: {error}") from error
    _only(tables, ("topics", "kinds", "urgent"), "the file")
    urgent = dict(tables.get("urgent", {}))
    signs = [
        *((matter, _Grade.STRONG, phrase)
          for matter, name in ((_PAST, "past"), (_NOW, "now"))
          for phrase in _phrases(urgent.pop(name, ()), f"urgent.{name}")),
        *_signs(_URGENT, urgent, "urgent"),
    ]  # fmt: skip
    topics, kinds = (tables.get(group, {}) for group in ("topics", "kinds"))
    _only(topics, [str(topic) for topic in Topic], "topics")
    _only(kinds, [str(kind) for kind in Kind], "kinds")
    for name, table in topics.items():
        signs += _signs(Topic(name), table, f"topics.{name}")
    for name, table in kinds.items():
        signs += _signs(Kind(name), table, f"kinds.{name}")
    by_first = defaultdict(list)
    for matter, grade, phrase in signs:
        first = phrase.words[0]
        assert first is not None
        by_first[first.folded].append((matter, grade, phrase))
    return _Keywords(dict(by_first), [Topic(name) for name in topics], [Kind(k) for k in kinds])


def _signs(
    matter: _Matter, table: Mapping[str, Any], place: str
) -> Iterator[tuple[_Matter, _Grade, _Phrase]]:
    grades = {"strong": _Grade.STRONG, "weak": _Grade.WEAK, "not": _Grade.IGNORED}
    _only(table, grades, place)
    for name, grade in grades.items():
        for phrase in _phrases(table.get(name, ()), f"{place}.{name}"):
            yield matter, grade, phrase


def _only(table: Any, allowed: Iterable[str], place: str) -> None:
    if not isinstance(table, dict):
        raise BadKeywords(f"{place} is no table")
    for name in table:
        if name not in allowed:
            raise BadKeywords(f"{place}.{name}: no such name; allowed are {', '.join(allowed)}")


def _phrases(given: Any, place: str) -> Iterator[_Phrase]:
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        raise BadKeywords(f"{place} is a list of phrases in quotation marks")
    for text in dict.fromkeys(given):
        words: list[_Word | None] = []
        for part in text.split():
            tokens = _TOKEN.findall(unicodedata.normalize("NFC", part).casefold())
            words += [None] if part == _GAP else map(_word, tokens)
        if not words or words[0] is None or words[-1] is None:
            raise BadKeywords(f"{place}: {text!r} begins and ends with a word")
        yield _Phrase(text, tuple(words))
