"""Kinds of Bot API errors. The kind decides whether a message is sent again.

The Bot API has one status, 400, for nearly all errors; only the description tells them apart. The
library changes its case ("TOPIC_CLOSED" becomes "Topic_closed"), and Telegram writes some of them
with underscores. So descriptions are compared in lower case, with blanks for underscores.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotSent(NetworkError):
    """The request was not sent, because there was no connection. A retry is safe."""


class ErrorKind(Enum):
    """The kind of a failed request."""

    DONE = auto()  # the message has this content already
    NOT_SENT = auto()  # the request had no effect, and may succeed later
    WAIT = auto()  # the rate limit was exceeded; the error says how long to wait
    MOVED = auto()  # the group has another id now
    BLOCKED = auto()  # the bot may not write to the chat
    NO_TOPIC = auto()  # the topic of the group is closed or does not exist
    REFUSED = auto()  # Telegram does not accept this message
    STOP = auto()  # the token is not valid: nothing can be sent
    UNSURE = auto()  # the request may or may not have arrived


# The known descriptions, as parts in lower case and with blanks. The first that is contained in an
# error's description decides, so a special one comes before a general one. Sources: the reports of
# bots' authors about the Bot API, and the names of the errors of Telegram's own API.
DESCRIPTIONS: Mapping[str, ErrorKind] = MappingProxyType(
    {
        # Nothing is left to do.
        "message is not modified": ErrorKind.DONE,
        "message not modified": ErrorKind.DONE,
        # Later.
        "too many requests": ErrorKind.WAIT,
        "retry after": ErrorKind.WAIT,
        "flood": ErrorKind.WAIT,
        "slowmode": ErrorKind.WAIT,
        "slow mode": ErrorKind.WAIT,
        "try again": ErrorKind.NOT_SENT,
        "retry later": ErrorKind.NOT_SENT,
        "restart": ErrorKind.NOT_SENT,
        "temporarily": ErrorKind.NOT_SENT,
        "msg wait": ErrorKind.NOT_SENT,
        # This message alone, although it speaks of a message thread, a chat or rights below.
        "message can't be edited": ErrorKind.REFUSED,
        "message was deleted": ErrorKind.REFUSED,
        "not enough rights to send text": ErrorKind.BLOCKED,
        "not enough rights to send message": ErrorKind.BLOCKED,
        "not enough rights to send a message": ErrorKind.BLOCKED,
        "not enough rights to send": ErrorKind.REFUSED,  # photos, documents, ...
        "entity too large": ErrorKind.REFUSED,
        # The topic.
        "thread": ErrorKind.NO_TOPIC,  # message thread not found, invalid message thread ...
        "topic": ErrorKind.NO_TOPIC,  # TOPIC_CLOSED, TOPIC_DELETED, TOPIC_ID_INVALID
        "not a forum": ErrorKind.NO_TOPIC,
        "forum missing": ErrorKind.NO_TOPIC,
        # The chat.
        "chat not found": ErrorKind.BLOCKED,
        "group not found": ErrorKind.BLOCKED,  # and supergroup
        "channel not found": ErrorKind.BLOCKED,
        "user not found": ErrorKind.BLOCKED,
        "chat invalid": ErrorKind.BLOCKED,
        "chat id is empty": ErrorKind.BLOCKED,
        "chat id invalid": ErrorKind.BLOCKED,
        "peer id invalid": ErrorKind.BLOCKED,
        "channel invalid": ErrorKind.BLOCKED,
        "channel private": ErrorKind.BLOCKED,
        "user id invalid": ErrorKind.BLOCKED,
        "deactivated": ErrorKind.BLOCKED,  # a group or a user
        "was deleted": ErrorKind.BLOCKED,
        "upgraded to a supergroup": ErrorKind.BLOCKED,  # without its new id
        "migrated to": ErrorKind.BLOCKED,
        "no rights to send": ErrorKind.BLOCKED,
        "not enough rights": ErrorKind.BLOCKED,
        "no write access": ErrorKind.BLOCKED,
        "no access": ErrorKind.BLOCKED,
        "can't write": ErrorKind.BLOCKED,
        "administrator rights": ErrorKind.BLOCKED,
        "admin required": ErrorKind.BLOCKED,
        "write forbidden": ErrorKind.BLOCKED,
        "chat forbidden": ErrorKind.BLOCKED,
        "send forbidden": ErrorKind.BLOCKED,
        "send plain forbidden": ErrorKind.BLOCKED,
        "chat restricted": ErrorKind.BLOCKED,
        "user banned": ErrorKind.BLOCKED,
        "banned in channel": ErrorKind.BLOCKED,
        "groups blocked": ErrorKind.BLOCKED,
        "is blocked": ErrorKind.BLOCKED,
        "blocked by": ErrorKind.BLOCKED,
        "blocked user": ErrorKind.BLOCKED,
        "bot was kicked": ErrorKind.BLOCKED,
        "not a member": ErrorKind.BLOCKED,
        "user not participant": ErrorKind.BLOCKED,
        "can't initiate conversation": ErrorKind.BLOCKED,
        "can't send messages to": ErrorKind.BLOCKED,  # bots
        "privacy restricted": ErrorKind.BLOCKED,
        "payment required": ErrorKind.BLOCKED,
        "premium required": ErrorKind.BLOCKED,
        # Any other error of status 400 concerns this message alone, any other of 403 the chat.
    }
)

# Statuses other than 400 and 403 mostly come from a proxy. With these kinds it did not pass the
# request on; with any other words the message may have arrived.
_SURE_OF_ANY_STATUS = frozenset({ErrorKind.WAIT, ErrorKind.REFUSED})
_DEFAULT_WAIT = timedelta(seconds=5)  # if Telegram asks to wait, and does not say how long
_SECONDS = re.compile(r"(?:after|wait)\D{0,3}(\d{1,5})", re.ASCII)


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
        case InvalidToken() | EndPointNotFound():
            return ErrorKind.STOP
        case NotSent():
            return ErrorKind.NOT_SENT
    described = _find_described(error)
    match error:
        case Forbidden():
            return described or ErrorKind.BLOCKED
        case BadRequest():
            return described or ErrorKind.REFUSED
        case _ if described in _SURE_OF_ANY_STATUS:
            return described
        case _:
            return ErrorKind.UNSURE


def _find_described(error: TelegramError) -> ErrorKind | None:
    """Return the kind of the first known description that an error contains."""
    folded = _fold_description(error)
    return next((kind for part, kind in DESCRIPTIONS.items() if part in folded), None)


def _fold_description(error: TelegramError) -> str:
    return (
        error.message.replace("_", " ").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold()
    )


def get_retry_after(error: TelegramError) -> timedelta:
    """Return how long Telegram asks to wait: at least a second; zero for errors of other kinds."""
    if isinstance(error, RetryAfter):
        wait = error.retry_after
        if not isinstance(wait, timedelta):
            wait = timedelta(seconds=wait)
        return max(wait, timedelta(seconds=1))
    if classify_error(error) is not ErrorKind.WAIT:
        return timedelta()
    named = _SECONDS.search(_fold_description(error))
    return max(timedelta(seconds=int(named[1])), timedelta(seconds=1)) if named else _DEFAULT_WAIT
