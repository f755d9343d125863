"""Beginnings of long texts, for places where the whole text does not fit."""

from __future__ import annotations


def shorten(text: str, limit: int) -> str:
    """Return a text whole if it has at most `limit` characters, else its beginning and "…"."""
    return text if len(text) <= limit else f"{text[:limit].rstrip()}…"
