"""Text as people type it in a hurry, made comparable."""

import unicodedata


def fold_text(text: str) -> str:
    """Text without case, diacritics and outer spaces, đ as d."""
    plain = unicodedata.normalize("NFD", text.strip().casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("đ", "d")
