"""The outbox: enqueued with its cause, claimed under a lease, finished behind a fence.

The design and the promise are in docs/decisions/0003-outbox.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    String,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import aliased

from storage.models import Outbox, OutboxState, Pace, Recipient
from storage.rows import insert_into, many, table
from storage.types import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows, _recipients, _paces = table(Outbox), table(Recipient), table(Pace)
_EVERYONE = "everyone"


class Priority:
    """Which rows go first when not all can; smaller is sooner."""

    REPLY = 0
    ASSIGNMENT = 10
    REMINDER = 20
    ANNOUNCEMENT = 30


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be sent: `dedup_key` names cause, recipient and kind, and is sent once.

    For a resident `chat_id` is a pseudonym, and `sealed` the chat behind it. A `critical` message
    is sent again when it may not have arrived; another waits for review. One that `edits` a message
    changes it instead of sending a new one.
    """

    dedup_key: str
    chat_id: int
    priority: int
    language: str
    screen: dict[str, Any]
    expires_at: datetime
    critical: bool = True
    not_before: datetime | None = None
    sealed: str | None = None
    thread_id: int | None = None
    edits: int | None = None
    announcement_id: int | None = None


@dataclass(frozen=True, slots=True)
class Pacing:
    """The least seconds between two messages: to anybody, to one private chat, to one group."""

    everyone: float
    private: float
    group: float

    def of(self, chat_id: int) -> timedelta:
        """The pause after a message to this chat; groups have negative ids."""
        return timedelta(seconds=self.group if chat_id < 0 else self.private)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed row and the moment at which it may be sent."""

    row: Outbox
    slot: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claimed row: its state, and when it is to be tried again."""

    row_id: int
    attempt: int
    state: OutboxState
    next_at: datetime
    finished_at: datetime | None = None
    repeated: bool = False
    message_id: int | None = None
    error: str | None = None


async def enqueue(connection: AsyncConnection, messages: Sequence[Message], now: datetime) -> None:
    """Put messages on their way with the transaction that causes them; a known key is left as is"""
    if not messages:
        return
    values = [
        {
            "dedup_key": message.dedup_key,
            "chat_id": message.chat_id,
            "sealed": message.sealed,
            "priority": message.priority,
            "critical": message.critical,
            "language": message.language,
            "screen": message.screen,
            "state": OutboxState.WAITING,
            "repeated": False,
            "attempt": 0,
            "next_at": message.not_before or now,
            "created_at": now,
            "expires_at": message.expires_at,
            "thread_id": message.thread_id,
            "edits": message.edits,
            "announcement_id": message.announcement_id,
        }
        for message in messages
    ]
    await connection.execute(_enqueue(connection.dialect.name), values)


@cache
def _enqueue(dialect_name: str) -> Any:
    statement = insert_into(Outbox, dialect_name)
    return statement.on_conflict_do_nothing(index_elements=["dedup_key"])


async def count_anew(connection: AsyncConnection) -> None:
    """Let PostgreSQL look at how many rows there are now.

    Measured: as long as it believes in a few, it sorts all that wait for every chunk that is
    claimed, 110 ms instead of 5 for 50,000. Its own vacuum looks at a full table much later.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(text("ANALYZE outbox, recipient"))


async def claim(
    connection: AsyncConnection,
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    pacing: Pacing,
    most: int,
    horizon: timedelta = timedelta(seconds=1),
) -> list[Claimed]:
    """Take rows that may be sent within `horizon`, each with its own slot of the shared pace.

    Nobody else can take them until the lease ends. Commit before sending.
    """
    slot, room = now, most
    step = timedelta(seconds=pacing.everyone)
    if step:
        slot = max(now, await _next_free(connection, now))
        room = min(most, int((now + horizon - slot) / step) + 1)
    if room < 1:
        return []
    rows = await _take(connection, owner, now, lease, room)
    if not rows:
        return []
    claimed = [Claimed(row, slot + step * position) for position, row in enumerate(rows)]
    if step:
        await connection.execute(
            update(_paces)
            .where(_paces.c.scope == _EVERYONE)
            .values(next_free=slot + step * len(rows))
        )
    await _pace_chats(connection, claimed, pacing)
    return claimed


async def _next_free(connection: AsyncConnection, now: datetime) -> datetime:
    """The next free slot of everybody's pace, its row held until the claim is committed."""
    statement = select(_paces.c.next_free).where(_paces.c.scope == _EVERYONE).with_for_update()
    found = await connection.execute(statement)
    free: datetime | None = found.scalar_one_or_none()
    if free is None:
        await connection.execute(
            insert_into(Pace, connection.dialect.name)
            .values(scope=_EVERYONE, next_free=now)
            .on_conflict_do_nothing()
        )
        # Whoever lost the race to make the row gets the winner's slot, not `now` as well.
        made = await connection.execute(statement)
        first: datetime = made.scalar_one()
        return first
    return free


def _taking() -> Any:
    """Take the first rows that may go: of each chat the first, of all chats the most urgent."""
    earlier = aliased(_rows)
    first_of_its_chat = ~(
        select(earlier.c.id)
        .where(earlier.c.chat_id == _rows.c.chat_id, earlier.c.finished_at.is_(None))
        .where(
            or_(
                earlier.c.priority < _rows.c.priority,
                and_(earlier.c.priority == _rows.c.priority, earlier.c.id < _rows.c.id),
            )
        )
        .exists()
    )
    moment = bindparam("moment", type_=UtcDateTime())
    not_now = (
        select(_recipients.c.chat_id)
        .where(_recipients.c.chat_id == _rows.c.chat_id)
        .where(or_(_recipients.c.next_at > moment, _recipients.c.blocked_at.is_not(None)))
        .exists()
    )
    ready = (
        select(_rows.c.id)
        .where(_rows.c.state == OutboxState.WAITING)
        .where(_rows.c.next_at <= moment, _rows.c.expires_at > moment)
        .where(first_of_its_chat, ~not_now)
        .order_by(_rows.c.priority, _rows.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        # Run once: PostgreSQL may run a plain subquery again for each row, past its limit.
        .cte("ready")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return (
        update(_rows)
        .where(_rows.c.id.in_(select(ready.c.id)), _rows.c.state == OutboxState.WAITING)
        .values(
            state=OutboxState.SENDING,
            owner=bindparam("by"),
            attempt=_rows.c.attempt + 1,
            lease_until=bindparam("until"),
        )
        .returning(*_rows.c)
    )


_take_ready = _taking()


async def _take(
    connection: AsyncConnection, owner: str, now: datetime, lease: timedelta, most: int
) -> list[Outbox]:
    parameters = {"moment": now, "most": most, "by": owner, "until": now + lease}
    taken = await many(connection, Outbox, _take_ready, parameters)
    return sorted(taken, key=lambda row: (row.priority, row.id or 0))


async def _pace_chats(
    connection: AsyncConnection, claimed: Sequence[Claimed], pacing: Pacing
) -> None:
    if not (pacing.private or pacing.group):
        return
    paced = [
        {"chat_id": each.row.chat_id, "next_at": each.slot + pacing.of(each.row.chat_id)}
        for each in claimed
    ]
    await connection.execute(_pace(connection.dialect.name), paced)


@cache
def _pace(dialect_name: str) -> Any:
    statement = insert_into(Recipient, dialect_name)
    return statement.on_conflict_do_update(
        index_elements=["chat_id"], set_={"next_at": statement.excluded.next_at}
    )


_ONE = {
    "of_row": BigInteger, "of_attempt": Integer, "state": String, "next_at": UtcDateTime,
    "finished_at": UtcDateTime, "repeated": Boolean, "message_id": BigInteger, "error": String,
}  # fmt: skip
_written = tuple(name for name in _ONE if not name.startswith("of_"))


@cache
def _finishing(count: int) -> Any:
    """Write so many outcomes in one statement, each only while its claim still holds."""
    rows = [
        select(*(bindparam(f"became_{name}_{number}", type_=kind()).label(name)
                 for name, kind in _ONE.items()))
        for number in range(count)
    ]  # fmt: skip
    became = (union_all(*rows) if count > 1 else rows[0]).subquery("became")
    return (
        update(_rows)
        .where(_rows.c.id == became.c.of_row, _rows.c.state == OutboxState.SENDING)
        .where(_rows.c.owner == bindparam("of_owner"), _rows.c.attempt == became.c.of_attempt)
        .values(owner=None, lease_until=None, **{name: became.c[name] for name in _written})
    )


_AT_ONCE = 50  # outcomes in one statement


async def finish(connection: AsyncConnection, owner: str, outcomes: Sequence[Outcome]) -> int:
    """Write what became of rows; how many were still this owner's to finish.

    A row whose lease ended and that another one claimed since is left to that one.
    """
    finished = 0
    for begin in range(0, len(outcomes), _AT_ONCE):
        some = outcomes[begin : begin + _AT_ONCE]
        parameters: dict[str, Any] = {"of_owner": owner}
        for number, outcome in enumerate(some):
            parameters[f"became_of_row_{number}"] = outcome.row_id
            parameters[f"became_of_attempt_{number}"] = outcome.attempt
            for name in _written:
                parameters[f"became_{name}_{number}"] = getattr(outcome, name)
        result = await connection.execute(_finishing(len(some)), parameters)
        finished += result.rowcount
    return finished


async def sweep(connection: AsyncConnection, now: datetime) -> dict[str, int]:
    """Free rows whose lease ended, and close those whose time is over; how many of each.

    A row whose sender vanished may have been sent: a critical one is sent again and says so,
    another is left for a person to review.
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


def _due() -> Any:
    paced = _recipients.c.next_at > _rows.c.next_at
    ready_at = case((paced, _recipients.c.next_at), else_=_rows.c.next_at)
    return (
        select(func.min(ready_at, type_=UtcDateTime()))
        .select_from(_rows)
        .outerjoin(_recipients, _recipients.c.chat_id == _rows.c.chat_id)
        .where(_rows.c.state == OutboxState.WAITING, _recipients.c.blocked_at.is_(None))
    )


_next_due = _due()


async def next_due(connection: AsyncConnection) -> datetime | None:
    """The earliest moment at which a waiting row may be ready; None when nothing waits."""
    found = await connection.execute(_next_due)
    due: datetime | None = found.scalar_one_or_none()
    return due


async def set_blocked(
    connection: AsyncConnection, chat_ids: Sequence[int], at: datetime | None
) -> None:
    """Say since when chats cannot be written to; None when they can again."""
    await connection.execute(
        insert_into(Recipient, connection.dialect.name)
        .values([{"chat_id": chat_id, "blocked_at": at} for chat_id in chat_ids])
        .on_conflict_do_update(index_elements=["chat_id"], set_={"blocked_at": at})
    )


async def hold_back(connection: AsyncConnection, chat_id: int | None, until: datetime) -> None:
    """Telegram said how long to wait: for one chat, or for everybody."""
    if chat_id is None:
        await connection.execute(
            update(_paces).where(_paces.c.next_free < until).values(next_free=until)
        )
    else:
        await connection.execute(
            update(_recipients).where(_recipients.c.chat_id == chat_id).values(next_at=until)
        )


async def move_chat(connection: AsyncConnection, old_chat_id: int, new_chat_id: int) -> None:
    """A group became a supergroup: what waits for it waits for the new one."""
    await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id == old_chat_id, _rows.c.finished_at.is_(None))
        .values(chat_id=new_chat_id)
    )


async def leave_topic(connection: AsyncConnection, chat_id: int) -> None:
    """A group's topic is gone: what waits for it goes to the group itself."""
    await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id == chat_id, _rows.c.finished_at.is_(None))
        .values(thread_id=None)
    )


async def by_keys(connection: AsyncConnection, keys: Sequence[str]) -> Sequence[Outbox]:
    """The messages with these keys."""
    return await many(connection, Outbox, select(_rows).where(_rows.c.dedup_key.in_(keys)))


async def close_waiting(connection: AsyncConnection, keys: Sequence[str], now: datetime) -> None:
    """Send no more of these what has not gone yet: nobody needs it any more."""
    await connection.execute(
        update(_rows)
        .where(_rows.c.dedup_key.in_(keys), _rows.c.state == OutboxState.WAITING)
        .values(state=OutboxState.EXPIRED, finished_at=now, error="not needed any more")
    )


async def close_chat(connection: AsyncConnection, chat_id: int, now: datetime) -> None:
    """Send nothing more of what waits for a chat: it is there no more."""
    await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id == chat_id, _rows.c.state == OutboxState.WAITING)
        .values(state=OutboxState.EXPIRED, finished_at=now, error="the chat is gone")
    )


async def unsent_to(connection: AsyncConnection, chat_id: int, prefix: str) -> list[str]:
    """The keys with a prefix of what has not been sent to a chat."""
    statement = (
        select(_rows.c.dedup_key)
        .where(_rows.c.chat_id == chat_id, _rows.c.finished_at.is_(None))
        .where(_rows.c.dedup_key.startswith(prefix, autoescape=True))
    )
    return list((await connection.execute(statement)).scalars())


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many rows are in each state."""
    statement = select(_rows.c.state, func.count()).group_by(_rows.c.state)
    found = {row[0].value: row[1] for row in (await connection.execute(statement)).all()}
    return {state.value: found.get(state.value, 0) for state in OutboxState}


async def oldest_waiting(connection: AsyncConnection, now: datetime) -> timedelta:
    """How long the oldest row that should have gone has been waiting; blocked chats not counted."""
    statement = (
        select(func.min(_rows.c.next_at))
        .outerjoin(_recipients, _recipients.c.chat_id == _rows.c.chat_id)
        .where(_rows.c.state == OutboxState.WAITING, _recipients.c.blocked_at.is_(None))
    )
    oldest: datetime | None = (await connection.execute(statement)).scalar_one_or_none()
    return max(now - oldest, timedelta()) if oldest else timedelta()
