"""What the simulator's parts hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
# A value in the world is replaced, never changed: what was sent out stays as it was sent.


@dataclass(frozen=True, slots=True)
class User:
    """A person or a bot, as Telegram shows it."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False

    def as_json(self) -> Json:
        """Telegram's User."""
        user: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            value = getattr(self, name)
            if value is not None:
                user[name] = value
        return user


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that came with a request."""

    file_name: str
    content: bytes
    mime_type: str | None = None

    def as_json(self) -> Json:
        """What the journal keeps of it."""
        return {
            "file_name": self.file_name,
            "mime_type": self.mime_type,
            "file_size": len(self.content),
        }


@dataclass(frozen=True, slots=True)
class SentUpdates:
    """What an act of a person led to. An album has an update for each of its items."""

    update_id: int
    message_id: int | None = None
    callback_query_id: str | None = None
    update_ids: tuple[int, ...] = ()

    def as_json(self) -> Json:
        """The control interface's answer."""
        answer: Json = {"update_id": self.update_id}
        if self.message_id is not None:
            answer["message_id"] = self.message_id
        if self.callback_query_id is not None:
            answer["callback_query_id"] = self.callback_query_id
        if self.update_ids:
            answer["update_ids"] = list(self.update_ids)
        return answer


class ApiError(Exception):
    """The Bot API says no, in Telegram's words."""

    def __init__(self, description: str, code: int = 400, **parameters: int) -> None:
        """`parameters` are those of Telegram's ResponseParameters."""
        super().__init__(description)
        self.description = description
        self.code = code
        self.parameters = parameters


class ControlError(Exception):
    """The control interface says no: what is wrong and what to do, with an HTTP status."""

    def __init__(self, error: str, status: int = 409) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


@dataclass(frozen=True, slots=True)
class DescribedResult:
    """A result with the description that Telegram adds to it."""

    result: object
    description: str


def bad_request(description: str) -> ApiError:
    """The refusal of a request that cannot be right."""
    return ApiError(f"Bad Request: {description}")
