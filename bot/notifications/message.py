"""A message on its way to the outbox: to whom, of what kind, and how long it is of use.

Only this package makes messages of the outbox. It makes their deduplication keys too. A key is
compared as a whole and never parsed: what is needed later is a column of the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage import outbox
from storage.outbox import OutboxMessage, Priority

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.core.screen import Screen
    from bot.core.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Addressee:
    """A chat that a message goes to.

    Of a resident `chat_id` is a pseudonym and `sealed` the encrypted chat id. `thread_id` is a
    topic of a group. Nothing is sent before `not_before`, the end of a resident's quiet hours.
    """

    chat_id: int
    language: str
    sealed: str | None = None
    thread_id: int | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of a `kind`, which is of use until `expires_at`.

    A message that is not `critical` is not sent again if an attempt may have arrived. The ids say
    what it is about. `edits` is the id of the sent message that it replaces. `start_version` is
    that of the forum's start which a reminder is about.
    """

    kind: str
    screen: Screen
    expires_at: datetime
    priority: Priority
    critical: bool = True
    edits: int | None = None
    submission_id: int | None = None
    forum_id: int | None = None
    start_version: int | None = None
    announcement_id: int | None = None


def make_key(kind: str, *parts: object) -> str:
    """Return a deduplication key. Of all messages with one key the first is sent.

    `parts` name the recipient and the occasion; empty ones are left out.
    """
    return ":".join((kind, *(str(part) for part in parts if part != "")))


async def send_message(
    work: UnitOfWork, message: Message, recipients: Iterable[tuple[Addressee, str]]
) -> None:
    """Put one message into the outbox for several recipients, each with its deduplication key."""
    screen = message.screen.to_json()  # Once: an announcement has thousands of recipients.
    rows = [_make_row(message, screen, recipient, key) for recipient, key in recipients]
    await outbox.enqueue_messages(work.connection, rows, work.now)


async def send_messages(
    work: UnitOfWork, messages: Iterable[tuple[Message, Addressee, str]]
) -> None:
    """Put several messages into the outbox, each with its recipient and its deduplication key."""
    rows = [
        _make_row(message, message.screen.to_json(), recipient, key)
        for message, recipient, key in messages
    ]
    await outbox.enqueue_messages(work.connection, rows, work.now)


def _make_row(
    message: Message, screen: dict[str, Any], recipient: Addressee, key: str
) -> OutboxMessage:
    return OutboxMessage(
        dedup_key=key,
        kind=message.kind,
        chat_id=recipient.chat_id,
        sealed=recipient.sealed,
        thread_id=recipient.thread_id,
        language=recipient.language,
        not_before=recipient.not_before,
        screen=screen,
        expires_at=message.expires_at,
        priority=message.priority,
        critical=message.critical,
        edits=message.edits,
        submission_id=message.submission_id,
        forum_id=message.forum_id,
        start_version=message.start_version,
        announcement_id=message.announcement_id,
    )
