"""What an error of the Bot API means for what was being sent."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto

from telegram.error import (
    BadRequest,
    ChatMigrated,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)


class NotSent(NetworkError):
    """The request never left: no connection was to be had. Trying again is safe."""


class ErrorKind(Enum):
    """What is known about a request that failed."""

    DONE = auto()  # what was asked for is so already
    NOT_SENT = auto()  # for certain; try again later
    WAIT = auto()  # Telegram says how long
    MOVED = auto()  # the group has another id now
    BLOCKED = auto()  # the chat cannot be written to
    NO_TOPIC = auto()  # the group is there, its topic is not
    REFUSED = auto()  # this message never will be accepted
    STOP = auto()  # the token is not valid: nothing can be sent
    UNSURE = auto()  # it may or may not have arrived


def classify_error(error: TelegramError) -> ErrorKind:
    """Judge an error. BadRequest and NotSent are NetworkErrors too, so they come first.

    EndPointNotFound is what the library makes of a refused token where we name the method: every
    method that we name exists.
    """
    match error:
        case RetryAfter():
            return ErrorKind.WAIT
        case ChatMigrated():
            return ErrorKind.MOVED
        case Forbidden():
            return ErrorKind.BLOCKED
        case InvalidToken() | EndPointNotFound():
            return ErrorKind.STOP
        case BadRequest() if "is not modified" in error.message:
            return ErrorKind.DONE
        case BadRequest() if "thread not found" in error.message or "TOPIC_" in error.message:
            return ErrorKind.NO_TOPIC
        case BadRequest():
            return ErrorKind.REFUSED
        case NotSent():
            return ErrorKind.NOT_SENT
        case _:
            return ErrorKind.UNSURE


def get_retry_after(error: TelegramError) -> timedelta:
    """How long Telegram asks to wait, at least a second; zero if it does not ask."""
    if not isinstance(error, RetryAfter):
        return timedelta()
    asked = error.retry_after
    wait = asked if isinstance(asked, timedelta) else timedelta(seconds=asked)
    return max(wait, timedelta(seconds=1))
