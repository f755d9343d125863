"""Read the sources that a message names: a forward, a quote, another bot, a reply elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telegram import Message, MessageOrigin

_MAX_CHARACTERS = 200  # of a name or a quote


def list_sources(message: Message) -> tuple[dict[str, Any], ...]:
    """Return {"kind", "who", "at", "text"} of each source, as far as Telegram tells it.

    `at` is in Unix seconds, None if it is not known. `who` and `text` may be empty.
    """
    found: list[dict[str, Any]] = []
    if message.forward_origin is not None:
        found.append(_make_source("forward", message.forward_origin))
    if message.external_reply is not None:
        found.append(_make_source("external", message.external_reply.origin))
    if message.quote is not None:
        found.append(_make_source("quote", text=message.quote.text))
    if message.via_bot is not None:
        found.append({**_make_source("via_bot"), "who": f"@{message.via_bot.username}"})
    return tuple(found)


def _make_source(kind: str, origin: MessageOrigin | None = None, text: str = "") -> dict[str, Any]:
    return {
        "kind": kind,
        "who": "" if origin is None else _name_origin(origin)[:_MAX_CHARACTERS],
        "at": None if origin is None else int(origin.date.timestamp()),
        "text": text.replace("\0", "")[:_MAX_CHARACTERS],
    }


def _name_origin(origin: MessageOrigin) -> str:
    """Return the name of a person, a group or a channel, with the signature if there is one."""
    user = getattr(origin, "sender_user", None)
    chat = getattr(origin, "sender_chat", None) or getattr(origin, "chat", None)
    names = (
        user.full_name if user is not None else "",
        getattr(origin, "sender_user_name", None) or "",
        (chat.title or chat.full_name or "") if chat is not None else "",
        getattr(origin, "author_signature", None) or "",
    )
    return ", ".join(name for name in names if name).replace("\0", "")
