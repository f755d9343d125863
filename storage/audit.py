"""The audit: what was done, appended in the transaction that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from storage.models import Audit
from storage.rows import many, table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(Audit)
_append = insert(_rows)

# The actors that are no officers.
RESIDENT, SYSTEM, OPERATOR = "resident", "system", "operator"


async def append(
    connection: AsyncConnection,
    action: str,
    at: datetime,
    *,
    role: str,
    actor_id: int | None = None,
    submission_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down an action. `details` hold no text and no identity of a resident."""
    entry = {
        "at": at,
        "action": action,
        "actor_role": role,
        "actor_id": actor_id,
        "submission_id": submission_id,
        "details": dict(details or {}),
    }
    await connection.execute(_append, entry)


async def timeline(
    connection: AsyncConnection, submission_id: int, actions: Collection[str]
) -> Sequence[Audit]:
    """The entries of a submission that are among `actions`, oldest first."""
    statement = (
        select(_rows)
        .where(_rows.c.submission_id == submission_id, _rows.c.action.in_(actions))
        .order_by(_rows.c.id)
    )
    return await many(connection, Audit, statement)


async def everything(
    connection: AsyncConnection, since: datetime | None, until: datetime | None
) -> AsyncIterator[Audit]:
    """Every entry of a span of time, oldest first, without holding all in memory."""
    last = 0
    while True:
        statement = select(_rows).where(_rows.c.id > last).order_by(_rows.c.id).limit(1000)
        if since is not None:
            statement = statement.where(_rows.c.at >= since)
        if until is not None:
            statement = statement.where(_rows.c.at < until)
        page = await many(connection, Audit, statement)
        for entry in page:
            yield entry
        if not page:
            return
        last = page[-1].id or 0
