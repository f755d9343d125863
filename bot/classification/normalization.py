"""Normalize Vietnamese words: case, diacritics, place of the tone mark, keys of Telex.

Telex is a method to type Vietnamese: letters such as "f" and "aa" stand for diacritics.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.core.text_folding import replace_lookalikes

_TONES = "\u0300\u0301\u0303\u0309\u0323"  # grave, acute, tilde, hook, dot below
_TELEX_TONES = dict(zip("fsxrj", _TONES, strict=True))
_TELEX_WORD = re.compile(r"(?P<word>\w*[aeiouyw](?:c|ch|m|n|ng|nh|p|t)?)(?P<tone>[fsxrj])?")
_TELEX_KEYS = re.compile(r"[fsxrj]$|w|dd|aa|ee|oo|ii")
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


def _map_plain_letters() -> dict[int, str]:
    """Return a translation table from composed Vietnamese letters to letters without marks."""
    letters = (chr(code) for code in (*range(0xC0, 0x1B5), *range(0x1EA0, 0x1EFA)))
    table = {letter: unicodedata.normalize("NFD", letter)[0] for letter in letters}
    changed = {ord(letter): plain for letter, plain in table.items() if letter != plain}
    return changed | {ord("đ"): "d"}


_PLAIN_LETTERS = _map_plain_letters()


def strip_diacritics(text: str) -> str:
    """Return a text without diacritics and of the same length. It must be lower case and NFC."""
    return text.translate(_PLAIN_LETTERS)


def normalize_text(text: str) -> str:
    """Return the text in lower case and in the normal form NFC."""
    composed = unicodedata.normalize("NFC", replace_lookalikes(text))
    return unicodedata.normalize("NFC", composed.casefold())


@lru_cache(maxsize=16_384)
def move_tone_to_end(word: str) -> str:
    """Return a word with its tone mark at the end, so that equal words compare equal."""
    letters = unicodedata.normalize("NFD", word)
    tones = "".join(char for char in letters if char in _TONES)
    if not tones:
        return letters
    return f"{''.join(char for char in letters if char not in _TONES)}{tones}"


def has_telex_keys(plain_word: str) -> bool:
    """Return True if a word, given without diacritics, can contain keys of Telex."""
    return _TELEX_KEYS.search(plain_word) is not None


def apply_telex(word: str) -> str:
    """Return the word that the keys of Telex stand for: "trươngf" becomes "trường".

    A word that is not a syllable typed in Telex is returned unchanged.
    """
    decomposed = unicodedata.normalize("NFD", word)
    tone = "".join(char for char in decomposed if char in _TONES)
    toneless = unicodedata.normalize(
        "NFC", "".join(char for char in decomposed if char not in _TONES)
    )
    match = _TELEX_WORD.fullmatch(strip_diacritics(toneless))
    if match is None:
        return word
    letters = toneless[: match.end("word")]
    for keys, letter in _TELEX_LETTERS:
        letters = letters.replace(keys, letter)
    if match["tone"] is not None:
        tone = _TELEX_TONES[match["tone"]]
    last_vowel = max(strip_diacritics(letters).rfind(vowel) for vowel in "aeiouy")
    return normalize_text(letters[: last_vowel + 1] + tone + letters[last_vowel + 1 :])
