"""Types that the modules of the simulator share: users, uploaded files, errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
# A JSON value in the state is replaced, never changed, so values that were sent stay as they were.


@dataclass(frozen=True, slots=True)
class User:
    """A person or a bot."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False

    def as_json(self) -> Json:
        """Return the object "User" of the Bot API."""
        user: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            value = getattr(self, name)
            if value is not None:
                user[name] = value
        return user


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file in a request."""

    file_name: str
    content: bytes
    mime_type: str | None = None

    def as_json(self) -> Json:
        """Return the description of the file for the journal, without its content."""
        return {
            "file_name": self.file_name,
            "mime_type": self.mime_type,
            "file_size": len(self.content),
        }


@dataclass(frozen=True, slots=True)
class SentUpdates:
    """The ids of the update, message and callback query that an action of a person created.

    An album creates an update for each of its items; their ids are in `update_ids`.
    """

    update_id: int
    message_id: int | None = None
    callback_query_id: str | None = None
    update_ids: tuple[int, ...] = ()

    def as_json(self) -> Json:
        """Return the response of the control interface."""
        ids: Json = {"update_id": self.update_id}
        if self.message_id is not None:
            ids["message_id"] = self.message_id
        if self.callback_query_id is not None:
            ids["callback_query_id"] = self.callback_query_id
        if self.update_ids:
            ids["update_ids"] = list(self.update_ids)
        return ids


class ApiError(Exception):
    """An error response of the Bot API, worded as Telegram does."""

    def __init__(self, description: str, code: int = 400, **parameters: int) -> None:
        """Take the description, the error code, and the fields of "ResponseParameters"."""
        super().__init__(description)
        self.description = description
        self.code = code
        self.parameters = parameters


class ControlError(Exception):
    """An error response of the control interface: the mistake, what to do, and an HTTP status."""

    def __init__(self, error: str, status: int = 409) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


@dataclass(frozen=True, slots=True)
class DescribedResult:
    """A result to which Telegram adds a description."""

    result: object
    description: str


def bad_request(description: str) -> ApiError:
    """Return the error "Bad Request" with a description."""
    return ApiError(f"Bad Request: {description}")
