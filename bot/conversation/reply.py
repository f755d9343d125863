"""Replies of persons: a pressed button or a message, without a messenger's types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PART = 80  # characters of a message that tell which one is forwarded or quoted


class Navigation(Enum):
    """The action of a button of a question; its value is the sign in the button's data."""

    CHOOSE = "="
    BACK = "<"
    CANCEL = "!"
    EDIT = "~"


class PlaceProblem(StrEnum):
    """A fault of a place that was typed. The values are reasons of Rejected.

    SWAPPED: latitude and longitude were exchanged, because only then it is in Vietnam.
    UNREADABLE_LINK: a link to a map that says no position by itself.
    """

    SWAPPED = "place-swapped"
    UNREADABLE_LINK = "unreadable-link"


@dataclass(frozen=True, slots=True)
class SentFile:
    """A reference to a file that a person sent, or a shared location in degrees.

    `type` is the kind of file, such as "photo", or "place" for a location. Files with the same
    `album` were sent together. `size` is in bytes. `title` and `address` are those of a venue.
    """

    type: str
    file_id: str
    file_unique_id: str
    album: str | None = None
    file_name: str | None = None
    mime_type: str | None = None
    size: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    title: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A pressed button or a message, without a messenger's types.

    A button has a `step` (the step that it was shown for), a `navigation`, a `choice` (the value of
    an option) and the hash of its `subject`. A message has a `message_id` and a `text`, an
    `attachment` or a `phone`; the phone may be the one of another person. An `edited` message
    replaces its earlier version. `nearby` are the codes of the units near a shared or typed
    location; None without a location. `place` is the location that the text or the caption of a
    file states. `sent_at` is when a message was sent, in Unix seconds, and `reply_to` the id of the
    message that it replies to, which is one of the bot if it `replies_to_bot`. `original` is what
    was written, if the `text` was converted from an old encoding. `sources` say what is forwarded
    or quoted, of whom and when.
    """

    text: str | None = None
    original: str | None = None
    step: str | None = None
    navigation: Navigation = Navigation.CHOOSE
    choice: str | None = None
    attachment: SentFile | None = None
    phone: str | None = None
    phone_of_another: bool = False
    message_id: int | None = None
    edited: bool = False
    nearby: tuple[str, ...] | None = None
    place: SentFile | None = None
    place_problem: PlaceProblem | None = None
    subject: str = ""
    sent_at: int | None = None
    reply_to: int | None = None
    replies_to_bot: bool = False
    sources: tuple[Mapping[str, Any], ...] = ()

    def without_place(self) -> Reply:
        """Return the reply as words alone, for a question that takes no places."""
        return replace(self, place=None, place_problem=None, nearby=None)
