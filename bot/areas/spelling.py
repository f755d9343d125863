"""Typed text as words: letters without diacritics, and the diacritics beside them.

Two spellings of one name have the same letters; the marks tell how well the diacritics agree. It
does not matter how the text is composed, in which case it is, on which vowel of a syllable the
tone stands (thuỷ, thủy), or whether a letter is doubled, as it is by a slip and by a keyboard that
does not understand Telex (lee chaan).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

Mark = tuple[int, str]  # where it stands in the letters, and which it is

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_HATS = "\u0302\u0306\u031b"
_MARKS = frozenset(_TONES + _HATS)
_STROKED = "đð"  # the eth of other alphabets looks like đ, and some keyboards write it
_PARTING = ",;()\n"
_ASCII_RUN = re.compile(r"(?:([,;()\n])|[^a-z\d,;()\n])*([a-z]+|\d+)", re.ASCII)
VOWELS = frozenset("aeiouy")


class Word(NamedTuple):
    """A run of letters or of digits; `parted` says that a comma or the like stands before it."""

    letters: str
    marks: tuple[Mark, ...]
    parted: bool = False


def split_words(text: str) -> list[Word]:
    """The words of a text; total, and the same for every normal form and case of it."""
    if text.isascii():
        return [
            _word(list(run), [], bool(parting))
            for parting, run in _ASCII_RUN.findall(text.casefold())
        ]
    runs = [_Run()]
    for char in _plain(text):
        run = runs[-1]
        if char in _MARKS:
            run.mark(char)
        elif char.isalnum():
            if run.letters and run.letters[-1].isdigit() != char.isdigit():
                run = _Run()
                runs.append(run)
            run.write(char)
        elif not unicodedata.combining(char):
            if run.letters:
                runs.append(_Run())
            runs[-1].parted |= char in _PARTING
    return [_word(run.letters, run.marks, run.parted) for run in runs if run.letters]


class _Run:
    """A word while it is read."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.marks: list[Mark] = []
        self.parted = False

    def write(self, char: str) -> None:
        if char in _STROKED:
            self.marks.append((len(self.letters), "đ"))
            char = "d"
        self.letters.append(char)

    def mark(self, char: str) -> None:
        if self.letters:
            self.marks.append((_place(self.letters, char), char))


def _plain(text: str) -> str:
    # Folding can bring forth what is composed, and decomposing what has a case.
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKD", text)


def _place(letters: Sequence[str], mark: str) -> int:
    """A hat stands on its letter, a tone on its syllable: on the first of the vowels there."""
    at = len(letters) - 1
    if mark in _HATS:
        return at
    while at > 0 and letters[at] in VOWELS and letters[at - 1] in VOWELS:
        at -= 1
    return at


def _word(letters: list[str], marks: list[Mark], parted: bool) -> Word:
    plain = "".join(letters)
    if len(set(letters)) == len(letters) or VOWELS.isdisjoint(letters):
        return Word(plain, tuple(marks), parted)
    # No syllable of a name has a letter twice running; abbreviations (TT) have, and numbers.
    places: list[int] = []
    kept = ""
    for letter in letters:
        if letter != kept[-1:]:
            kept += letter
        places.append(len(kept) - 1)
    return Word(kept, tuple(dict.fromkeys((places[at], mark) for at, mark in marks)), parted)


def join_words(parts: Sequence[Word]) -> Word:
    """Several words as one, so that spaces between syllables do not matter."""
    letters = ""
    marks: list[Mark] = []
    for part in parts:
        if part.marks:
            marks += [(at + len(letters), mark) for at, mark in part.marks]
        letters += part.letters
    return Word(letters, tuple(marks), parts[0].parted)


@cache
def parse_name(text: str) -> Word:
    """A name of a table as one word; for texts of the program only, since it remembers them."""
    return join_words(split_words(text))


EXACT, FITS = 0, 1


def compare_accents(typed: Word, meant: Word) -> int:
    """How the typed diacritics agree with a name's: EXACT, FITS, or FITS and one for each against.

    None typed fits every name; those that are missing say nothing, another one speaks against.
    """
    if not typed.marks:
        return FITS
    if typed.letters == meant.letters:
        left, right = set(typed.marks), set(meant.marks)
        return EXACT if left == right else FITS + len(left - right)
    # After a typing error the places differ; what is left is which marks there are. One error can
    # exchange one for another, but hardly one for two.
    left_marks, right_marks = ({mark for _at, mark in each.marks} for each in (typed, meant))
    against = len(left_marks - right_marks)
    return FITS + (against + max(0, len(right_marks - left_marks) - 1) if against else 0)
