"""Invisible characters: they are removed from names, and a message needs visible ones.

A direction mark reverses the letters after it: "ảnh<mark>gpj.exe" is shown as "ảnhexe.jpg". With an
invisible character, two different names look the same, and an empty message looks like an answer.
The list is Unicode's property Default_Ignorable_Code_Point, control characters and blank letters.
"""

from __future__ import annotations

import re
import unicodedata

# Control, format, lone surrogate, space, line and paragraph separator.
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
_BLANK_LETTERS = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0\U0001d159"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9))))
)
# The property Bidi_Control.
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FIRST_TAG, _LAST_TAG = 0xE0000, 0xE0FFF  # tags and variation selectors
_EMOJI_JOINERS = "\u200d\ufe0f"
_EMOJI_CATEGORIES = frozenset({"So", "Sk"})


def is_invisible(character: str) -> bool:
    """Return True for a space, a control character or any other character without a glyph."""
    return (
        unicodedata.category(character) in _INVISIBLE_CATEGORIES
        or character in _BLANK_LETTERS
        or _FIRST_TAG <= ord(character) <= _LAST_TAG
    )


def has_visible_text(text: str) -> bool:
    """Return True if a text has at least one visible character."""
    return not all(map(is_invisible, text))


def remove_direction_marks(text: str) -> str:
    """Return a text without direction marks: its letters are shown in the order of writing."""
    return text if text.isascii() else _DIRECTION_MARKS.sub("", text)


def clean_name(name: str) -> str:
    """Return a name on one line, without direction marks and invisible characters.

    Joiners within an emoji stay.
    """
    kept = ""
    for character in name:
        if character.isspace():
            kept += " "
        elif not is_invisible(character) or (
            character in _EMOJI_JOINERS
            and kept
            and (kept[-1] in _EMOJI_JOINERS or unicodedata.category(kept[-1]) in _EMOJI_CATEGORIES)
        ):
            kept += character
    return " ".join(kept.split()).strip(_EMOJI_JOINERS[0])
