"""Split typed text into tokens: letters without diacritics, and the diacritics separately.

Two spellings of a name have the same letters. The diacritics are compared in a second step. The
following differences disappear: the Unicode normal form, upper and lower case, the vowel on which
the tone mark stands (thuỷ, thủy), and doubled letters. Letters are doubled by a slip, and by a
keyboard that does not understand Telex (lee chaan).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from bot.core.text_folding import replace_lookalikes

Mark = tuple[int, str]  # a diacritic: the index of its letter, and the combining character

# The combining characters of the five tones, and those that make another vowel (â, ă, ơ).
_TONE_MARKS = "\u0300\u0301\u0303\u0309\u0323"
_VOWEL_MARKS = "\u0302\u0306\u031b"
_MARKS = frozenset(_TONE_MARKS + _VOWEL_MARKS)
_SEPARATORS = ",;()\n"
_ASCII_TOKEN = re.compile(r"(?:([,;()\n])|[^a-z\d,;()\n])*([a-z]+|\d+)", re.ASCII)
VOWELS = frozenset("aeiouy")


class Token(NamedTuple):
    """A word or number of a text, in lower case.

    letters:         its letters without diacritics, or its digits
    marks:           the diacritics
    after_separator: True if a comma, semicolon, bracket or line break stands before it
    """

    letters: str
    marks: tuple[Mark, ...]
    after_separator: bool = False


def tokenize_text(text: str) -> list[Token]:
    """Return the tokens of a text. Its Unicode normal form and its case do not matter."""
    if text.isascii():
        return [
            _build_token(list(letters), [], bool(separator))
            for separator, letters in _ASCII_TOKEN.findall(text.casefold())
        ]
    builders = [_TokenBuilder()]
    for char in _normalize(text):
        builder = builders[-1]
        if char in _MARKS:
            builder.add_mark(char)
        elif char.isalnum():
            if builder.letters and builder.letters[-1].isdigit() != char.isdigit():
                builder = _TokenBuilder()
                builders.append(builder)
            builder.add_letter(char)
        elif not unicodedata.combining(char):
            if builder.letters:
                builders.append(_TokenBuilder())
            builders[-1].after_separator |= char in _SEPARATORS
    return [
        _build_token(builder.letters, builder.marks, builder.after_separator)
        for builder in builders
        if builder.letters
    ]


class _TokenBuilder:
    """The parts of a token while its characters are read."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.marks: list[Mark] = []
        self.after_separator = False

    def add_letter(self, char: str) -> None:
        """Append a letter or digit; đ becomes d with a mark."""
        if char == "đ":  # letters that look like it are replaced before
            self.marks.append((len(self.letters), "đ"))
            char = "d"
        self.letters.append(char)

    def add_mark(self, char: str) -> None:
        """Append a combining character to the last letter, if there is one."""
        if self.letters:
            self.marks.append((_locate_mark(self.letters, char), char))


def _normalize(text: str) -> str:
    """Return the text decomposed (NFKD) and without case.

    Case folding can produce composed characters, and decomposing can produce upper case, so both
    are done twice.
    """
    text = replace_lookalikes(text)
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKD", text)


def _locate_mark(letters: Sequence[str], mark: str) -> int:
    """Return the index of the letter that a mark behind `letters` belongs to.

    A vowel mark belongs to the last letter. A tone mark belongs to the syllable, so it is placed on
    the first of the vowels that stand together there.
    """
    index = len(letters) - 1
    if mark in _VOWEL_MARKS:
        return index
    while index > 0 and letters[index] in VOWELS and letters[index - 1] in VOWELS:
        index -= 1
    return index


def _build_token(letters: list[str], marks: list[Mark], after_separator: bool) -> Token:
    """Return the token, with doubled letters reduced to one.

    No syllable of a name has the same letter twice in a row. Abbreviations (TT) and numbers have,
    so runs without a vowel stay as they are.
    """
    if len(set(letters)) == len(letters) or VOWELS.isdisjoint(letters):
        return Token("".join(letters), tuple(marks), after_separator)
    new_indexes: list[int] = []
    reduced = ""
    for letter in letters:
        if letter != reduced[-1:]:
            reduced += letter
        new_indexes.append(len(reduced) - 1)
    moved = dict.fromkeys((new_indexes[index], mark) for index, mark in marks)
    return Token(reduced, tuple(moved), after_separator)


def join_tokens(tokens: Sequence[Token]) -> Token:
    """Return several tokens joined to one, so that spaces between syllables do not matter."""
    letters = ""
    marks: list[Mark] = []
    for token in tokens:
        if token.marks:
            marks += [(index + len(letters), mark) for index, mark in token.marks]
        letters += token.letters
    return Token(letters, tuple(marks), tokens[0].after_separator)


@cache
def tokenize_name(text: str) -> Token:
    """Return a name as one token.

    Results are cached without a limit, so pass only names of the data files, never typed text.
    """
    return join_tokens(tokenize_text(text))


EQUAL_MARKS, COMPATIBLE_MARKS = 0, 1  # results of `compare_marks`


def compare_marks(typed: Token, name: Token) -> int:
    """Compare the typed diacritics with those of a name; lower is better.

    Return EQUAL_MARKS, or COMPATIBLE_MARKS plus the number of conflicting marks. Text without any
    diacritics is compatible with every name. A missing mark is no conflict; a different one is.
    """
    if not typed.marks:
        return COMPATIBLE_MARKS
    if typed.letters == name.letters:
        typed_marks, name_marks = set(typed.marks), set(name.marks)
        if typed_marks == name_marks:
            return EQUAL_MARKS
        return COMPATIBLE_MARKS + len(typed_marks - name_marks)
    # The letters differ by a typing error, so the indexes of the marks differ too. Compare only
    # which marks there are. One typing error can replace one mark by another, hardly one by two.
    typed_kinds, name_kinds = ({mark for _index, mark in token.marks} for token in (typed, name))
    conflicts = len(typed_kinds - name_kinds)
    if conflicts:
        conflicts += max(0, len(name_kinds - typed_kinds) - 1)
    return COMPATIBLE_MARKS + conflicts
