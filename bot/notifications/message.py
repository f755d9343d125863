"""Messages and their recipients, and functions that put them into the outbox.

Only this package puts messages into the outbox and makes their deduplication keys. A key is
compared as a whole and never parsed. Facts that are needed later have a column of the outbox.
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

    - `chat_id`: for a resident a pseudonym.
    - `language`: the code of the language to write in, such as "vi".
    - `encrypted_chat_id`: of a resident; None for any other chat.
    - `thread_id`: the topic of a group; None for the group itself.
    - `not_before`: the message is not sent before this time, the end of a resident's quiet hours.
      None: it is sent now.
    """

    chat_id: int
    language: str
    encrypted_chat_id: str | None = None
    thread_id: int | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message to send, without its recipient.

    - `kind`: the type of message, such as "alert" or "receipt".
    - `expires_at`: the message is not sent after this time.
    - `critical`: True if two copies are better than none. The message is sent again if nobody
      knows whether it arrived.
    - `edits`: Telegram's id of the sent message that this one replaces; None for a new message.
    - `submission_id`, `forum_id`, `announcement_id`: what the message is about.
    - `start_version`: of a reminder, the `Forum.start_version` that it was made for.
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
    """Return a deduplication key. Of all messages with one key only the first is sent.

    `parts` identify the recipient and the occasion; empty strings are left out.
    """
    return ":".join((kind, *(str(part) for part in parts if part != "")))


async def send_message(
    work: UnitOfWork, message: Message, recipients: Iterable[tuple[Addressee, str]]
) -> None:
    """Put one message into the outbox, once for each pair of recipient and deduplication key."""
    screen = message.screen.to_json()  # Once: an announcement has thousands of recipients.
    rows = [_make_row(work, message, screen, recipient, key) for recipient, key in recipients]
    await outbox.enqueue_messages(work.connection, await _drop_known(work, rows), work.now)


async def send_messages(
    work: UnitOfWork, messages: Iterable[tuple[Message, Addressee, str]]
) -> None:
    """Put messages into the outbox, each with its own recipient and deduplication key."""
    rows = [
        _make_row(work, message, message.screen.to_json(), recipient, key)
        for message, recipient, key in messages
    ]
    await outbox.enqueue_messages(work.connection, await _drop_known(work, rows), work.now)


async def _drop_known(work: UnitOfWork, rows: list[OutboxMessage]) -> list[OutboxMessage]:
    """Drop messages that their recipient has already under the pseudonym of another key.

    A deduplication key may contain the pseudonym of the recipient, and `keys rotate` changes it.
    """
    if work.policy.cipher.key_count == 1:
        return rows
    forms = {row.dedup_key: _list_key_forms(work, row, row.dedup_key) for row in rows}
    wanted = list(set().union(*forms.values()))
    known = {row.dedup_key for row in await outbox.list_by_keys(work.connection, wanted)}
    unknown = [row for row in rows if not forms[row.dedup_key] & known]
    # Of one person's keys in these rows, the first one counts.
    return list({min(forms[row.dedup_key]): row for row in reversed(unknown)}.values())[::-1]


def _list_key_forms(work: UnitOfWork, row: OutboxMessage, key: str) -> set[str]:
    """Return a deduplication key in the form that it has under each key of the settings."""
    own = str(row.chat_id)
    if not row.encrypted_chat_id or own not in key:
        return {key}
    pseudonyms = work.policy.pseudonyms
    known = pseudonyms.map_pseudonyms(pseudonyms.decrypt_chat_id(row.encrypted_chat_id))
    present = known.get(row.chat_id, (0, row.chat_id))[1]
    same = [each for each, (_, other) in known.items() if other == present]
    return {key, *(key.replace(own, str(each)) for each in same)}


def _make_row(
    work: UnitOfWork, message: Message, screen: dict[str, Any], recipient: Addressee, key: str
) -> OutboxMessage:
    if recipient.encrypted_chat_id is not None:
        screen = work.policy.pseudonyms.seal_screen(screen)
    return OutboxMessage(
        dedup_key=key,
        kind=message.kind,
        chat_id=recipient.chat_id,
        encrypted_chat_id=recipient.encrypted_chat_id,
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
