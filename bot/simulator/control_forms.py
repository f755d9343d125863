"""What the control interface takes. The names are documented in docs/simulator.md."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _decoded(content: object) -> object:
    """JSON brings base64, a form's part the bytes themselves."""
    if not isinstance(content, str):
        return content
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        raise ValueError("must be base64") from None


Content = Annotated[bytes, BeforeValidator(_decoded)]


class ControlForm(BaseModel):
    """A body: a field that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """The fields that were there, and not null."""
        return self.model_dump(exclude_unset=True, exclude_none=True)


class EmptyForm(ControlForm):
    """No field."""


class NewUserForm(ControlForm):
    """A person."""

    first_name: str = Field(min_length=1)
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    id: int | None = None


class NewChatForm(ControlForm):
    """A group or channel."""

    type: Literal["group", "supergroup", "channel"]
    title: str = Field(min_length=1)
    is_forum: bool = False
    members: list[int] = []


class NewTopicForm(ControlForm):
    """A forum's topic."""

    name: str = Field(min_length=1, max_length=128)


class ActionForm(ControlForm):
    """Any act: `bot` is the token of another bot than the first."""

    bot: str | None = None


class ChatActionForm(ActionForm):
    """An act that may happen in a group."""

    chat_id: int | None = None


class TextForm(ChatActionForm):
    """Something written."""

    text: str
    reply_to: int | None = None
    message_thread_id: int | None = None


class StartForm(ActionForm):
    """A link followed."""

    payload: str | None = None


class PressForm(ChatActionForm):
    """An inline button."""

    message_id: int | None = None
    data: str | None = None
    label: str | None = None


class ChooseForm(ChatActionForm):
    """A reply keyboard's button."""

    text: str


class ContactForm(ChatActionForm):
    """A contact."""

    phone_number: str | None = None
    user_id: int | None = None
    first_name: str | None = None


class LocationForm(ChatActionForm):
    """A place."""

    latitude: float
    longitude: float


class FileFields(ControlForm):
    """A file."""

    content: Content | None = None
    file_name: str | None = None
    mime_type: str | None = None
    caption: str | None = None
    duration: int | None = None
    width: int | None = None
    height: int | None = None


class FileForm(ChatActionForm, FileFields):
    """A file sent on its own."""

    reply_to: int | None = None
    message_thread_id: int | None = None


class AlbumItemForm(FileFields):
    """A file of an album."""

    type: Literal["photo", "video", "document"]


class AlbumForm(ChatActionForm):
    """An album."""

    items: list[AlbumItemForm] = Field(min_length=2, max_length=10)

    def given(self) -> dict[str, Any]:
        return {**super().given(), "items": [item.given() for item in self.items]}


class EditForm(ChatActionForm):
    """Other words for a message."""

    message_id: int
    text: str


class NewFaultForm(ControlForm):
    """A fault."""

    kind: str
    method: str | None = None
    chat_id: int | None = None
    count: int | None = Field(default=1, ge=1)
    retry_after: int = 1
    status: int | None = Field(default=None, ge=200, le=599)
    description: str | None = None
    when: str = "before"


class ClockForm(ControlForm):
    """A move of the clock."""

    advance: float | None = None
    set: float | None = None


class RateLimitsForm(ControlForm):
    """Rates."""

    enabled: bool
    global_per_second: float = Field(default=30, gt=0)
    chat_per_second: float = Field(default=1, gt=0)
    group_per_minute: int = Field(default=20, gt=0)


ACTS: dict[str, type[ActionForm]] = {
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
