"""Folding: text without upper case and diacritics, to compare what people type."""

import unicodedata

# The Icelandic and the African letter look like the Vietnamese one, and some keyboards type them.
_LOOKALIKES = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "ð": "đ", "ɖ": "đ"})


def replace_lookalikes(text: str) -> str:
    """Return a text of the same length, with Vietnamese letters for those that look like them."""
    return text if text.isascii() else text.translate(_LOOKALIKES)


def fold_text(text: str) -> str:
    """Return a text in lower case, without diacritics and outer spaces, "đ" as "d"."""
    plain = unicodedata.normalize("NFD", replace_lookalikes(text).strip().casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("đ", "d")
