"""Typed text as words: letters without diacritics, and the diacritics beside them.

Two spellings of one name have the same letters; the marks tell how well the diacritics agree. It
does not matter how the text is composed, in which case it is, on which vowel of a syllable the
tone stands (thuỷ, thủy), or whether a letter is doubled, as it is by a slip and by a keyboard that
does not understand Telex (lee chaan).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

Mark = tuple[int, str]  # where it stands in the letters, and which it is

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_HATS = "\u0302\u0306\u031b"
_MARKS = frozenset(_TONES + _HATS)
_STROKED = "đð"  # the eth of other alphabets looks like đ, and some keyboards write it
_VOWELS = frozenset("aeiouy")


class Word(NamedTuple):
    """A run of letters or of digits."""

    letters: str
    marks: tuple[Mark, ...]


def words(text: str) -> list[Word]:
    """The words of a text; total, and the same for every normal form and case of it."""
    found: list[Word] = []
    letters: list[str] = []
    marks: list[Mark] = []
    for char in _plain(text):
        if char in _MARKS:
            if letters:
                marks.append((_place(letters, char), char))
        elif char.isalnum():
            if letters and letters[-1].isdigit() != char.isdigit():
                found.append(_word(letters, marks))
                letters, marks = [], []
            if char in _STROKED:
                marks.append((len(letters), "đ"))
                char = "d"
            letters.append(char)
        elif not unicodedata.combining(char) and letters:
            found.append(_word(letters, marks))
            letters, marks = [], []
    if letters:
        found.append(_word(letters, marks))
    return found


def _plain(text: str) -> str:
    if text.isascii():
        return text.casefold()
    # Folding can bring forth what is composed, and decomposing what has a case.
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKD", text)


def _place(letters: Sequence[str], mark: str) -> int:
    """A hat stands on its letter, a tone on its syllable: on the first of the vowels there."""
    at = len(letters) - 1
    if mark in _HATS:
        return at
    while at > 0 and letters[at] in _VOWELS and letters[at - 1] in _VOWELS:
        at -= 1
    return at


def _word(letters: list[str], marks: list[Mark]) -> Word:
    plain = "".join(letters)
    if len(set(letters)) == len(letters) or _VOWELS.isdisjoint(letters):
        return Word(plain, tuple(marks))
    # No syllable of a name has a letter twice running; abbreviations (TT) have, and numbers.
    places: list[int] = []
    kept = ""
    for letter in letters:
        if letter != kept[-1:]:
            kept += letter
        places.append(len(kept) - 1)
    return Word(kept, tuple(dict.fromkeys((places[at], mark) for at, mark in marks)))


def joined(parts: Iterable[Word]) -> Word:
    """Several words as one, so that spaces between syllables do not matter."""
    letters = ""
    marks: list[Mark] = []
    for part in parts:
        marks += [(at + len(letters), mark) for at, mark in part.marks]
        letters += part.letters
    return Word(letters, tuple(marks))


@cache
def name(text: str) -> Word:
    """A name of a table as one word; for texts of the program only, since it remembers them."""
    return joined(words(text))


EXACT, FITS = 0, 1


def accents(typed: Word, meant: Word) -> int:
    """How the typed diacritics agree with a name's: EXACT, FITS, or FITS and one for each against.

    None typed fits every name; those that are missing say nothing, another one speaks against.
    """
    if not typed.marks:
        return FITS
    if typed.letters == meant.letters:
        left, right = set(typed.marks), set(meant.marks)
        return EXACT if left == right else FITS + len(left - right)
    # After a typing error the places differ; what is left is which marks there are.
    return FITS + len({mark for _at, mark in typed.marks} - {mark for _at, mark in meant.marks})
