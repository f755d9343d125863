"""Tables of delivery: outbox, recipients, rate limit, failed updates, subjects of messages."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, String, Text
from sqlmodel import Field, SQLModel

from storage.models.columns import (
    auto_id,
    chat_id_column,
    enum_column,
    json_column,
    partial_index,
    time_column,
)


class OutboxState(StrEnum):
    """The state of a message. The last four are final.

    Rows for a blocked chat stay `waiting`; their `next_at` is far in the future.
    """

    WAITING = "waiting"  # for its time or for a worker
    SENDING = "sending"  # claimed by a worker
    SENT = "sent"
    MAYBE_SENT = "maybe_sent"  # not critical, and an attempt may have succeeded
    DEAD = "dead"  # cannot be sent; `error` says why
    EXPIRED = "expired"  # cancelled, or not sent before `expires_at`


class Outbox(SQLModel, table=True):
    """A message to be sent, written in the transaction of its cause.

    - `dedup_key`: one row per key. It is compared as a whole and never parsed.
    - `kind`: the type of message, such as "alert" or "receipt". None in rows from before migration
      0008 whose key does not show it.
    - `submission_id`: the submission that the message is about.
    - `forum_id`: the forum that the message is about. Announcements have `announcement_id` instead.
    - `start_version`: of a reminder, the `Forum.start_version` that it was made for.
    - `chat_id`: for a resident a pseudonym, and for every direct reply that of its chat; `sealed`
      is then the encrypted chat id. Rows to officers and groups have the chat id of Telegram.
    - `thread_id`: the topic of a group that the message goes to.
    - `edits`: the id of the sent message that this one replaces.
    - `priority`: of `storage.outbox.Priority`; a smaller number is sent earlier.
    - `critical`: True if two copies are better than none. It is sent again if nobody knows whether
      it arrived.
    - `screen`: the message as JSON. If `sealed` is set, it is {"sealed": the sealed JSON}.
    - `repeated`: True if an earlier attempt may have succeeded.
    - `attempt`: how often the row was claimed.
    - `owner`, `lease_until`: the id of the worker that claimed the row, and until when it may send.
    - `next_at`: the earliest time of the next attempt.
    - `expires_at`: the message is not sent after this time.
    - `finished_at`: when the row reached a final state. If `sealed` is set, only the day: messages
      to one person may be sent at one moment.
    - `message_id`: Telegram's id of the sent message. If `sealed` is set, it is None, and
      `sealed_message` has it sealed: Telegram's ids show what was sent at one moment.
    """

    __table_args__ = (
        partial_index(
            "ix_outbox_announcement", "announcement_id IS NOT NULL", "announcement_id", "state"
        ),
        partial_index("ix_outbox_chat_open", "finished_at IS NULL", "chat_id", "id"),
        partial_index("ix_outbox_ready", "state = 'waiting'", "priority", "next_at", "id"),
        partial_index("ix_outbox_expiry", "state = 'waiting'", "expires_at"),
        partial_index("ix_outbox_lease", "state = 'sending'", "lease_until"),
        partial_index("ix_outbox_message", "message_id IS NOT NULL", "message_id", "chat_id"),
        partial_index("ix_outbox_sealed_message", "sealed_message IS NOT NULL", "chat_id", "id"),
        partial_index("ix_outbox_finished", "finished_at IS NOT NULL", "finished_at", "id"),
        partial_index("ix_outbox_submission", "submission_id IS NOT NULL", "submission_id", "kind"),
        partial_index(
            "ix_outbox_reminder",
            "start_version IS NOT NULL AND finished_at IS NULL",
            "forum_id",
            "start_version",
        ),
    )

    id: int = auto_id()
    dedup_key: str = Field(sa_type=String(128), unique=True)
    chat_id: int = chat_id_column()
    sealed: str | None = Field(default=None, sa_type=Text)
    priority: int
    critical: bool
    language: str = Field(sa_type=String(8))
    screen: dict[str, Any] = json_column()
    state: OutboxState = enum_column(OutboxState)
    repeated: bool = False
    attempt: int = 0
    owner: str | None = Field(default=None, sa_type=String(64))
    lease_until: datetime | None = time_column(nullable=True)
    next_at: datetime = time_column()
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    sealed_message: str | None = Field(default=None, sa_type=Text)
    thread_id: int | None = Field(default=None, sa_type=BigInteger)
    edits: int | None = Field(default=None, sa_type=BigInteger)
    announcement_id: int | None = Field(default=None, sa_type=BigInteger)
    kind: str | None = Field(default=None, sa_type=String(64))
    submission_id: int | None = Field(default=None, sa_type=BigInteger)
    forum_id: int | None = Field(default=None, sa_type=BigInteger)
    start_version: int | None = None
    error: str | None = Field(default=None, sa_type=String(256))


class Recipient(SQLModel, table=True):
    """The state of a chat that gets messages of the outbox.

    - `chat_id`: for a resident a pseudonym.
    - `next_at`: the earliest time of the next message; None for now.
    - `blocked_at`: the day since when the chat blocks the bot; None if it does not. Only of the
      number that a message was refused for: the same time under two numbers would connect them.
    """

    __table_args__ = ({"sqlite_with_rowid": False},)

    chat_id: int = chat_id_column(primary_key=True)
    next_at: datetime | None = time_column(nullable=True)
    blocked_at: datetime | None = time_column(nullable=True)


class Pace(SQLModel, table=True):
    """The shared rate limit, in one row with the scope `everyone`.

    - `next_free`, `number`: the time and the number of the next free slot. A slot is a time at
      which one message may be sent.
    - `owner`, `held_until`: the id of the worker that may claim slots, and until when.
    """

    scope: str = Field(sa_type=String(32), primary_key=True)
    next_free: datetime = time_column()
    number: int = Field(sa_type=BigInteger)
    owner: str | None = Field(default=None, sa_type=String(64))
    held_until: datetime = time_column()


class Hold(SQLModel, table=True):
    """A row exists while this database is held: it is a restored copy, and no bot may run on it.

    - `id`: always 1.
    - `since`: when it was held.
    """

    id: int = Field(default=1, primary_key=True)
    since: datetime = time_column()


class Alarm(SQLModel, table=True):
    """A row exists while something needs the operator and officers of the city were told of it.

    - `name`: what it is, such as "store".
    - `since`: when they were told.
    """

    name: str = Field(sa_type=String(32), primary_key=True)
    since: datetime = time_column()


class MessageSubject(SQLModel, table=True):
    """The subject of a message of a private chat: of the bot's own, or of an answer that was given.

    - `key`: a number that only the holder of the key can compute, from the chat and the message id.
      So no row leads to a person, and rows of one chat are not connected.
    - `sealed`: the encrypted chat and message id, from which the key is computed anew under another
      secret key. None in rows from before 0018.
    - `flow`: the conversation that the message was written in, or "case", "mine", "forum" or
      "plan" for the bot's view of one.
    - `subject`: the code of the submission or of the forum; empty without one.
    - `text`: the present version of what a person wrote; None where the words are not kept.
    - `at`: the month in which the row was written last: people look at two opinions on one day.
    """

    __tablename__ = "message_subject"
    # The hidden number of a row would show which messages were sent one after the other.
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    sealed: str | None = Field(default=None, sa_type=Text)
    flow: str = Field(sa_type=String(32))
    subject: str = Field(sa_type=String(32), index=True)
    text: str | None = Field(default=None, sa_type=Text)
    at: datetime = time_column()


class FailedUpdate(SQLModel, table=True):
    """An update whose processing failed, kept as raw JSON for the operator.

    - `update_id`: Telegram's id of the update; None if the update cannot be parsed.
    - `at`: the hour in which it failed. The log has the exact time, with the number of the update.
    - `error`: the name of the exception's class.
    - `raw`: sealed JSON: "error", the exception as text, and "update", the update as text.
    - `alias`: the pseudonym of its chat. None if the update has no chat.
    """

    __tablename__ = "failed_update"

    id: int = auto_id()
    update_id: int | None = Field(default=None, sa_type=BigInteger)
    at: datetime = time_column()
    error: str = Field(sa_type=Text)
    raw: str = Field(sa_type=Text)
    alias: int | None = Field(default=None, sa_type=BigInteger)
