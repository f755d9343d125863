"""Phrases that are looked for in what a resident wrote, and how Vietnamese is compared.

A phrase is written as in keywords.toml. A word that was typed with an accent must be the phrase's
word with its accents, wherever the tone stands (thủy, thuỷ). A word that was typed without any is
taken for the accented one where its sentence has no accents at all, or within a phrase of several
words; alone among accented words it is itself: "ma" is not "mã" there.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

GAP = 5  # words that "..." may stand for, at most
_MOST_FORMS = 5_000  # that one phrase may stand for, by its groups and alternatives

_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|\n")
_ENDS = frozenset(".!?;…\n")
_BREAKS = frozenset(',:()[]"“”«»') | _ENDS
_PIECE = re.compile(r"<\w+>|\([^()]*\)|[^\s<>()]+")

_TONES = "\u0300\u0301\u0303\u0309\u0323"  # grave, acute, tilde, hook, dot below
_TELEX_TONES = dict(zip("fsxrj", _TONES, strict=True))
_TELEX = re.compile(r"(?P<word>\w*[aeiouyw](?:c|ch|m|n|ng|nh|p|t)?)(?P<tone>[fsxrj])?")
_KEYS_LEFT = re.compile(r"[fsxrj]$|w|dd|aa|ee|oo|ii")
_TELEX_LETTERS = (
    ("dd", "đ"),
    ("aa", "â"),
    ("aw", "ă"),
    ("ee", "ê"),
    ("oo", "ô"),
    ("ow", "ơ"),
    ("uw", "ư"),
    ("ii", "i"),
)


_NOTHING: dict[Any, Any] = {}
_ITEMS = "a word, a|b, (a b|c d), <group>, ... or +"


class BadPhrase(ValueError):
    """A phrase is not written as it should be; the message says what is allowed."""


class Span(NamedTuple):
    """Where a phrase was found: its first token, and the one after its last."""

    start: int
    end: int


def _plain_letters() -> dict[int, str]:
    """Every precomposed Vietnamese letter, as the letter without its marks."""
    letters = (chr(code) for code in (*range(0xC0, 0x1B5), *range(0x1EA0, 0x1EFA)))
    table = {c: unicodedata.normalize("NFD", c)[0] for c in letters}
    return {ord(c): plain for c, plain in table.items() if c != plain} | {ord("đ"): "d"}


_PLAIN = _plain_letters()


def strip_accents(text: str) -> str:
    """Composed small letters without their marks: as many as there were."""
    return text.translate(_PLAIN)


def small(text: str) -> str:
    """Composed small letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


@lru_cache(maxsize=16_384)
def spelling(word: str) -> str:
    """A word with its tone at the end, so that it does not matter where the tone was put."""
    letters = unicodedata.normalize("NFD", word)
    tones = "".join(c for c in letters if c in _TONES)
    return f"{''.join(c for c in letters if c not in _TONES)}{tones}" if tones else letters


def untelexed(word: str) -> str:
    """What was meant by keys that the keyboard left in the word: "trươngf" is "trường"."""
    marked = unicodedata.normalize("NFD", word)
    tone = "".join(c for c in marked if c in _TONES)
    toneless = unicodedata.normalize("NFC", "".join(c for c in marked if c not in _TONES))
    found = _TELEX.fullmatch(strip_accents(toneless))
    if found is None:
        return word
    letters = toneless[: found.end("word")]
    for keys, letter in _TELEX_LETTERS:
        letters = letters.replace(keys, letter)
    if found["tone"] is not None:
        tone = _TELEX_TONES[found["tone"]]
    vowel = max(strip_accents(letters).rfind(v) for v in "aeiouy")
    return small(letters[: vowel + 1] + tone + letters[vowel + 1 :])


@dataclass(frozen=True, slots=True)
class Pattern:
    """A phrase ready to be found: parts that one sentence has, each of pieces in their order."""

    parts: tuple[tuple[int, ...], ...]

    @property
    def first(self) -> int:
        """A piece without which the pattern is nowhere."""
        return self.parts[0][0]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as tokens: which sentence and clause each is in, and where each piece was found."""

    sentences: Sequence[int]
    clauses: Sequence[int]
    words: int
    found: Mapping[int, Sequence[Span]]

    def spans(self, pattern: Pattern) -> Sequence[Span]:
        """Where a pattern is found; of parts that are apart, where the first of them is."""
        first, *others = pattern.parts
        spans = self._sequences(first)
        for other in others:
            if not spans:
                break
            sentences = {self.sentences[span.start] for span in self._sequences(other)}
            spans = [span for span in spans if self.sentences[span.start] in sentences]
        return spans

    def _sequences(self, pieces: tuple[int, ...]) -> Sequence[Span]:
        spans = self.found.get(pieces[0], ())
        for piece in pieces[1:]:
            later = self.found.get(piece)
            if later is None:
                return ()
            spans = [Span(s.start, end) for s in spans if (end := self._next(later, s.end))]
        return spans

    def _next(self, later: Sequence[Span], after: int) -> int:
        """The end of the first of these that follows within the gap and the sentence; else 0."""
        position = bisect_left(later, (after, 0))
        if position < len(later):
            start, end = later[position]
            if start <= after + GAP and self.sentences[start] == self.sentences[after - 1]:
                return end
        return 0


class Finder:
    """All phrases, found in one pass: a tree of their words without accents."""

    def __init__(
        self, groups: Mapping[str, Sequence[str]], abbreviations: Mapping[str, str]
    ) -> None:
        self._groups = groups
        self._pieces: dict[str, int] = {}
        self._tree: dict[Any, Any] = {}
        self._words: set[str] = set()
        self._abbreviations = {
            small(short): small(full).split() for short, full in abbreviations.items()
        }

    def pattern(self, phrase: str) -> Pattern:
        """A phrase, to be found in readings from now on. Raises BadPhrase."""
        return Pattern(
            tuple(
                tuple(self._piece(piece) for piece in _parts(part, "...", phrase))
                for part in _parts(phrase, "+", phrase)
            )
        )

    def _piece(self, piece: str) -> int:
        if piece not in self._pieces:
            number = self._pieces[piece] = len(self._pieces)
            for words, exact in self._forms(piece):
                self._add(words, number, exact=exact)
        return self._pieces[piece]

    def _forms(self, piece: str) -> Iterator[tuple[tuple[str, ...], bool]]:
        """Every sequence of words that a piece stands for, and whether its accents are needed."""
        exact = piece.startswith("=")
        choices: list[list[tuple[str, ...]]] = []
        count = 1
        for item in _PIECE.findall(piece.removeprefix("=")):
            choices.append(self._choices(item))
            count *= len(choices[-1])
        if not choices:
            raise BadPhrase("has no words")
        if count > _MOST_FORMS:
            raise BadPhrase(f"stands for {count} phrases; {_MOST_FORMS} are allowed")
        for form in product(*choices):
            yield tuple(word for words in form for word in words), exact

    def _choices(self, item: str) -> list[tuple[str, ...]]:
        if item.startswith("<") and item.endswith(">"):
            name = item[1:-1]
            if name not in self._groups:
                known = ", ".join(f"<{each}>" for each in self._groups) or "none"
                raise BadPhrase(f"{item} is no group; known are {known}")
            return [words for member in self._groups[name] for words in self._member(member)]
        if item.startswith("("):
            choices = [tuple(_TOKEN.findall(choice)) for choice in item[1:-1].split("|")]
        else:
            choices = [tuple(_TOKEN.findall(word)) for word in item.split("|")]
            if any(len(words) > 1 for words in choices):
                raise BadPhrase(f"{item!r} is not {_ITEMS}")
        if not all(choices):
            raise BadPhrase(f"{item!r} is not {_ITEMS}")
        return choices

    def _member(self, member: str) -> Iterator[tuple[str, ...]]:
        if "<" in member or "..." in member or "+" in member or member.startswith("="):
            raise BadPhrase(f"{member!r} in a group may have words and a|b only")
        return (words for words, _exact in self._forms(member))

    def _add(self, words: Iterable[str], number: int, *, exact: bool) -> None:
        for form in product(*(_spellings(small(word)) for word in words)):
            node = self._tree
            for word in form:
                self._words.add(strip_accents(word))
                node = node.setdefault(strip_accents(word), {})
            leaf = node.setdefault(None, {})
            leaf.setdefault((tuple(map(spelling, form)), exact), []).append(number)

    def read(self, text: str) -> Reading:
        """Find every phrase in a text."""
        composed = small(text)
        typed = _TOKEN.findall(composed)
        folded = _TOKEN.findall(strip_accents(composed))
        if len(typed) != len(folded):  # letters that compose with nothing
            folded = [strip_accents(word) for word in typed]
        plainly = _sentences_without_accents(typed, folded)
        typed, folded, plainly = self._meant(typed, folded, plainly)
        sentences, clauses = _places(folded)
        found: dict[int, list[Span]] = defaultdict(list)
        for start, word in enumerate(folded):
            if word in self._tree:
                self._walk(start, typed, folded, plainly, found)
        words = sum(1 for word in folded if word not in _BREAKS)
        return Reading(sentences, clauses, words, found)

    def _meant(
        self, typed: Sequence[str], folded: Sequence[str], plainly: Sequence[bool]
    ) -> tuple[list[str], list[str], list[bool]]:
        """Abbreviations written out, and keys left in a word made the letters they stand for."""
        meant: list[str] = []
        without: list[str] = []
        flags: list[bool] = []
        known, short = self._words, self._abbreviations
        for word, bare, flag in zip(typed, folded, plainly, strict=True):
            if word in short:
                meant += short[word]
                without += [strip_accents(each) for each in short[word]]
                flags += [flag] * len(short[word])
                continue
            if bare not in known and _KEYS_LEFT.search(bare):
                word = untelexed(word)
                bare = strip_accents(word)
            meant.append(word)
            without.append(bare)
            flags.append(flag)
        return meant, without, flags

    def _walk(
        self,
        start: int,
        typed: Sequence[str],
        folded: Sequence[str],
        plainly: Sequence[bool],
        found: dict[int, list[Span]],
    ) -> None:
        node: dict[Any, Any] = self._tree
        for end in range(start, len(folded)):
            node = node.get(folded[end], _NOTHING)
            if not node:
                return
            if None not in node:
                continue
            for (words, exact), numbers in node[None].items():
                free = not exact and (plainly[start] or end > start)
                if _fits(typed, folded, start, words, free=free):
                    span = Span(start, end + 1)
                    for number in numbers:
                        found[number].append(span)


def _parts(phrase: str, sign: str, whole: str) -> list[str]:
    parts = [part.strip() for part in f" {phrase} ".split(f" {sign} ")]
    if not all(parts):
        raise BadPhrase(f"{whole!r}: {sign} stands between words")
    return parts


def _spellings(word: str) -> tuple[str, ...]:
    """A word that ends in a single y is also written with i: lý, lí."""
    bare = strip_accents(word)
    if len(bare) == 2 and bare[0] in "hklmst" and bare[1] == "y":
        letters = unicodedata.normalize("NFD", word)
        return word, unicodedata.normalize("NFC", letters.replace("y", "i"))
    return (word,)


def _sentences_without_accents(typed: Sequence[str], folded: Sequence[str]) -> list[bool]:
    """For each token, whether no word of its sentence has an accent."""
    flags: list[bool] = []
    begun, bare = 0, True
    for position, (word, without) in enumerate(zip(typed, folded, strict=True)):
        bare = bare and word == without
        if word in _ENDS:
            flags += [bare] * (position + 1 - begun)
            begun, bare = position + 1, True
    flags += [bare] * (len(typed) - begun)
    return flags


def _places(folded: Sequence[str]) -> tuple[list[int], list[int]]:
    sentences: list[int] = []
    clauses: list[int] = []
    sentence = clause = 0
    for word in folded:
        sentences.append(sentence)
        clauses.append(clause)
        if word in _BREAKS:
            clause += 1
            sentence += word in _ENDS
    return sentences, clauses


def _fits(
    typed: Sequence[str], folded: Sequence[str], start: int, words: Sequence[str], *, free: bool
) -> bool:
    """Whether the typed words are the phrase's; `free`: those without accents may lack them."""
    for position, word in enumerate(words, start):
        if free and typed[position] == folded[position]:
            continue
        if spelling(typed[position]) != word:
            return False
    return True
