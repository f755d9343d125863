"""The outbox: messages that are enqueued by the transaction of their cause.

`storage.outbox_claims` has the statements of the workers that send them. The design and its
guarantees are in docs/decisions/0003-outbox.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    and_,
    case,
    func,
    select,
    text,
    update,
)

from storage.models import Outbox, OutboxState, Pace, Recipient
from storage.rounding import round_to_day
from storage.statements import fetch_all, fetch_one, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Update
    from sqlalchemy.ext.asyncio import AsyncConnection

_rows, _recipients, _paces = table(Outbox), table(Recipient), table(Pace)

# `Outbox.kind` of a row that takes back the message `edits`: it is deleted if Telegram allows that,
# else its text is replaced by the row's.
RETRACTION_KIND = "retraction"
REPLY_KIND = "reply"  # `Outbox.kind` of direct replies

# The `next_at` of messages to a chat that blocks the bot. No worker claims them.
PARKED = datetime(9999, 1, 1, tzinfo=UTC)


class Priority(IntEnum):
    """The order of sending if many messages are due; a smaller number is sent earlier."""

    REPLY = 0
    ASSIGNMENT = 10
    REMINDER = 20
    ANNOUNCEMENT = 30


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message to enqueue; of all messages with one `dedup_key` only the first is kept.

    - `encrypted_chat_id`: for a resident, whose `chat_id` is a pseudonym. None for any other chat.
    - `screen`: the message as JSON.
    - `critical`: True if the message is sent again after an attempt that may have succeeded. False
      if it is then left for an operator to review.
    - `not_before`: the earliest time of sending; None for now.
    - `edits`: the id of the sent message that this one replaces; None for a new message.
    - `repeated`: True if the message may have been sent before, without the outbox.

    The other fields are described at `storage.models.Outbox`.
    """

    dedup_key: str
    kind: str
    chat_id: int
    priority: Priority
    language: str
    screen: dict[str, Any]
    expires_at: datetime
    critical: bool = True
    not_before: datetime | None = None
    encrypted_chat_id: str | None = None
    thread_id: int | None = None
    edits: int | None = None
    announcement_id: int | None = None
    submission_id: int | None = None
    forum_id: int | None = None
    start_version: int | None = None
    repeated: bool = False


async def enqueue_messages(
    connection: AsyncConnection, messages: Sequence[OutboxMessage], now: datetime
) -> None:
    """Enqueue messages. One whose dedup key is known already is ignored."""
    if not messages:
        return
    values = [
        {
            "dedup_key": message.dedup_key,
            "chat_id": message.chat_id,
            "sealed": message.encrypted_chat_id,
            "priority": message.priority,
            "critical": message.critical,
            "language": message.language,
            "screen": message.screen,
            "state": OutboxState.WAITING,
            "repeated": message.repeated,
            "attempt": 0,
            "next_at": message.not_before or now,
            "created_at": now,
            "expires_at": message.expires_at,
            "thread_id": message.thread_id,
            "edits": message.edits,
            "announcement_id": message.announcement_id,
            "kind": message.kind,
            "submission_id": message.submission_id,
            "forum_id": message.forum_id,
            "start_version": message.start_version,
        }
        for message in messages
    ]
    await connection.execute(_enqueue(connection.dialect.name), values)


@cache
def _enqueue(dialect_name: str) -> Any:
    statement = insert_into(Outbox, dialect_name)
    return statement.on_conflict_do_nothing(index_elements=["dedup_key"])


async def refresh_statistics(connection: AsyncConnection) -> None:
    """Run ANALYZE on PostgreSQL, so that its planner knows how many rows wait. No-op on SQLite.

    Measured: with old statistics, which say that there are few rows, PostgreSQL sorts all waiting
    rows for every claim: 110 ms instead of 5 ms for 50,000 rows. Its autovacuum comes much later.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(text("ANALYZE outbox, recipient"))


async def sweep_outbox(connection: AsyncConnection, now: datetime) -> dict[str, int]:
    """Release rows whose lease ended, and expire waiting rows after their `expires_at`.

    Return the numbers of both under the keys "freed" and "expired".

    A row whose lease ended may have been sent. A critical row is sent again and marked as
    repeated. Any other gets the state `maybe_sent`, for an operator to review.
    """
    lost = and_(_rows.c.state == OutboxState.SENDING, _rows.c.lease_until <= now)
    freed = await connection.execute(
        update(_rows)
        .where(lost)
        .values(
            state=case(
                (_rows.c.critical.is_(True), OutboxState.WAITING.value),
                else_=OutboxState.MAYBE_SENT.value,
            ),
            finished_at=case((_rows.c.critical.is_(True), None), else_=now),
            repeated=True,
            owner=None,
            lease_until=None,
            error="the sender vanished",
        )
    )
    expired = await connection.execute(
        update(_rows)
        .where(_rows.c.state == OutboxState.WAITING, _rows.c.expires_at <= now)
        .values(state=OutboxState.EXPIRED, finished_at=now)
    )
    return {"freed": freed.rowcount, "expired": expired.rowcount}


async def block_chats(connection: AsyncConnection, chat_ids: Sequence[int], now: datetime) -> None:
    """Mark chats as blocking the bot, and park the messages that wait for them.

    `chat_ids` are the numbers that their messages are stored under. Only the day is stored.
    """
    marked = [{"chat_id": chat_id, "blocked_at": round_to_day(now)} for chat_id in chat_ids]
    statement = insert_into(Recipient, connection.dialect.name).values(marked)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["chat_id"], set_={"blocked_at": statement.excluded.blocked_at}
        )
    )
    await park_messages(connection, chat_ids)


async def unblock_chats(connection: AsyncConnection, chat_ids: Sequence[int]) -> None:
    """Mark chats as reachable, and make their parked messages due.

    Each gets the time at which it was written: one time for all would connect the numbers of a
    person.
    """
    await connection.execute(
        update(_recipients)
        .where(_recipients.c.chat_id.in_(chat_ids), _recipients.c.blocked_at.is_not(None))
        .values(blocked_at=None)
    )
    await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id.in_(chat_ids), _rows.c.state == OutboxState.WAITING)
        .where(_rows.c.next_at == PARKED)
        .values(next_at=_rows.c.created_at)
    )


async def is_any_blocked(connection: AsyncConnection, chat_ids: Sequence[int]) -> bool:
    """Return True if one of the chats is marked as blocked."""
    statement = select(_recipients.c.chat_id).where(
        _recipients.c.chat_id.in_(chat_ids), _recipients.c.blocked_at.is_not(None)
    )
    return (await connection.execute(statement.limit(1))).first() is not None


async def park_messages(connection: AsyncConnection, chat_ids: Sequence[int]) -> None:
    """Park the waiting messages of those chats that block the bot.

    A parked message has the `next_at` PARKED. Without parking, every claim would read these rows
    again, which is slow if there are many.
    """
    blocked = select(_recipients.c.chat_id).where(
        _recipients.c.chat_id.in_(chat_ids), _recipients.c.blocked_at.is_not(None)
    )
    await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id.in_(blocked), _rows.c.state == OutboxState.WAITING)
        .values(next_at=PARKED)
    )


async def delay_messages(connection: AsyncConnection, chat_id: int | None, until: datetime) -> None:
    """Delay the messages to one chat, or to all chats (None), until a time that Telegram named."""
    if chat_id is None:
        await connection.execute(
            update(_paces).where(_paces.c.next_free < until).values(next_free=until)
        )
    else:
        await connection.execute(
            update(_recipients).where(_recipients.c.chat_id == chat_id).values(next_at=until)
        )


async def move_messages(connection: AsyncConnection, old_chat_id: int, new_chat_id: int) -> None:
    """Move the unfinished messages of a group to the supergroup that it became."""
    await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id == old_chat_id, _rows.c.finished_at.is_(None))
        .values(chat_id=new_chat_id)
    )


async def clear_topic(connection: AsyncConnection, chat_id: int, thread_id: int) -> None:
    """Send the unfinished messages of a topic to the group itself: the topic is closed or gone."""
    await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id == chat_id, _rows.c.thread_id == thread_id)
        .where(_rows.c.finished_at.is_(None))
        .values(thread_id=None)
    )


async def list_sealed_messages(
    connection: AsyncConnection, chat_ids: Sequence[int], max_rows: int
) -> Sequence[Outbox]:
    """Return messages that were sent to a resident, newest first. `chat_ids` are pseudonyms."""
    statement = (
        select(_rows)
        .where(_rows.c.sealed_message.is_not(None), _rows.c.chat_id.in_(chat_ids))
        .order_by(_rows.c.id.desc())
        .limit(max_rows)
    )
    return await fetch_all(connection, Outbox, statement)


async def find_sent_message(
    connection: AsyncConnection, chat_id: int, message_id: int
) -> Outbox | None:
    """Return the row that was sent as a message of an officer, the newest one if it was edited."""
    statement = (
        select(_rows)
        .where(_rows.c.message_id == message_id, _rows.c.chat_id == chat_id)
        .order_by(_rows.c.id.desc())
        .limit(1)
    )
    return await fetch_one(connection, Outbox, statement)


async def list_by_keys(connection: AsyncConnection, keys: Sequence[str]) -> Sequence[Outbox]:
    """Return the messages in any state that have one of these dedup keys, in no order."""
    return await fetch_all(connection, Outbox, select(_rows).where(_rows.c.dedup_key.in_(keys)))


async def find_last_sent(connection: AsyncConnection, chat_id: int) -> int | None:
    """Return the id of the newest message that was sent to a chat; None if there is none."""
    newest = select(func.max(_rows.c.id))
    sent = newest.where(_rows.c.chat_id == chat_id, _rows.c.state == OutboxState.SENT)
    newest_id: int | None = (await connection.execute(sent)).scalar_one()
    return newest_id


async def cancel_by_keys(connection: AsyncConnection, keys: Sequence[str], now: datetime) -> None:
    """Expire the waiting messages with these dedup keys."""
    await connection.execute(_cancel(now).where(_rows.c.dedup_key.in_(keys)))


async def cancel_by_submission(
    connection: AsyncConnection, submission_id: int, kind: str, now: datetime
) -> None:
    """Expire the waiting messages of one kind about a submission."""
    about = (_rows.c.submission_id == submission_id, _rows.c.kind == kind)
    await connection.execute(_cancel(now).where(*about))


async def cancel_group_messages(
    connection: AsyncConnection, submission_id: int, kind: str, now: datetime
) -> frozenset[int]:
    """Expire the waiting messages of one kind about a submission to groups; return their chats."""
    about = (_rows.c.submission_id == submission_id, _rows.c.kind == kind, _rows.c.chat_id < 0)
    cancelled = await connection.execute(_cancel(now).where(*about).returning(_rows.c.chat_id))
    return frozenset(cancelled.scalars())


async def readdress_messages(
    connection: AsyncConnection,
    submission_id: int,
    pseudonyms: Sequence[int],
    pseudonym: int,
    encrypted_chat_id: str,
) -> None:
    """Give all messages about a submission to some pseudonyms another one, sent messages too."""
    await connection.execute(
        update(_rows)
        .where(_rows.c.submission_id == submission_id, _rows.c.chat_id.in_(pseudonyms))
        .values(chat_id=pseudonym, sealed=encrypted_chat_id)
    )


def _cancel(now: datetime) -> Update:
    return (
        update(_rows)
        .where(_rows.c.state == OutboxState.WAITING)
        .values(state=OutboxState.EXPIRED, finished_at=now, error="not needed any more")
    )


async def cancel_chat_messages(connection: AsyncConnection, chat_id: int, now: datetime) -> None:
    """Expire the waiting messages of a chat that no longer exists."""
    await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id == chat_id, _rows.c.state == OutboxState.WAITING)
        .values(state=OutboxState.EXPIRED, finished_at=now, error="the chat is gone")
    )


async def list_by_submission(
    connection: AsyncConnection, submission_id: int, kind: str
) -> Sequence[Outbox]:
    """Return the messages of one kind about a submission, in any state, oldest first."""
    statement = (
        select(_rows)
        .where(_rows.c.submission_id == submission_id, _rows.c.kind == kind)
        .order_by(_rows.c.id)
    )
    return await fetch_all(connection, Outbox, statement)


async def list_sent_to_officers(
    connection: AsyncConnection, submission_id: int
) -> Sequence[Outbox]:
    """Return the sent messages about a submission to officers and groups, in any order."""
    statement = select(_rows).where(
        _rows.c.submission_id == submission_id,
        _rows.c.sealed.is_(None),
        _rows.c.message_id.is_not(None),
    )
    return await fetch_all(connection, Outbox, statement)


async def list_unsent_submissions(
    connection: AsyncConnection, chat_id: int, kind: str
) -> Sequence[int]:
    """Return the ids of submissions about which a message of a kind to a chat is unfinished."""
    statement = (
        select(_rows.c.submission_id)
        .where(_rows.c.chat_id == chat_id, _rows.c.finished_at.is_(None))
        .where(_rows.c.kind == kind, _rows.c.submission_id.is_not(None))
    )
    return (await connection.execute(statement)).scalars().all()


async def count_by_state(connection: AsyncConnection) -> dict[str, int]:
    """Return the number of rows in each state, by the state's value; 0 for an unused state."""
    statement = select(_rows.c.state, func.count()).group_by(_rows.c.state)
    counts = {row[0].value: row[1] for row in (await connection.execute(statement)).all()}
    return {state.value: counts.get(state.value, 0) for state in OutboxState}


async def measure_lag(connection: AsyncConnection, now: datetime) -> timedelta:
    """Return how long the oldest due row has been due; zero if none is. Skip blocked chats."""
    statement = (
        select(func.min(_rows.c.next_at))
        .outerjoin(_recipients, _recipients.c.chat_id == _rows.c.chat_id)
        .where(_rows.c.state == OutboxState.WAITING, _recipients.c.blocked_at.is_(None))
    )
    oldest: datetime | None = (await connection.execute(statement)).scalar_one_or_none()
    return max(now - oldest, timedelta()) if oldest else timedelta()
