"""Numbers that people type, or that come with a button, a link or a command.

Whoever forges them chooses any length. Every number from outside is read here, so that it fits
into a column and into a calculation.
"""

from __future__ import annotations

_MAX_DIGITS = 18  # fits into 64 bits


def parse_number(typed: str) -> int | None:
    """Return the number that at most 18 ASCII digits make; None for anything else."""
    if typed.isascii() and typed.isdecimal() and len(typed) <= _MAX_DIGITS:
        return int(typed)
    return None
