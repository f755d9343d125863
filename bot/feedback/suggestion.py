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
from functools import cache
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


@dataclass(frozen=True)
class _Signs:
    """The phrases of one matter, by the first word; what is `ignored` is passed over first."""

    strong: Mapping[str, Sequence[_Phrase]]
    weak: Mapping[str, Sequence[_Phrase]]
    ignored: Mapping[str, Sequence[_Phrase]]


@dataclass(frozen=True)
class _Keywords:
    topics: Mapping[Topic, _Signs]
    kinds: Mapping[Kind, _Signs]
    urgent: _Signs
    past: Mapping[str, Sequence[_Phrase]]
    now: Mapping[str, Sequence[_Phrase]]


def suggest(text: str) -> Suggestion:
    """What a text seems to be."""
    words, known = _Text.of(text), _keywords()
    scores = {topic: words.score(signs) for topic, signs in known.topics.items()}
    found = sorted((t for t in scores if scores[t] >= _ENOUGH), key=lambda t: -scores[t])
    if len(found) > 1 and Topic.OTHER in found and scores[Topic.OTHER] < scores[found[0]]:
        found.remove(Topic.OTHER)
    urgent = _is_urgent(words, known)
    return Suggestion(_kind(words, known, urgent, found), tuple(found[:_MOST_TOPICS]), urgent)


def is_urgent(text: str) -> bool:
    """Whether a text shows signs of something dangerous that is happening now."""
    return _is_urgent(_Text.of(text), _keywords())


def _is_urgent(words: _Text, known: _Keywords) -> bool:
    if words.score(known.urgent) < _ENOUGH:
        return False
    return not words.has(known.past) or words.has(known.now)


def _kind(words: _Text, known: _Keywords, urgent: bool, topics: Sequence[Topic]) -> Kind | None:
    scores = {kind: words.score(signs) for kind, signs in known.kinds.items()}
    best = max(scores, key=lambda kind: scores[kind])  # of equals the one that stands first
    is_sure = scores[best] >= _ENOUGH
    if urgent and not (is_sure and best in {Kind.DENUNCIATION, Kind.COMPLAINT}):
        return Kind.CRIME_REPORT
    if is_sure:
        return best
    return Kind.REPORT if topics else None


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

    def score(self, signs: _Signs) -> int:
        """Two for each strong sign, one for each weak one, each counted once."""
        passed: set[int] = set()
        for _phrase, begin, end in self._found(signs.ignored, passed):
            passed.update(range(begin, end))
        strong = {phrase for phrase, _, _ in self._found(signs.strong, passed)}
        weak = {phrase for phrase, _, _ in self._found(signs.weak, passed)}
        return sum(1 if self._is_doubtful(phrase) else 2 for phrase in strong) + len(weak)

    def _is_doubtful(self, phrase: str) -> bool:
        """One short word without its diacritics may be many words: thoi is thối and thôi."""
        return self.is_plain and len(phrase) <= _SHORT and phrase != fold(phrase)

    def has(self, phrases: Mapping[str, Sequence[_Phrase]]) -> bool:
        return next(self._found(phrases, set()), None) is not None

    def _found(
        self, phrases: Mapping[str, Sequence[_Phrase]], passed: set[int]
    ) -> Iterator[tuple[str, int, int]]:
        for begin, word in enumerate(self.words):
            for first in {word.folded, word.loose}:
                for phrase in phrases.get(first, ()):
                    end = self._end(phrase.words, begin)
                    if end is not None and passed.isdisjoint(range(begin, end)):
                        yield phrase.text, begin, end

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
    past, now = (_phrases(urgent.pop(name, ()), f"urgent.{name}") for name in ("past", "now"))
    return _Keywords(
        {Topic(name): signs for name, signs in _several(tables, "topics", list(Topic))},
        {Kind(name): signs for name, signs in _several(tables, "kinds", list(Kind))},
        _signs(urgent, "urgent"),
        past,
        now,
    )


def _several(
    tables: Mapping[str, Any], group: str, allowed: Sequence[str]
) -> Iterator[tuple[str, _Signs]]:
    named = tables.get(group, {})
    _only(named, [str(each) for each in allowed], group)
    for name, table in named.items():
        yield name, _signs(table, f"{group}.{name}")


def _signs(table: Mapping[str, Any], place: str) -> _Signs:
    _only(table, ("strong", "weak", "not"), place)
    strong, weak, ignored = (
        _phrases(table.get(name, ()), f"{place}.{name}") for name in ("strong", "weak", "not")
    )
    return _Signs(strong, weak, ignored)


def _only(table: Any, allowed: Iterable[str], place: str) -> None:
    if not isinstance(table, dict):
        raise BadKeywords(f"{place} is no table")
    for name in table:
        if name not in allowed:
            raise BadKeywords(f"{place}.{name}: no such name; allowed are {', '.join(allowed)}")


def _phrases(given: Any, place: str) -> Mapping[str, Sequence[_Phrase]]:
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        raise BadKeywords(f"{place} is a list of phrases in quotation marks")
    by_first: dict[str, list[_Phrase]] = defaultdict(list)
    for text in given:
        parts = text.split()
        words: list[_Word | None] = []
        for part in parts:
            tokens = _TOKEN.findall(unicodedata.normalize("NFC", part).casefold())
            words += [None] if part == _GAP else map(_word, tokens)
        first = words[0] if words else None
        if first is None or words[-1] is None:
            raise BadKeywords(f"{place}: {text!r} begins and ends with a word")
        by_first[first.folded].append(_Phrase(text, tuple(words)))
    return dict(by_first)
