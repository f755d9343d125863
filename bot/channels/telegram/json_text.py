"""JSON of the Bot API: parsed leniently, with strings that every database can store.

A zero byte (U+0000) and half of a surrogate pair are legal in JSON strings, but PostgreSQL stores
neither, and a lone surrogate cannot be encoded as UTF-8. One of them in a name or a caption must
not cost the whole update, nor all updates of one response. Every update passes through here: those
of the webhook in `update_handler.py`, those of polling in `request.py`.
"""

from __future__ import annotations

import json
from typing import Any

import orjson


def parse_json(payload: bytes) -> Any:
    """Return a JSON value without zero bytes and lone surrogates in any of its strings and names.

    Raises ValueError if the payload is no JSON, RecursionError if it is nested too deeply.
    """
    try:
        parsed = orjson.loads(payload)
    except orjson.JSONDecodeError:
        # orjson refuses lone surrogates and control characters; the standard library accepts both.
        return clean_strings(json.loads(payload.decode("utf-8", "surrogatepass"), strict=False))
    # A payload that orjson accepts can only have a zero byte in this escaped form.
    return clean_strings(parsed) if rb"\u0000" in payload else parsed


def clean_strings(value: Any) -> Any:
    """Return a JSON value with every string and name in it cleaned. Raises RecursionError."""
    if isinstance(value, str):
        return _clean_string(value)
    if isinstance(value, list):
        return [clean_strings(each) for each in value]
    if isinstance(value, dict):
        return {_clean_string(name): clean_strings(each) for name, each in value.items()}
    return value


def _clean_string(text: str) -> str:
    """Return the text without zero bytes; surrogate pairs are joined, lone ones removed."""
    if text.isascii():
        return text.replace("\0", "")
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return paired.replace("\0", "")
