"""Features of a text: n-grams of its words and letters, which the model has weights for.

A feature is a string with the prefix of its block, and the model knows it by a hash (CRC-32). Words
are compared without case, with and without diacritics; letters without both. So a word that nobody
has written before, or that is misspelled, still shares most of its letters with known ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

from bot.core.text_folding import replace_lookalikes
from bot.core.visible_text import is_invisible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VERSION = 1  # of the features: weights of another version are of no use

# The blocks of features, and how much each counts beside the others.
BLOCKS: Mapping[str, float] = {"plain": 1.0, "exact": 1.0, "skip": 0.5, "letters": 0.3}

_MAX_LETTERS = 24  # of a word; the rest of a longer one is ignored
_MAX_SKIPPED = 3  # words between the two of a pair
_NGRAM_LETTERS = (2, 3, 4, 5)
_TOKEN = re.compile(r"\w+|[^\w\s]")
_DIGITS = re.compile(r"\d")
_REPEATED = re.compile(r"(.)\1{2,}", re.DOTALL)

# Letters of other alphabets that look like Latin ones, and digits that people type for letters.
_LOOKALIKES = str.maketrans("асеорухікѕοαειυκνρτ", "aceopyxiksoaeiuknpt")
_LEET = str.maketrans("013457@$", "oieastas")
_LEET_WORD = re.compile(r"(?<!\w)[^\W\d_]+[013457@$](?:[^\W\d_]|[013457@$])*(?<=[^\W\d_])(?!\w)")
_SEPARATED = re.compile(r"(?<!\w)(?:[^\W\d_][.*_\-]){2,}[^\W\d_](?!\w)")


def list_features(text: str) -> dict[str, Counter[str]]:
    """Return the features of a text with their numbers, for each of the BLOCKS."""
    exact = _list_tokens(normalize_text(text))
    plain = [_fold(token) for token in exact]
    letters: Counter[str] = Counter()
    for token, number in Counter(plain).items():
        for ngram in _list_letter_ngrams(token):
            letters[ngram] += number
    return {
        "plain": Counter(_list_word_ngrams("w", plain, 3)),
        "exact": Counter(_list_word_ngrams("x", exact, 2)),
        "skip": Counter(_list_skipping_pairs(plain)),
        "letters": letters,
    }


def hash_feature(feature: str) -> int:
    """Return the number of 32 bits by which the model knows a feature."""
    return crc32(feature.encode())


def normalize_text(text: str) -> str:
    """Return a text in lower case, without what people put between letters or in their place.

    That is invisible characters, letters of other alphabets that look the same, digits for letters
    ("cu0p"), signs between letters ("c.ư.ớ.p"), and the same letter many times.
    """
    text = unicodedata.normalize("NFKC", replace_lookalikes(text))
    if not text.isascii():
        text = "".join(
            " " if c.isspace() else c for c in text if c.isspace() or not is_invisible(c)
        )
    lowered = unicodedata.normalize("NFC", text.casefold().translate(_LOOKALIKES))
    lowered = _LEET_WORD.sub(lambda match: match[0].translate(_LEET), lowered)
    lowered = _SEPARATED.sub(lambda match: re.sub(r"[.*_\-]", "", match[0]), lowered)
    return _REPEATED.sub(r"\1\1", lowered)


def _list_tokens(normalized: str) -> list[str]:
    """Return the words, numbers and signs of a text. Of a number only its length is kept."""
    return [_DIGITS.sub("0", token)[:_MAX_LETTERS] for token in _TOKEN.findall(normalized)]


@lru_cache(maxsize=16_384)
def _fold(token: str) -> str:
    """Return a token without diacritics."""
    if token.isascii():
        return token
    letters = unicodedata.normalize("NFD", token)
    return "".join(c for c in letters if not unicodedata.combining(c)).replace("đ", "d")


def _list_word_ngrams(prefix: str, tokens: list[str], longest: int) -> Iterator[str]:
    for length in range(1, longest + 1):
        for start in range(len(tokens) - length + 1):
            yield f"{prefix} {' '.join(tokens[start : start + length])}"


def _list_skipping_pairs(tokens: list[str]) -> Iterator[str]:
    for start, first in enumerate(tokens):
        for second in tokens[start + 2 : start + 2 + _MAX_SKIPPED]:
            yield f"s {first} {second}"


@lru_cache(maxsize=16_384)
def _list_letter_ngrams(token: str) -> tuple[str, ...]:
    """Return the groups of neighbouring letters in a word, with its ends marked by a space."""
    padded = f" {token} "
    return tuple(
        f"c{padded[start : start + length]}"
        for length in _NGRAM_LETTERS
        for start in range(len(padded) - length + 1)
    )
