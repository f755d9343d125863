"""Recognise the bot's texts by their keys, so that tests do not repeat the wording.

An unknown key raises KeyError. A misspelt key can therefore not make a negative assertion pass.
"""

from __future__ import annotations

import html
import re
from functools import cache

from bot.texts import LANGUAGES, load_texts


def contains_text(message: str, key: str) -> bool:
    """Return True if a message contains the text of a key, in any language.

    Only the fixed parts of the text are compared, in order: parameters may be anything.
    Raises KeyError for an unknown key, and ValueError for a text that has no fixed part.
    """
    return any(_contains_in_order(message, parts) for parts in _list_fixed_parts(key))


def is_label(label: str, key: str) -> bool:
    """Return True if a button's label is the text of a key, in any language.

    Parameters may be anything. Raises as `contains_text` does.
    """
    patterns = (".+".join(map(re.escape, parts)) for parts in _list_fixed_parts(key, strip=False))
    return any(re.fullmatch(pattern, label, re.DOTALL) for pattern in patterns)


@cache
def _list_fixed_parts(key: str, *, strip: bool = True) -> list[list[str]]:
    """Return the parts of a text between its parameters, for each language."""
    found = []
    for language in LANGUAGES:
        plain = html.unescape(re.sub(r"<[^>]+>", "", load_texts(language)[key]))
        parts = re.split(r"\{[^}]*\}", plain)
        if not any(part.strip() for part in parts):
            raise ValueError(f"{key} has no fixed part by which it could be recognised")
        found.append([part.strip() for part in parts] if strip else parts)
    return found


def _contains_in_order(message: str, parts: list[str]) -> bool:
    position = 0
    for part in parts:
        position = message.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True
