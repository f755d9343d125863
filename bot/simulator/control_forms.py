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
    """A body; unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")

    def dump_given(self) -> dict[str, Any]:
        """Return the fields that were in the body and not null."""
        return self.model_dump(exclude_unset=True, exclude_none=True)


class EmptyForm(ControlForm):
    """A body without fields."""


class NewUserForm(ControlForm):
    """A new person."""

    first_name: str = Field(min_length=1)
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    id: int | None = None


class NewChatForm(ControlForm):
    """A new group or channel."""

    type: Literal["group", "supergroup", "channel"]
    title: str = Field(min_length=1)
    is_forum: bool = False
    members: list[int] = []


class NewTopicForm(ControlForm):
    """A new topic of a forum."""

    name: str = Field(min_length=1, max_length=128)


class ActionForm(ControlForm):
    """An action of a person. `bot` is the token of a bot, by default the first one's."""

    bot: str | None = None


class ChatActionForm(ActionForm):
    """An action in a chat; `chat_id` is a group's, by default the private chat's."""

    chat_id: int | None = None


class TextForm(ChatActionForm):
    """Send a text."""

    text: str
    reply_to: int | None = None
    message_thread_id: int | None = None


class StartForm(ActionForm):
    """Open the bot by a link."""

    payload: str | None = None


class PressForm(ChatActionForm):
    """Press an inline button."""

    message_id: int | None = None
    data: str | None = None
    label: str | None = None


class ChooseForm(ChatActionForm):
    """Press a button of the reply keyboard."""

    text: str


class ContactForm(ChatActionForm):
    """Share a contact."""

    phone_number: str | None = None
    user_id: int | None = None
    first_name: str | None = None


class LocationForm(ChatActionForm):
    """Share a location; in degrees."""

    latitude: float
    longitude: float


class FileFields(ControlForm):
    """The fields of a file."""

    content: Content | None = None
    file_name: str | None = None
    mime_type: str | None = None
    caption: str | None = None
    duration: int | None = None
    width: int | None = None
    height: int | None = None


class FileForm(ChatActionForm, FileFields):
    """Send one file."""

    reply_to: int | None = None
    message_thread_id: int | None = None


class AlbumItemForm(FileFields):
    """One file of an album."""

    type: Literal["photo", "video", "document"]


class AlbumForm(ChatActionForm):
    """Send an album."""

    items: list[AlbumItemForm] = Field(min_length=2, max_length=10)

    def dump_given(self) -> dict[str, Any]:
        return {**super().dump_given(), "items": [item.dump_given() for item in self.items]}


class EditForm(ChatActionForm):
    """Change the text of a message."""

    message_id: int
    text: str


class NewFaultForm(ControlForm):
    """A new fault."""

    kind: str
    method: str | None = None
    chat_id: int | None = None
    count: int | None = Field(default=1, ge=1)
    retry_after: int = 1
    status: int | None = Field(default=None, ge=200, le=599)
    description: str | None = None
    when: str = "before"


class ClockForm(ControlForm):
    """A change of the clock: by seconds, or to a Unix timestamp."""

    advance: float | None = None
    set: float | None = None


class RateLimitsForm(ControlForm):
    """The rate limits."""

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
