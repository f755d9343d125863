"""Kinds of Bot API errors. The kind decides whether a message is sent again."""

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
    """The request was not sent, because there was no connection. A retry is safe."""


class ErrorKind(Enum):
    """The kind of a failed request."""

    DONE = auto()  # the message has this content already
    NOT_SENT = auto()  # the request was not sent
    WAIT = auto()  # the rate limit was exceeded; the error says how long to wait
    MOVED = auto()  # the group has another id now
    BLOCKED = auto()  # the bot may not write to the chat
    NO_TOPIC = auto()  # the topic of the group does not exist
    REFUSED = auto()  # Telegram does not accept this message
    STOP = auto()  # the token is not valid: nothing can be sent
    UNSURE = auto()  # the request may or may not have arrived


def classify_error(error: TelegramError) -> ErrorKind:
    """Return the kind of an error.

    BadRequest and NotSent are subclasses of NetworkError, so they are tested first. If a method is
    called by `do_api_request`, the library raises EndPointNotFound for an invalid token.
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
    """Return how long Telegram asks to wait, at least 1 second. Zero if it does not ask."""
    if not isinstance(error, RetryAfter):
        return timedelta()
    wait = error.retry_after
    if not isinstance(wait, timedelta):
        wait = timedelta(seconds=wait)
    return max(wait, timedelta(seconds=1))
