"""Beginnings of long texts, for places where the whole text does not fit."""

from __future__ import annotations


def shorten(text: str, limit: int) -> str:
    """Return a text whole if it has at most `limit` characters, else its beginning and "…".

    It is cut between two words, except within a word that is longer than half of the limit.
    """
    if len(text) <= limit:
        return text
    cut = text[: limit + 1]
    end = max(cut.rfind(space) for space in (" ", "\n"))
    return f"{text[: end if end * 2 >= limit else limit].rstrip()}…"
