"""Claiming what is due from the outbox, under a lease; `storage.outcomes` finishes it.

The design and the promise are in docs/decisions/0003-outbox.md.
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
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows, _recipients, _paces = table(Outbox), table(Recipient), table(Pace)
_EVERYONE = "everyone"


# How late a message may still go in its slot. Afterwards the pace may be another sender's.
GRACE = timedelta(seconds=0.5)
# The longest pause before a failed message is tried again; so long it keeps its place in its chat.
LONGEST_BACKOFF = timedelta(minutes=10)
_SPARE = 1.002  # of a second is left, for messages that the network makes late


@dataclass(frozen=True, slots=True)
class Pacing:
    """The most messages a second to everybody; the least seconds between two to one chat.

    Zero is no limit, and no pause.
    """

    everyone: float
    private: float
    group: float

    @property
    def step(self) -> timedelta:
        """The time between two slots."""
        return timedelta(seconds=_SPARE / self.everyone) if self.everyone else timedelta()

    def of(self, chat_id: int) -> timedelta:
        """The pause after a message to this chat; groups have negative ids."""
        return timedelta(seconds=self.group if chat_id < 0 else self.private)

    def again(self, claimed: Sequence[ClaimedMessage]) -> datetime | None:
        """When the first of these chats may be written to again; None without a pause."""
        pauses = [(each.slot, self.of(each.row.chat_id)) for each in claimed]
        return min((slot + pause for slot, pause in pauses if pause), default=None)


class DueMessage(Protocol):
    """What a sender needs of a row; `screen` is JSON as it is stored, and read by nobody before."""

    id: int
    dedup_key: str
    chat_id: int
    sealed: str | None
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
    """A claimed row, the moment at which it may be sent, and the number of that slot."""

    row: DueMessage
    slot: datetime
    number: int = 0


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """What was claimed; when more may be, as far as the paces say: there may be more before."""

    rows: Sequence[ClaimedMessage]
    again: datetime | None


async def claim_due_messages(
    connection: AsyncConnection,
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    pacing: Pacing,
    most: int,
    behind: timedelta = timedelta(),
    horizon: timedelta = timedelta(seconds=0.25),
) -> ClaimedBatch:
    """Take rows that may be sent within `horizon`, each with its own slot of the shared pace.

    Nobody else can take them until the lease ends. Commit before sending. The horizon is short:
    when a sender vanishes, whatever it held may have been sent.

    While one sends, the shared pace is its own: two that are late in turns would together go over
    the limit. It lets go when nothing is left, or by vanishing. One that is `behind` its slots
    moves them on by as much: it would be ever later with what it claims.
    """
    step = pacing.step
    if not step:
        rows = await _take(connection, owner, now, lease, most)
        claimed = [ClaimedMessage(row, now) for row in rows]
        await _pace_chats(connection, claimed, pacing)
        return ClaimedBatch(claimed, pacing.again(claimed))
    pace = await _everybodys(connection, now)
    is_others = pace.owner is not None and pace.owner != owner
    if is_others and now < pace.held_until:
        return ClaimedBatch([], pace.held_until)
    slot = max(now, pace.next_free + (GRACE if is_others else behind))
    room = min(most, int((now + horizon - slot) / step) + 1)
    if room < 1:
        return ClaimedBatch([], slot - horizon / 2)
    rows = await _take(connection, owner, now, lease, room)
    if not rows:
        if pace.owner == owner:
            await _set_pace(connection, owner=None)
        return ClaimedBatch([], None)
    claimed = [
        ClaimedMessage(row, slot + step * at, pace.number + at) for at, row in enumerate(rows)
    ]
    free = slot + step * len(rows)
    await _set_pace(
        connection,
        next_free=free,
        number=pace.number + len(rows),
        owner=owner,
        held_until=free + GRACE,
    )
    await _pace_chats(connection, claimed, pacing)
    return ClaimedBatch(claimed, free - horizon / 2 if len(rows) == room else pacing.again(claimed))


async def _everybodys(connection: AsyncConnection, now: datetime) -> Pace:
    """Everybody's pace, its row held until the claim is committed."""
    statement = select(_paces).where(_paces.c.scope == _EVERYONE).with_for_update()
    found = await fetch_one(connection, Pace, statement)
    if found is not None:
        return found
    await connection.execute(
        insert_into(Pace, connection.dialect.name)
        .values(scope=_EVERYONE, next_free=now, number=0, held_until=now)
        .on_conflict_do_nothing()
    )
    # Whoever lost the race to make the row gets the winner's slot, not `now` as well.
    made = await fetch_one(connection, Pace, statement)
    assert made is not None
    return made


async def _set_pace(connection: AsyncConnection, **values: Any) -> None:
    await connection.execute(update(_paces).where(_paces.c.scope == _EVERYONE).values(**values))


def _ready(priority: int) -> Any:
    """The first rows of a priority that may go: of each chat the first one."""
    earlier = aliased(_rows)
    moment = bindparam("moment", type_=UtcDateTime())
    # A message that waits for its time (quiet hours, a reminder's moment) holds back nothing. One
    # that is due, is being sent, or will be tried again soon, keeps its place in its chat.
    keeps_its_place = or_(
        earlier.c.state == OutboxState.SENDING,
        earlier.c.next_at <= moment,
        and_(
            earlier.c.attempt > 0,
            earlier.c.next_at <= bindparam("retried_by", type_=UtcDateTime()),
        ),
    )
    first_of_its_chat = ~(
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
    not_now = (
        select(_recipients.c.chat_id)
        .where(_recipients.c.chat_id == _rows.c.chat_id)
        .where(or_(_recipients.c.next_at > moment, _recipients.c.blocked_at.is_not(None)))
        .exists()
    )
    return (
        select(_rows.c.id, _rows.c.priority, _rows.c.next_at)
        .where(_rows.c.state == OutboxState.WAITING, _rows.c.priority == priority)
        .where(_rows.c.next_at <= moment, _rows.c.expires_at > moment)
        .where(first_of_its_chat, ~not_now)
        .order_by(_rows.c.next_at, _rows.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        # Run once: PostgreSQL may run a plain subquery again for each row, past its limit.
        .cte(f"ready_{priority}")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _taking() -> Any:
    """Take the first rows that may go: the most urgent first, then who waits longest.

    Each priority is looked through by itself, along an index of its own times: what waits for the
    morning is passed over at once, however much it is.
    """
    ready = union_all(*(select(_ready(priority)) for priority in Priority)).subquery("ready")
    taken = (
        select(ready.c.id)
        .order_by(ready.c.priority, ready.c.next_at, ready.c.id)
        .limit(bindparam("most"))
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
_take_ready = _taking()


async def _take(
    connection: AsyncConnection, owner: str, now: datetime, lease: timedelta, most: int
) -> list[DueMessage]:
    parameters = {
        "moment": now,
        "retried_by": now + LONGEST_BACKOFF,
        "most": most,
        "by": owner,
        "until": now + lease,
    }
    taken: Sequence[DueMessage] = (await connection.execute(_take_ready, parameters)).all()
    return sorted(taken, key=lambda row: (row.priority, row.next_at, row.id))


async def _pace_chats(
    connection: AsyncConnection, claimed: Sequence[ClaimedMessage], pacing: Pacing
) -> None:
    if not claimed or not (pacing.private or pacing.group):
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


def _later() -> Any:
    """When the first row of those that wait for their time falls due, of each priority."""
    moment = bindparam("moment", type_=UtcDateTime())
    found = [
        select(func.min(_rows.c.next_at, type_=UtcDateTime()).label("at"))
        .where(_rows.c.state == OutboxState.WAITING, _rows.c.priority == priority)
        .where(_rows.c.next_at > moment)
        for priority in Priority
    ]
    every = union_all(*found).subquery()
    return select(func.min(every.c.at, type_=UtcDateTime()))


_next_later = _later()


async def find_next_due(connection: AsyncConnection, now: datetime) -> datetime | None:
    """When the first of those that wait for a moment to come falls due; None without any."""
    found = await connection.execute(_next_later, {"moment": now})
    due: datetime | None = found.scalar_one_or_none()
    return due
