"""Results of claimed outbox rows. A result is written only if the sender still owns the row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Integer,
    Text,
    bindparam,
    case,
    column,
    func,
    select,
    update,
)

from storage.models import Outbox, OutboxState
from storage.rounding import round_to_day
from storage.statements import table
from storage.types import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(Outbox)


@dataclass(frozen=True, slots=True)
class SentResult:
    """A claimed row was sent.

    - `attempt`: the number of the attempt, as claimed. It tells whether the sender still owns the
      row.
    - `message_id`: Telegram's id of the sent or edited message; None if it is unknown or sealed.
    - `sealed_message`: that id sealed, of a row to a resident.
    """

    row_id: int
    attempt: int
    message_id: int | None
    sealed_message: str | None = None


@dataclass(frozen=True, slots=True)
class UnsentResult:
    """A claimed row was not sent, or may not have been sent.

    - `attempt`: the number of the attempt, as claimed.
    - `state`: the new state of the row: `waiting` for another attempt, else final.
    - `next_at`: the earliest time of the next attempt.
    - `repeated`: True if this or an earlier attempt may have succeeded.
    """

    row_id: int
    attempt: int
    state: OutboxState
    next_at: datetime
    repeated: bool = False
    error: str | None = None


DeliveryResult = SentResult | UnsentResult


_is_owned = (_rows.c.state == OutboxState.SENDING, _rows.c.owner == bindparam("me"))
_released = {"owner": None, "lease_until": None}
# Of a row to a resident only the day is stored.
_finished_at = case(
    (_rows.c.sealed.is_(None), bindparam("at", type_=UtcDateTime())),
    else_=bindparam("on_day", type_=UtcDateTime()),
)


@cache
def _make_mark_sent(dialect_name: str) -> Any:
    """Return an UPDATE that marks rows as sent. They are passed as one list in JSON.

    Measured: five times cheaper than one parameter for each value.
    """
    results = bindparam("sent", type_=JSON)
    if dialect_name == "postgresql":
        types = {"id": BigInteger, "attempt": Integer, "message": BigInteger, "sealed": Text}
        of = func.json_to_recordset(results).table_valued(
            *(column(name, kind) for name, kind in types.items())
        )
        sent = select(*of.render_derived(with_types=True).c).subquery()
    else:
        each = func.json_each(results).table_valued("value").c.value
        names = ("id", "attempt", "message", "sealed")
        sent = select(
            *(func.json_extract(each, f"$.{name}").label(name) for name in names)
        ).subquery()
    return (
        update(_rows)
        .where(_rows.c.id == sent.c.id, _rows.c.attempt == sent.c.attempt, *_is_owned)
        .values(
            state=OutboxState.SENT,
            finished_at=_finished_at,
            message_id=sent.c.message,
            sealed_message=sent.c.sealed,
            error=None,
            **_released,
        )
    )


_write_unsent = (
    update(_rows)
    .where(_rows.c.id == bindparam("of_id"), _rows.c.attempt == bindparam("of_attempt"))
    .where(*_is_owned)
    .values(
        {
            name: bindparam(f"new_{name}", type_=_rows.c[name].type)
            for name in ("state", "next_at", "repeated", "error")
        },
    )
    .values(finished_at=_finished_at, **_released)
)


async def record_results(
    connection: AsyncConnection,
    owner: str,
    outcomes: Sequence[SentResult | UnsentResult],
    now: datetime,
) -> int:
    """Write the results of rows that the worker `owner` claimed. Return the number of rows written.

    A row that another worker claimed after the lease ended is left unchanged.
    """
    finished = 0
    sent = [each for each in outcomes if isinstance(each, SentResult)]
    if sent:
        rows = [
            {
                "id": each.row_id,
                "attempt": each.attempt,
                "message": each.message_id,
                "sealed": each.sealed_message,
            }
            for each in sent
        ]
        statement = _make_mark_sent(connection.dialect.name)
        parameters = {"me": owner, "at": now, "on_day": round_to_day(now), "sent": rows}
        finished += (await connection.execute(statement, parameters)).rowcount
    for each in outcomes:
        if isinstance(each, UnsentResult):
            parameters = {
                "me": owner,
                "of_id": each.row_id,
                "of_attempt": each.attempt,
                "new_state": each.state,
                "new_next_at": each.next_at,
                "at": None if each.state is OutboxState.WAITING else now,
                "on_day": None if each.state is OutboxState.WAITING else round_to_day(now),
                "new_repeated": each.repeated,
                "new_error": each.error,
            }
            finished += (await connection.execute(_write_unsent, parameters)).rowcount
    return finished
