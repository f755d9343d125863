"""The text of a spreadsheet cell: it is never a formula, and any spreadsheet file can hold it."""

from __future__ import annotations

import re
import unicodedata

_MAX_CHARACTERS = 32_767  # of a cell: Excel calls a file with a longer one damaged
# Characters that messages may contain and spreadsheet files may not; halves of surrogate pairs.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# A spreadsheet reads "_x0041_" as the character with this number.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_STARTS_OF_FORMULAS = frozenset("=+-@\u2212")  # with the minus sign of mathematics
_SPLITTERS = ("\t", "\r", "\n")
# What a program that expects another delimiter would take for the start of a cell of a CSV file.
_START_OF_CELL = re.compile(
    '([;,|\t\r\n][\\s"\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*)'
    "(?=[=+\\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20])"
)


def make_cell_text(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula, without unwritable characters.

    The characters are removed first, because one of them may hide the start of a formula. A text
    that would be a formula gets an apostrophe before it.
    """
    written = _UNWRITABLE.sub("", text)[: _MAX_CHARACTERS - 1]
    return f"'{written}" if _starts_formula(written) else written


def escape_for_xlsx(text: str) -> str:
    """Return a cell's text for an XLSX file, in which "_x0041_" stays as it is."""
    return _ESCAPE.sub("_x005F_", text)


def guard_for_csv(text: str) -> str:
    """Return a cell's text with an apostrophe before every sign that may start a formula in it.

    Quotes do not help: a program that expects another delimiter closes them too early.
    """
    return _START_OF_CELL.sub(r"\1'", text)


def _starts_formula(text: str) -> bool:
    """Return True if the first visible character starts a formula, or the text starts a new cell.

    Some programs take wide and small forms for the usual ones, and skip what is not visible.
    """
    if text.startswith(_SPLITTERS):
        return True
    visible = (c for c in text if unicodedata.category(c)[0] not in "CZ")
    first = next(visible, "")
    return unicodedata.normalize("NFKC", first)[:1] in _STARTS_OF_FORMULAS
