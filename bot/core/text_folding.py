"""Folding: text without upper case and diacritics, to compare what people type."""

import unicodedata


def fold_text(text: str) -> str:
    """Return a text in lower case, without diacritics and outer spaces, "đ" as "d"."""
    plain = unicodedata.normalize("NFD", text.strip().casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("đ", "d")
