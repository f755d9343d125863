"""The text of a template: its fields, which the bot fills in, and its blanks for the officer."""

from __future__ import annotations

import re

_BLANK = re.compile(r"\[[^\]\n]+\]")


def fill_template(template: str, **fields: str) -> str:
    """Return a template with its fields, such as {ma}, replaced; unknown fields stay."""
    for name, value in fields.items():
        template = template.replace(f"{{{name}}}", value)
    return template


def has_blanks(text: str) -> bool:
    """Return True if a text has a blank for the officer to fill in, such as [thời gian]."""
    return _BLANK.search(text) is not None
