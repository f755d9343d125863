"""Find phrases in a text, with the rules for comparing Vietnamese words.

Phrases are written as in keywords.toml. A word that was typed with diacritics must have the same
diacritics as the word of the phrase. It does not matter which letter has the tone mark (thủy,
thuỷ). A word that was typed without diacritics matches in two cases: its sentence has no diacritics
at all, or it is part of a phrase of several words. So "ma" does not match "mã" if other words of
the sentence have diacritics.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.classification.normalization import (
    apply_telex,
    has_telex_keys,
    move_tone_to_end,
    normalize_text,
    strip_diacritics,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_MAX_GAP = 5  # words that "..." can stand for
_MAX_FORMS = 5_000  # sequences of words that one phrase can stand for

_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|\n")
_SENTENCE_ENDS = frozenset(".!?;…\n")
_CLAUSE_ENDS = frozenset(',:()[]"“”«»') | _SENTENCE_ENDS
_ITEM = re.compile(r"<\w+>|\([^()]*\)|[^\s<>()]+")

_EMPTY_NODE: dict[Any, Any] = {}
_ALLOWED_ITEMS = "a word, a|b, (a b|c d), <group>, ... or +"


class BadPhrase(ValueError):
    """The syntax of a phrase is wrong. The message says what is allowed."""


class Span(NamedTuple):
    """The tokens of a match: the index of the first, and the index after the last (exclusive)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PhrasePattern:
    """A compiled phrase of a PhraseIndex.

    It has parts, which must all be in one sentence, in any order. A part is a sequence of pieces,
    which must follow one another. A piece is one or more words, and is stored as its number in the
    index.
    """

    parts: tuple[tuple[int, ...], ...]

    @property
    def first_piece(self) -> int:
        """Return the number of a piece that every match contains."""
        return self.parts[0][0]


@dataclass(frozen=True, slots=True)
class SearchedText:
    """The result of a search: the sentence and the clause of each token, and the matches.

    sentences:  for each token, the number of its sentence
    clauses:    for each token, the number of its clause
    word_count: the number of tokens that are not punctuation
    matches:    piece -> its spans, in the order of their starts
    """

    sentences: Sequence[int]
    clauses: Sequence[int]
    word_count: int
    matches: Mapping[int, Sequence[Span]]

    def find_pattern(self, pattern: PhrasePattern) -> Sequence[Span]:
        """Return the spans of the pattern's first part, in sentences that contain all its parts."""
        first, *others = pattern.parts
        spans = self._find_sequence(first)
        for other in others:
            if not spans:
                break
            sentences = {self.sentences[span.start] for span in self._find_sequence(other)}
            spans = [span for span in spans if self.sentences[span.start] in sentences]
        return spans

    def _find_sequence(self, pieces: tuple[int, ...]) -> Sequence[Span]:
        """Return the spans of pieces that follow each other within the gap."""
        spans = self.matches.get(pieces[0], ())
        for piece in pieces[1:]:
            next_spans = self.matches.get(piece)
            if next_spans is None:
                return ()
            spans = [
                Span(span.start, end)
                for span in spans
                if (end := self._find_next_end(next_spans, span.end))
            ]
        return spans

    def _find_next_end(self, spans: Sequence[Span], after: int) -> int:
        """Return the end of the first span from `after` on, within the gap and the sentence.

        Return 0 if there is none.
        """
        index = bisect_left(spans, (after, 0))
        if index < len(spans):
            start, end = spans[index]
            is_near = start <= after + _MAX_GAP
            if is_near and self.sentences[start] == self.sentences[after - 1]:
                return end
        return 0


class PhraseIndex:
    """Finds all phrases in one pass over a text, with a prefix tree of words without diacritics."""

    def __init__(
        self, groups: Mapping[str, Sequence[str]], abbreviations: Mapping[str, str]
    ) -> None:
        """Take the groups (name -> phrases) and the abbreviations (short form -> full form)."""
        self._groups = groups
        self._pieces: dict[str, int] = {}
        self._tree: dict[Any, Any] = {}
        self._words: set[str] = set()
        self._abbreviations = {
            normalize_text(short): normalize_text(full).split()
            for short, full in abbreviations.items()
        }

    def add_phrase(self, phrase: str) -> PhrasePattern:
        """Add a phrase in the syntax of keywords.toml, and return its pattern. Raises BadPhrase."""
        return PhrasePattern(
            tuple(
                tuple(self._add_piece(piece) for piece in _split_phrase(part, "...", phrase))
                for part in _split_phrase(phrase, "+", phrase)
            )
        )

    def _add_piece(self, piece: str) -> int:
        """Return the number of a piece, and add it to the tree if it is new. Raises BadPhrase."""
        if piece not in self._pieces:
            number = self._pieces[piece] = len(self._pieces)
            for words, is_exact in self._list_forms(piece):
                self._add_words(words, number, is_exact=is_exact)
        return self._pieces[piece]

    def _list_forms(self, piece: str) -> Iterator[tuple[tuple[str, ...], bool]]:
        """Yield the sequences of words that a piece stands for, and True if it needs diacritics.

        Raises BadPhrase.
        """
        is_exact = piece.startswith("=")
        choices: list[list[tuple[str, ...]]] = []
        count = 1
        for item in _ITEM.findall(piece.removeprefix("=")):
            choices.append(self._list_choices(item))
            count *= len(choices[-1])
        if not choices:
            raise BadPhrase("has no words")
        if count > _MAX_FORMS:
            raise BadPhrase(f"stands for {count} phrases; {_MAX_FORMS} are allowed")
        for form in product(*choices):
            yield tuple(word for words in form for word in words), is_exact

    def _list_choices(self, item: str) -> list[tuple[str, ...]]:
        """Return the alternatives of an item, each a sequence of words. Raises BadPhrase."""
        if item.startswith("<") and item.endswith(">"):
            name = item[1:-1]
            if name not in self._groups:
                known = ", ".join(f"<{group}>" for group in self._groups) or "none"
                raise BadPhrase(f"{item} is no group; known are {known}")
            return [
                words for phrase in self._groups[name] for words in self._list_member_forms(phrase)
            ]
        if item.startswith("("):
            choices = [tuple(_TOKEN.findall(choice)) for choice in item[1:-1].split("|")]
        else:
            choices = [tuple(_TOKEN.findall(word)) for word in item.split("|")]
            if any(len(words) > 1 for words in choices):
                raise BadPhrase(f"{item!r} is not {_ALLOWED_ITEMS}")
        if not all(choices):
            raise BadPhrase(f"{item!r} is not {_ALLOWED_ITEMS}")
        return choices

    def _list_member_forms(self, phrase: str) -> Iterator[tuple[str, ...]]:
        """Return the sequences of words of a phrase in a group. Raises BadPhrase."""
        if "<" in phrase or "..." in phrase or "+" in phrase or phrase.startswith("="):
            raise BadPhrase(f"{phrase!r} in a group may have words and a|b only")
        return (words for words, _is_exact in self._list_forms(phrase))

    def _add_words(self, words: Iterable[str], number: int, *, is_exact: bool) -> None:
        """Add a sequence of words to the tree as a form of piece `number`."""
        for form in product(*(_list_spellings(normalize_text(word)) for word in words)):
            node = self._tree
            for word in form:
                self._words.add(strip_diacritics(word))
                node = node.setdefault(strip_diacritics(word), {})
            # The key None of a node holds the forms that end there.
            forms = node.setdefault(None, {})
            forms.setdefault((tuple(map(move_tone_to_end, form)), is_exact), []).append(number)

    def search_text(self, text: str) -> SearchedText:
        """Return the pieces of all added phrases that a text contains."""
        normalized = normalize_text(text)
        typed = _TOKEN.findall(normalized)
        plain = _TOKEN.findall(strip_diacritics(normalized))
        if len(typed) != len(plain):  # the text has marks that compose with no letter
            plain = [strip_diacritics(word) for word in typed]
        is_plain = _mark_plain_sentences(typed, plain)
        typed, plain, is_plain = self._expand_words(typed, plain, is_plain)
        sentences, clauses = _number_sentences(plain)
        matches: dict[int, list[Span]] = defaultdict(list)
        for start, word in enumerate(plain):
            if word in self._tree:
                self._match_from(start, typed, plain, is_plain, matches)
        word_count = sum(1 for word in plain if word not in _CLAUSE_ENDS)
        return SearchedText(sentences, clauses, word_count, matches)

    def _expand_words(
        self, typed: Sequence[str], plain: Sequence[str], is_plain: Sequence[bool]
    ) -> tuple[list[str], list[str], list[bool]]:
        """Return the three lists with abbreviations expanded and Telex keys applied.

        `plain` are the words without diacritics. `is_plain` says for each word that its sentence
        has no diacritics.
        """
        new_typed: list[str] = []
        new_plain: list[str] = []
        flags: list[bool] = []
        known_words, abbreviations = self._words, self._abbreviations
        for word, plain_word, flag in zip(typed, plain, is_plain, strict=True):
            if word in abbreviations:
                full_form = abbreviations[word]
                new_typed += full_form
                new_plain += [strip_diacritics(full_word) for full_word in full_form]
                flags += [flag] * len(full_form)
                continue
            if plain_word not in known_words and has_telex_keys(plain_word):
                word = apply_telex(word)
                plain_word = strip_diacritics(word)
            new_typed.append(word)
            new_plain.append(plain_word)
            flags.append(flag)
        return new_typed, new_plain, flags

    def _match_from(
        self,
        start: int,
        typed: Sequence[str],
        plain: Sequence[str],
        is_plain: Sequence[bool],
        matches: dict[int, list[Span]],
    ) -> None:
        """Add the pieces that begin at a token to the matches."""
        node: dict[Any, Any] = self._tree
        for end in range(start, len(plain)):
            node = node.get(plain[end], _EMPTY_NODE)
            if not node:
                return
            if None not in node:
                continue
            for (words, is_exact), numbers in node[None].items():
                may_lack = not is_exact and (is_plain[start] or end > start)
                if _match_diacritics(typed, plain, start, words, may_lack=may_lack):
                    span = Span(start, end + 1)
                    for number in numbers:
                        matches[number].append(span)


def _split_phrase(phrase: str, sign: str, whole: str) -> list[str]:
    """Split a phrase, or a part of the phrase `whole`, at a sign. Raises BadPhrase."""
    parts = [part.strip() for part in f" {phrase} ".split(f" {sign} ")]
    if not all(parts):
        raise BadPhrase(f"{whole!r}: {sign} stands between words")
    return parts


def _list_spellings(word: str) -> tuple[str, ...]:
    """Return the spellings of a word: one letter and y is also written with i (lý, lí)."""
    plain = strip_diacritics(word)
    if len(plain) == 2 and plain[0] in "hklmst" and plain[1] == "y":
        letters = unicodedata.normalize("NFD", word)
        return word, unicodedata.normalize("NFC", letters.replace("y", "i"))
    return (word,)


def _mark_plain_sentences(typed: Sequence[str], plain: Sequence[str]) -> list[bool]:
    """Return for each token True if no word of its sentence has diacritics."""
    flags: list[bool] = []
    start, is_plain = 0, True
    for index, (word, plain_word) in enumerate(zip(typed, plain, strict=True)):
        is_plain = is_plain and word == plain_word
        if word in _SENTENCE_ENDS:
            flags += [is_plain] * (index + 1 - start)
            start, is_plain = index + 1, True
    flags += [is_plain] * (len(typed) - start)
    return flags


def _number_sentences(plain: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return for each token the number of its sentence, and the number of its clause."""
    sentences: list[int] = []
    clauses: list[int] = []
    sentence = clause = 0
    for word in plain:
        sentences.append(sentence)
        clauses.append(clause)
        if word in _CLAUSE_ENDS:
            clause += 1
            sentence += word in _SENTENCE_ENDS
    return sentences, clauses


def _match_diacritics(
    typed: Sequence[str], plain: Sequence[str], start: int, words: Sequence[str], *, may_lack: bool
) -> bool:
    """Return True if the typed words from `start` on have the diacritics of `words`.

    With `may_lack`, typed words without diacritics match too.
    """
    for index, word in enumerate(words, start):
        if may_lack and typed[index] == plain[index]:
            continue
        if move_tone_to_end(typed[index]) != word:
            return False
    return True
