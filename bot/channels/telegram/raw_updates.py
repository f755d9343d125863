"""Raw updates: what can be read in the JSON of an update that the library cannot parse."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

# Changes of membership need no answer: a person who has blocked the bot would not get it.
_UNANSWERED = frozenset({"my_chat_member", "chat_member", "chat_join_request"})
_MAX_ID = 2**63  # a number that a database can hold is below
# For a body that is no JSON, or nested too deeply. A number at its very end may be cut off.
_NUMBER = re.compile(r'"update_id"\s*:\s*(-?\d{1,19})(?=\s*[,}])', re.ASCII)
_CHAT = re.compile(r'"chat"\s*:\s*\{[^{}]*?"id"\s*:\s*(-?\d{1,19})(?=\s*[,}])', re.ASCII)


@dataclass(frozen=True, slots=True)
class RawUpdate:
    """The id of an update, the private chat to answer, and the pressed button to answer.

    Each is None if it cannot be found.
    """

    update_id: int | None = None
    chat_id: int | None = None
    query_id: str | None = None


def read_raw_update(text: str) -> RawUpdate:
    """Return what is known of an update, whatever its text is. Groups are not answered."""
    update: Any = None
    with suppress(ValueError, RecursionError, MemoryError):
        update = json.loads(text)
    if update is None:
        return RawUpdate(_find_number(_NUMBER, text), _select_private(_find_number(_CHAT, text)))
    if not isinstance(update, dict):
        return RawUpdate()
    update_id = _check_id(update.get("update_id"))
    for kind, content in update.items():
        if isinstance(content, dict) and kind not in _UNANSWERED:
            query_id = content.get("id") if kind == "callback_query" else None
            return RawUpdate(
                update_id,
                _select_private(_find_chat_id(kind, content)),
                query_id if isinstance(query_id, str) else None,
            )
    return RawUpdate(update_id)


def _find_number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return _check_id(int(found[1])) if found else None


def _find_chat_id(kind: str, content: dict[str, Any]) -> int | None:
    """Return the id of the chat that a message was sent in, or in which a button was pressed.

    A button of a message that is too old to be shown has only the person's id.
    """
    if kind != "callback_query":
        return _get_id(content, "chat") or _get_id(content, "from")
    message = content.get("message")
    in_chat = _get_id(message, "chat") if isinstance(message, dict) else None
    return in_chat or _get_id(content, "from")


def _get_id(content: dict[str, Any], key: str) -> int | None:
    party = content.get(key)
    return _check_id(party.get("id")) if isinstance(party, dict) else None


def _check_id(value: object) -> int | None:
    return value if type(value) is int and -_MAX_ID <= value < _MAX_ID else None


def _select_private(chat_id: int | None) -> int | None:
    return chat_id if chat_id is not None and chat_id > 0 else None
