"""The bodies of requests to the control interface. docs/simulator.md documents the fields."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _decode_content(content: object) -> object:
    """Decode base64 from JSON; return the bytes of a multipart form unchanged."""
    if not isinstance(content, str):
        return content
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        raise ValueError("must be base64") from None


Content = Annotated[bytes, BeforeValidator(_decode_content)]


class ControlForm(BaseModel):
    """The body of a request. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")

    def dump_given(self) -> dict[str, Any]:
        """Return the fields that were in the body and not null."""
        return self.model_dump(exclude_unset=True, exclude_none=True)


class EmptyForm(ControlForm):
    """A body without fields."""


class NewUserForm(ControlForm):
    """The body to add a person."""

    first_name: str = Field(min_length=1)
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    id: int | None = None


class NewChatForm(ControlForm):
    """The body to add a group or channel. `members` are user ids."""

    type: Literal["group", "supergroup", "channel"]
    title: str = Field(min_length=1)
    is_forum: bool = False
    members: list[int] = []


class NewTopicForm(ControlForm):
    """The body to add a topic to a forum."""

    name: str = Field(min_length=1, max_length=128)


class ActionForm(ControlForm):
    """The body of an action of a person. `bot` is a token; None is the first bot."""

    bot: str | None = None


class ChatActionForm(ActionForm):
    """The body of an action in a chat. `chat_id` is a group; None is the private chat."""

    chat_id: int | None = None


class TextForm(ChatActionForm):
    """The body to send a text. `reply_to` is a message id."""

    text: str
    reply_to: int | None = None
    message_thread_id: int | None = None


class StartForm(ActionForm):
    """The body to open the bot by a deep link."""

    payload: str | None = None


class PressForm(ChatActionForm):
    """The body to press an inline button, found by `data` or `label`."""

    message_id: int | None = None
    data: str | None = None
    label: str | None = None


class ChooseForm(ChatActionForm):
    """The body to press the button of the reply keyboard with this text."""

    text: str


class ContactForm(ChatActionForm):
    """The body to share a contact, by default one's own."""

    phone_number: str | None = None
    user_id: int | None = None
    first_name: str | None = None


class LocationForm(ChatActionForm):
    """The body to share a location, in degrees."""

    latitude: float
    longitude: float


class FileFields(ControlForm):
    """The fields of a file. `content` is base64 in JSON; None is a sample file."""

    content: Content | None = None
    file_name: str | None = None
    mime_type: str | None = None
    caption: str | None = None
    duration: int | None = None
    width: int | None = None
    height: int | None = None


class FileForm(ChatActionForm, FileFields):
    """The body to send one file. `reply_to` is a message id."""

    reply_to: int | None = None
    message_thread_id: int | None = None


class AlbumItemForm(FileFields):
    """One file of an album."""

    type: Literal["photo", "video", "document"]


class AlbumForm(ChatActionForm):
    """The body to send an album of 2 to 10 files."""

    items: list[AlbumItemForm] = Field(min_length=2, max_length=10)

    def dump_given(self) -> dict[str, Any]:
        """Return the fields that were in the body and not null, also those of each item."""
        return {**super().dump_given(), "items": [item.dump_given() for item in self.items]}


class EditForm(ChatActionForm):
    """The body to change the text of one's own message."""

    message_id: int
    text: str


class NewFaultForm(ControlForm):
    """The body to add a fault; see Fault for the fields."""

    kind: str
    method: str | None = None
    chat_id: int | None = None
    count: int | None = Field(default=1, ge=1)
    retry_after: int = 1
    status: int | None = Field(default=None, ge=200, le=599)
    description: str | None = None
    when: str = "before"


class ClockForm(ControlForm):
    """The body to move the clock: forward by seconds, or to a Unix timestamp."""

    advance: float | None = None
    set: float | None = None


class RateLimitsForm(ControlForm):
    """The body to set the rate limits; see SimulatedRates for the fields."""

    enabled: bool
    global_per_second: float = Field(default=30, gt=0)
    chat_per_second: float = Field(default=1, gt=0)
    group_per_minute: int = Field(default=20, gt=0)


ACTION_FORMS: dict[str, type[ActionForm]] = {
    "text": TextForm,
    "start": StartForm,
    "press": PressForm,
    "choose": ChooseForm,
    "contact": ContactForm,
    "location": LocationForm,
    "photo": FileForm,
    "video": FileForm,
    "voice": FileForm,
    "document": FileForm,
    "album": AlbumForm,
    "edit": EditForm,
    "block": ActionForm,
    "unblock": ActionForm,
}
