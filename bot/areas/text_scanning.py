"""Split a long text into words without diacritics that keep their positions.

`bot.areas.tokens` compares spellings exactly and is too slow for whole opinions. This module finds
where a name can stand; only these few words are then tokenized.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum

from bot.areas.tokens import VOWELS, Token, join_tokens, tokenize_text
from bot.core.text_folding import replace_lookalikes

_WORD = re.compile(r"[a-z]+|[0-9]+")
_DOUBLED = re.compile(r"([a-z])\1+")
_LAST_LETTER = 0x1EF9  # ỹ, the last letter of Vietnamese in Unicode
_MAX_ABBREVIATION = 3  # letters of a word whose full stop does not end a sentence


def _make_folding() -> dict[int, str]:
    """Return the letter without case and diacritics for each character that has one."""
    folding = {ord("đ"): "d", ord("Đ"): "d"}
    for code in range(ord("A"), _LAST_LETTER + 1):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii() and base.isalpha():
            folding[code] = base.lower()
    return folding


_FOLDING = _make_folding()


class Gap(IntEnum):
    """The separator between a word and the word before it."""

    SPACE = 0
    COMMA = 1
    """A mark that does not end a sentence."""
    END = 2


@dataclass(frozen=True, slots=True)
class ScannedText:
    """A text and its words, in order.

    text:    the text in NFC
    letters: the words in lower case without diacritics; doubled letters are reduced to one
    starts:  where each word starts in `text`
    ends:    where each word ends
    gaps:    what stands before each word
    """

    text: str
    letters: list[str]
    starts: list[int]
    ends: list[int]
    gaps: list[Gap]

    def cut(self, start: int, end: int) -> str:
        """Return the text of the words from `start` to before `end`."""
        return self.text[self.starts[start] : self.ends[end - 1]]

    def tokenize(self, start: int, end: int) -> Token:
        """Return the words from `start` to before `end` as one token."""
        return join_tokens(tokenize_text(self.cut(start, end)))

    def is_phrase(self, start: int, end: int) -> bool:
        """Return True if only spaces stand between the words from `start` to before `end`."""
        return all(gap is Gap.SPACE for gap in self.gaps[start + 1 : end])


def scan_text(text: str) -> ScannedText:
    """Return the words of a text and their positions in it."""
    text = unicodedata.normalize("NFC", replace_lookalikes(text))
    folded = text.translate(_FOLDING)
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    gaps: list[Gap] = []
    for match in _WORD.finditer(folded):
        start, end = match.span()
        gaps.append(_classify_gap(text[ends[-1] : start], letters[-1]) if letters else Gap.END)
        starts.append(start)
        ends.append(end)
        letters.append(_reduce_letters(match.group()))
    return ScannedText(text, letters, starts, ends, gaps)


def _classify_gap(between: str, word_before: str) -> Gap:
    if between == " " or (between.isspace() and "\n" not in between) or not between:
        return Gap.SPACE
    mark = between.strip()
    is_short = len(word_before) <= _MAX_ABBREVIATION and VOWELS.isdisjoint(word_before)
    if mark == "." and is_short and "\n" not in between:
        return Gap.SPACE
    return Gap.COMMA if mark in {",", "-", "–", "(", "/", '"', "“", "'", ")", "),"} else Gap.END


def _reduce_letters(word: str) -> str:
    """Return a word with doubled letters reduced to one, as `bot.areas.tokens` does."""
    if len(set(word)) == len(word) or VOWELS.isdisjoint(word):
        return word
    return _DOUBLED.sub(r"\1", word)
