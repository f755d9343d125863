"""Claims: a worker takes due rows of the outbox under a lease.

Each claimed row gets a slot: the moment at which the rate limit allows to send it.

`storage.delivery_results` writes the results. The design and its guarantees are in
docs/decisions/0003-outbox.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import (
    Text,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import aliased

from storage.models import Outbox, OutboxState, Pace, Recipient
from storage.outbox import Priority
from storage.statements import fetch_one, insert_into, table
from storage.types import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows, _recipients, _paces = table(Outbox), table(Recipient), table(Pace)
_EVERYONE = "everyone"  # the scope of the rate limit of all chats together


# How late a message may be sent in its slot. Afterwards another worker may own the pace.
SLOT_GRACE = timedelta(seconds=0.5)
# The longest pause before a failed message is tried again. A message with a longer pause does not
# hold back the later ones of its chat.
LONGEST_BACKOFF = timedelta(minutes=10)
# How far ahead of its slot an alert or a receipt is claimed while direct replies take all slots.
_LONGEST_QUEUE = timedelta(seconds=5)
_SPARE = 1.002  # slots are spread a little, because the network delays some messages


@dataclass(frozen=True, slots=True)
class Pacing:
    """The rate limit.

    - `messages_per_second`: to all chats together; 0 is no limit.
    - `private_pause`, `group_pause`: seconds between two messages to one private chat or one
      group; 0 is no pause.
    """

    messages_per_second: float
    private_pause: float
    group_pause: float

    @property
    def slot_interval(self) -> timedelta:
        """Return the time between two slots, zero without a limit."""
        limit = self.messages_per_second
        return timedelta(seconds=_SPARE / limit) if limit else timedelta()

    def get_pause(self, chat_id: int) -> timedelta:
        """Return the pause after a message to a chat. Groups have negative ids."""
        return timedelta(seconds=self.group_pause if chat_id < 0 else self.private_pause)

    def compute_next_time(self, claimed: Sequence[ClaimedMessage]) -> datetime | None:
        """Return the earliest time at which a chat of `claimed` may get its next message.

        Return None without pauses.
        """
        pauses = [(each.send_at, self.get_pause(each.row.chat_id)) for each in claimed]
        return min((send_at + pause for send_at, pause in pauses if pause), default=None)


class DueMessage(Protocol):
    """The columns of `storage.models.Outbox` that a worker needs to send a due row.

    - `chat_id`: for a resident a pseudonym.
    - `sealed`: the encrypted chat id of a resident; None for any other chat.
    - `kind`: the type of message.
    - `edits`: the id of the message that this one edits; None for a new message.
    - `critical`: True if it is sent again after an attempt that may have succeeded.
    - `screen`: the stored JSON as text.
    - `repeated`: True if an earlier attempt may have succeeded.
    - `attempt`: how often the row was claimed, including this time.
    """

    id: int
    dedup_key: str
    chat_id: int
    sealed: str | None
    kind: str | None
    thread_id: int | None
    edits: int | None
    priority: int
    critical: bool
    language: str
    screen: str
    repeated: bool
    attempt: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A claimed row, and its slot: the time at which it may be sent.

    Slots are numbered in the order of time, for all workers together. Without a rate limit for all
    chats every number is 0.
    """

    row: DueMessage
    send_at: datetime
    slot_number: int = 0


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """Claimed rows, and the earliest time at which the rate limit allows more.

    `next_claim_at` is None if there is no such limit. It holds for the rows known now; a row that
    is added later may be due earlier.
    """

    rows: Sequence[ClaimedMessage]
    next_claim_at: datetime | None


async def claim_due_messages(
    connection: AsyncConnection,
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    pacing: Pacing,
    max_rows: int,
    delay: timedelta = timedelta(),
    horizon: timedelta = timedelta(seconds=0.25),
) -> ClaimedBatch:
    """Claim up to `max_rows` rows that may be sent within `horizon`, each with its own slot.

    No other worker claims them until the lease ends. Commit before sending. The horizon is short:
    if a worker vanishes, any row that it holds may have been sent.

    With a rate limit for all chats, only one worker sends at a time; the others get no rows. Two
    workers that are both late could exceed the limit together. The worker stays the only one until
    no row is left, or until it has not claimed for a while (the stored `held_until`). New slots
    begin later by `delay`, by which the worker is late, so that it does not become later still.
    """
    interval = pacing.slot_interval
    if not interval:
        rows = await _take_rows(connection, owner, now, lease, max_rows)
        claimed = [ClaimedMessage(row, now) for row in rows]
        await _pace_chats(connection, claimed, pacing)
        return ClaimedBatch(claimed, pacing.compute_next_time(claimed))
    pace = await lock_pace(connection, now)
    is_foreign = pace.owner is not None and pace.owner != owner
    if is_foreign and now < pace.held_until:
        return ClaimedBatch([], pace.held_until)
    slot = max(now, pace.next_free + (SLOT_GRACE if is_foreign else delay))
    allowed = min(max_rows, int((now + horizon - slot) / interval) + 1)
    is_full = allowed < 1
    if is_full and slot > now + _LONGEST_QUEUE:
        return ClaimedBatch([], slot - horizon / 2)
    # Direct replies have taken the slots of the horizon. Alerts and receipts queue behind them, one
    # in a claim, so that a crowd of writers does not keep them back.
    rows = await _take_rows(connection, owner, now, lease, max(allowed, 1), urgent_only=is_full)
    if not rows and is_full:
        return ClaimedBatch([], slot - horizon / 2)
    if not rows:
        if pace.owner == owner:
            await set_pace(connection, owner=None)
        return ClaimedBatch([], None)
    claimed = [
        ClaimedMessage(row, slot + interval * index, pace.number + index)
        for index, row in enumerate(rows)
    ]
    free = slot + interval * len(rows)
    await set_pace(
        connection,
        next_free=free,
        number=pace.number + len(rows),
        owner=owner,
        held_until=free + SLOT_GRACE,
    )
    await _pace_chats(connection, claimed, pacing)
    return ClaimedBatch(
        claimed, free - horizon / 2 if len(rows) == allowed else pacing.compute_next_time(claimed)
    )


async def lock_pace(connection: AsyncConnection, now: datetime) -> Pace:
    """Return the shared pace, its row locked until the claim is committed."""
    statement = select(_paces).where(_paces.c.scope == _EVERYONE).with_for_update()
    found = await fetch_one(connection, Pace, statement)
    if found is not None:
        return found
    await connection.execute(
        insert_into(Pace, connection.dialect.name)
        .values(scope=_EVERYONE, next_free=now, number=0, held_until=now)
        .on_conflict_do_nothing()
    )
    # A worker that lost the race to insert the row gets the slot after the winner's.
    stored = await fetch_one(connection, Pace, statement)
    assert stored is not None
    return stored


async def set_pace(connection: AsyncConnection, **values: Any) -> None:
    """Change columns of the shared pace, whose row is locked."""
    await connection.execute(update(_paces).where(_paces.c.scope == _EVERYONE).values(**values))


def _select_ready(priority: int) -> Any:
    """Return a SELECT of the first due rows of a priority: of each chat only its first row."""
    earlier = aliased(_rows)
    moment = bindparam("moment", type_=UtcDateTime())
    # A message that waits for a later time (quiet hours, a reminder) holds back no other one. One
    # that is due, is being sent or will be tried again soon, keeps its place in its chat.
    # An expired message is not sent any more, also if no sweep has finished it yet.
    is_retried_soon = and_(
        earlier.c.attempt > 0,
        earlier.c.next_at <= bindparam("retried_by", type_=UtcDateTime()),
    )
    keeps_its_place = or_(
        earlier.c.state == OutboxState.SENDING,
        and_(earlier.c.expires_at > moment, or_(earlier.c.next_at <= moment, is_retried_soon)),
    )
    is_first_of_chat = ~(
        select(earlier.c.id)
        .where(earlier.c.chat_id == _rows.c.chat_id, earlier.c.finished_at.is_(None))
        .where(keeps_its_place)
        .where(
            or_(
                earlier.c.priority < _rows.c.priority,
                and_(earlier.c.priority == _rows.c.priority, earlier.c.id < _rows.c.id),
            )
        )
        .exists()
    )
    is_paused = (
        select(_recipients.c.chat_id)
        .where(_recipients.c.chat_id == _rows.c.chat_id)
        .where(or_(_recipients.c.next_at > moment, _recipients.c.blocked_at.is_not(None)))
        .exists()
    )
    return (
        select(_rows.c.id, _rows.c.priority, _rows.c.next_at)
        .where(_rows.c.state == OutboxState.WAITING, _rows.c.priority == priority)
        .where(_rows.c.next_at <= moment, _rows.c.expires_at > moment)
        .where(is_first_of_chat, ~is_paused)
        .order_by(_rows.c.next_at, _rows.c.id)
        .limit(bindparam("max_rows"))
        .with_for_update(skip_locked=True)
        # Run once: PostgreSQL may run a plain subquery again for each row, past its limit.
        .cte(f"ready_{priority}")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _make_take(priorities: Iterable[Priority]) -> Any:
    """Return an UPDATE that takes the first due rows, by priority and then by waiting time.

    Each priority is read along an index of its own times, so that rows that wait for a later time
    are skipped at once, however many they are.
    """
    ready = union_all(*(select(_select_ready(priority)) for priority in priorities)).subquery(
        "ready"
    )
    taken = (
        select(ready.c.id)
        .order_by(ready.c.priority, ready.c.next_at, ready.c.id)
        .limit(bindparam("max_rows"))
    )
    return (
        update(_rows)
        .where(_rows.c.id.in_(taken), _rows.c.state == OutboxState.WAITING)
        .values(
            state=OutboxState.SENDING,
            owner=bindparam("by"),
            attempt=_rows.c.attempt + 1,
            lease_until=bindparam("until"),
        )
        .returning(*_due)
    )


_due = [
    cast(_rows.c.screen, Text).label("screen") if name == "screen" else _rows.c[name]
    for name in DueMessage.__annotations__
]
_take_ready = _make_take(Priority)
_take_urgent = _make_take((Priority.REPLY, Priority.ASSIGNMENT))


async def _take_rows(
    connection: AsyncConnection,
    owner: str,
    now: datetime,
    lease: timedelta,
    max_rows: int,
    *,
    urgent_only: bool = False,
) -> list[DueMessage]:
    parameters = {
        "moment": now,
        "retried_by": now + LONGEST_BACKOFF,
        "max_rows": max_rows,
        "by": owner,
        "until": now + lease,
    }
    statement = _take_urgent if urgent_only else _take_ready
    taken: Sequence[DueMessage] = (await connection.execute(statement, parameters)).all()
    return sorted(taken, key=lambda row: (row.priority, row.next_at, row.id))


async def _pace_chats(
    connection: AsyncConnection, claimed: Sequence[ClaimedMessage], pacing: Pacing
) -> None:
    if not claimed or not (pacing.private_pause or pacing.group_pause):
        return
    paced = [
        {"chat_id": each.row.chat_id, "next_at": each.send_at + pacing.get_pause(each.row.chat_id)}
        for each in claimed
    ]
    await connection.execute(_make_pace(connection.dialect.name), paced)


@cache
def _make_pace(dialect_name: str) -> Any:
    statement = insert_into(Recipient, dialect_name)
    return statement.on_conflict_do_update(
        index_elements=["chat_id"], set_={"next_at": statement.excluded.next_at}
    )


def _make_next_due() -> Any:
    """Return a SELECT of the earliest future `next_at` of the waiting rows."""
    moment = bindparam("moment", type_=UtcDateTime())
    times = [
        select(func.min(_rows.c.next_at, type_=UtcDateTime()).label("at"))
        .where(_rows.c.state == OutboxState.WAITING, _rows.c.priority == priority)
        .where(_rows.c.next_at > moment)
        for priority in Priority
    ]
    every = union_all(*times).subquery()
    return select(func.min(every.c.at, type_=UtcDateTime()))


_find_next_due = _make_next_due()


async def find_next_due(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Return the earliest time after `now` at which a waiting row becomes due, or None."""
    found = await connection.execute(_find_next_due, {"moment": now})
    due: datetime | None = found.scalar_one_or_none()
    return due
