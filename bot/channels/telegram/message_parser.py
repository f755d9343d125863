"""The message parser: turns Telegram's messages into replies to the open question."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.areas.coordinates import find_coordinates
from bot.areas.map_links import find_map_position, is_unreadable_link
from bot.channels.telegram.message_sources import list_sources
from bot.conversation.reply import PlaceProblem, Reply, SentFile
from bot.core.text_folding import replace_lookalikes
from bot.core.visible_text import clean_name, has_visible_text

if TYPE_CHECKING:
    from telegram import Message, Update, User

# Returns the codes of the units near a latitude and a longitude, in degrees.
LocateUnits = Callable[[float, float], tuple[str, ...]]

# The fields of Telegram's message that have one file. Photos have another form.
_FILE_KINDS = ("video", "voice", "document", "audio", "animation", "video_note")
# Kinds of message that hold nothing that a question could take, by their field.
_UNREADABLE_KINDS = (
    *("sticker", "dice", "poll", "game", "story", "checklist", "paid_media", "invoice"),
    *("giveaway", "giveaway_winners"),
)
# Characters, as the columns of Attachment hold them.
_MAX_FILE_NAME, _MAX_SUFFIX, _MAX_MIME_TYPE = 256, 32, 128
_MAX_VENUE_TEXT = 256


def parse_message(message: Message, locate_units: LocateUnits, *, edited: bool) -> Reply:
    """Return the text, file, contact or place of a message as a reply.

    `edited` is True if the person changed a message that was sent before.
    """
    text = message.text if message.text is not None else message.caption
    contact, replied = message.contact, message.reply_to_message
    sender = message.from_user.id if message.from_user else None
    attachment = _get_attachment(message)
    is_shared = attachment is not None and attachment.type == "place"
    place, problem = (None, None) if text is None or is_shared else _read_place(text)
    return Reply(
        text=_normalize_text(text),
        attachment=attachment,
        phone=contact.phone_number if contact else None,
        phone_of_another=contact is not None
        and (contact.user_id != sender or message.forward_origin is not None),
        message_id=message.message_id,
        edited=edited,
        nearby=_locate_units(place or attachment, locate_units),
        place=place,
        place_problem=problem,
        sent_at=int(message.date.timestamp()),
        sources=list_sources(message),
        reply_to=replied.message_id if replied else None,
        replies_to_bot=replied is not None
        and replied.from_user is not None
        and replied.from_user.is_bot,
    )


def find_unreadable_kind(message: Message) -> str | None:
    """Return the kind of a message that is no answer to any question, such as "sticker"."""
    return next((kind for kind in _UNREADABLE_KINDS if getattr(message, kind, None)), None)


def _locate_units(attachment: SentFile | None, locate_units: LocateUnits) -> tuple[str, ...] | None:
    if attachment is None or attachment.latitude is None or attachment.longitude is None:
        return None
    return locate_units(attachment.latitude, attachment.longitude)


def is_live_move(message: Message) -> bool:
    """Return True if an edited message is the move of a live location, or the end of its sharing.

    The place where it began is taken. Telegram sends a move every few seconds.
    """
    return message.location is not None and message.venue is None


def _read_place(text: str) -> tuple[SentFile | None, PlaceProblem | None]:
    """Return the place that a text states by coordinates or a link to a map, and its problem."""
    found = find_map_position(text) or find_coordinates(text)
    if found is None:
        return None, PlaceProblem.UNREADABLE_LINK if is_unreadable_link(text) else None
    place = SentFile("place", "", "", latitude=found.latitude, longitude=found.longitude)
    return place, PlaceProblem.SWAPPED if found.is_swapped else None


def _normalize_text(text: str | None) -> str | None:
    """Return the text with composed letters; None if nothing of it can be seen."""
    if text is None or not has_visible_text(text):
        return None
    return unicodedata.normalize("NFC", replace_lookalikes(text))


def _get_attachment(message: Message) -> SentFile | None:
    place = message.location or (message.venue.location if message.venue else None)
    if place is not None:
        venue = message.venue
        return SentFile(
            "place",
            "",
            "",
            latitude=place.latitude,
            longitude=place.longitude,
            title=clean_name(venue.title)[:_MAX_VENUE_TEXT] or None if venue else None,
            address=clean_name(venue.address)[:_MAX_VENUE_TEXT] or None if venue else None,
        )
    if message.photo:
        largest = message.photo[-1]
        return SentFile(
            "photo",
            largest.file_id,
            largest.file_unique_id,
            message.media_group_id,
            size=largest.file_size,
        )
    for kind in _FILE_KINDS:
        file = getattr(message, kind)
        if file is not None:
            return SentFile(
                kind,
                file.file_id,
                file.file_unique_id,
                message.media_group_id,
                _shorten_file_name(clean_name(getattr(file, "file_name", None) or "")) or None,
                (getattr(file, "mime_type", None) or "")[:_MAX_MIME_TYPE] or None,
                file.file_size,
            )
    return None


def _shorten_file_name(name: str) -> str:
    """Return a file name that its column holds; the end stays, because it tells the type."""
    if len(name) <= _MAX_FILE_NAME:
        return name
    return f"{name[: _MAX_FILE_NAME - _MAX_SUFFIX]}{name[-_MAX_SUFFIX:]}"


def get_person_name(person: User) -> str:
    """Return the name by which others know a person; never empty."""
    return clean_name(person.full_name) or person.username or str(person.id)


def get_chat_id(update: Update) -> int:
    """Return the chat id of an update. For a button, return the id of the person who pressed it."""
    query = update.callback_query
    if query is not None:
        return query.from_user.id
    assert update.effective_chat is not None
    return update.effective_chat.id


def get_thread_id(message: Message) -> int | None:
    """Return the id of the group's topic that contains a message; None outside of topics."""
    return message.message_thread_id if message.is_topic_message else None


def get_writer_id(message: Message) -> int | None:
    """Return the id of the person who wrote a message.

    Return None if it was written in the name of a group or a channel.
    """
    if message.sender_chat is not None or message.from_user is None:
        return None
    return message.from_user.id
