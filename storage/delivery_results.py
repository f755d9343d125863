"""What became of claimed rows of the outbox, written behind a fence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Integer, bindparam, column, func, select, update

from storage.models import Outbox, OutboxState
from storage.statements import table
from storage.types import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(Outbox)


@dataclass(frozen=True, slots=True)
class SentResult:
    """A claimed row went, as this message."""

    row_id: int
    attempt: int
    message_id: int | None


@dataclass(frozen=True, slots=True)
class UnsentResult:
    """A claimed row that is not known to have gone: it waits until `next_at`, or is closed."""

    row_id: int
    attempt: int
    state: OutboxState
    next_at: datetime
    repeated: bool = False
    error: str | None = None


DeliveryResult = SentResult | UnsentResult


_still_mine = (_rows.c.state == OutboxState.SENDING, _rows.c.owner == bindparam("me"))
_let_go = {"owner": None, "lease_until": None}


@cache
def _marking_sent(dialect_name: str) -> Any:
    """Mark rows as sent, any number in one statement: they come as a list in JSON.

    Measured: five times cheaper than a parameter for each value.
    """
    given = bindparam("sent", type_=JSON)
    if dialect_name == "postgresql":
        kinds = {"id": BigInteger, "attempt": Integer, "message": BigInteger}
        of = func.json_to_recordset(given).table_valued(
            *(column(name, kind) for name, kind in kinds.items())
        )
        sent = select(*of.render_derived(with_types=True).c).subquery()
    else:
        each = func.json_each(given).table_valued("value").c.value
        names = ("id", "attempt", "message")
        sent = select(
            *(func.json_extract(each, f"$.{name}").label(name) for name in names)
        ).subquery()
    return (
        update(_rows)
        .where(_rows.c.id == sent.c.id, _rows.c.attempt == sent.c.attempt, *_still_mine)
        .values(
            state=OutboxState.SENT,
            finished_at=bindparam("at", type_=UtcDateTime()),
            message_id=sent.c.message,
            error=None,
            **_let_go,
        )
    )


_write_unsent = (
    update(_rows)
    .where(_rows.c.id == bindparam("of_id"), _rows.c.attempt == bindparam("of_attempt"))
    .where(*_still_mine)
    .values(
        {
            name: bindparam(f"new_{name}", type_=_rows.c[name].type)
            for name in ("state", "next_at", "finished_at", "repeated", "error")
        },
    )
    .values(**_let_go)
)


async def record_results(
    connection: AsyncConnection,
    owner: str,
    outcomes: Sequence[SentResult | UnsentResult],
    now: datetime,
) -> int:
    """Write what became of rows; how many were still this owner's to finish.

    A row whose lease ended and that another one claimed since is left to that one.
    """
    finished = 0
    sent = [each for each in outcomes if isinstance(each, SentResult)]
    if sent:
        given = [
            {"id": each.row_id, "attempt": each.attempt, "message": each.message_id}
            for each in sent
        ]
        statement = _marking_sent(connection.dialect.name)
        parameters = {"me": owner, "at": now, "sent": given}
        finished += (await connection.execute(statement, parameters)).rowcount
    for each in outcomes:
        if isinstance(each, UnsentResult):
            parameters = {
                "me": owner,
                "of_id": each.row_id,
                "of_attempt": each.attempt,
                "new_state": each.state,
                "new_next_at": each.next_at,
                "new_finished_at": None if each.state is OutboxState.WAITING else now,
                "new_repeated": each.repeated,
                "new_error": each.error,
            }
            finished += (await connection.execute(_write_unsent, parameters)).rowcount
    return finished
