"""Tell a corrected typo from a change that people must hear of."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

_LEAST_LIKENESS = 0.8  # of the letters of both texts
_NUMBER = re.compile(r"\d+")


def fold_spaces(text: str) -> str:
    """Return a text in lower case with single spaces, to compare what was typed twice."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def is_typo(before: str, after: str) -> bool:
    """Return True if a text is so like the text before that only its spelling can have changed.

    Numbers must stay the same: they are dates, times and places.
    """
    if _NUMBER.findall(before) != _NUMBER.findall(after):
        return False
    old, new = (unicodedata.normalize("NFD", each).casefold() for each in (before, after))
    return SequenceMatcher(None, old, new, autojunk=False).ratio() >= _LEAST_LIKENESS
