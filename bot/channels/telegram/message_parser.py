"""Reading: what an update says, in the conversation's own terms."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.conversation.engine import Reply, SentFile

if TYPE_CHECKING:
    from telegram import Message, Update

Locate = Callable[[float, float], tuple[str, ...]]

_FILES = ("video", "voice", "document", "audio", "animation", "video_note")


def parse_message(message: Message, locate: Locate, *, edited: bool) -> Reply:
    """What a message says, in the conversation's own terms."""
    text = message.text if message.text is not None else message.caption
    contact = message.contact
    sender = message.from_user.id if message.from_user else None
    attachment = _attachment(message)
    return Reply(
        text=None if text is None else _clean(text),
        attachment=attachment,
        phone=contact.phone_number if contact else None,
        someone_elses=contact is not None and contact.user_id != sender,
        message_id=message.message_id,
        edited=edited,
        near=_near(attachment, locate),
    )


def _near(attachment: SentFile | None, locate: Locate) -> tuple[str, ...] | None:
    if attachment is None or attachment.latitude is None or attachment.longitude is None:
        return None
    return locate(attachment.latitude, attachment.longitude)


def _clean(text: str) -> str:
    """Composed letters, and no zero byte: PostgreSQL could not store what was accepted."""
    return unicodedata.normalize("NFC", text).replace("\0", "")


def _attachment(message: Message) -> SentFile | None:
    place = message.location or (message.venue.location if message.venue else None)
    if place is not None:
        return SentFile("place", "", "", latitude=place.latitude, longitude=place.longitude)
    if message.photo:
        largest = message.photo[-1]
        return SentFile(
            "photo",
            largest.file_id,
            largest.file_unique_id,
            message.media_group_id,
            size=largest.file_size,
        )
    for kind in _FILES:
        file = getattr(message, kind)
        if file is not None:
            return SentFile(
                kind,
                file.file_id,
                file.file_unique_id,
                message.media_group_id,
                getattr(file, "file_name", None),
                getattr(file, "mime_type", None),
                file.file_size,
            )
    return None


def get_chat_id(update: Update) -> int:
    """The private chat that an update is about: its own, or that of who pressed the button."""
    query = update.callback_query
    if query is not None:
        return query.from_user.id
    assert update.effective_chat is not None
    return update.effective_chat.id


def get_button_value(update: Update) -> str:
    """What stands after the prefix in the data of the pressed button."""
    query = update.callback_query
    assert query is not None
    return (query.data or "").partition(":")[2]
