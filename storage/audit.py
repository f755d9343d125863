"""The audit: what was done, appended in the transaction that does it, and chained afterwards.

Nothing in it can be changed: triggers of the database refuse it. Who gets past them breaks the
chain: each link is a digest, under the operator's key, of an entry and of the link before it. The
chain is made by whoever wakes, not by those who append, so that they need not wait for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text

from storage.models import Audit, AuditSeal
from storage.statements import fetch_all, fetch_one, table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows, _seals = table(Audit), table(AuditSeal)
_append = insert(_rows)
_CHAINING = 0x1A09  # the advisory lock that whoever makes links holds
_LATEST = 10_000  # ids that may be given out while one transaction lasts

# The actors that are no officers.
RESIDENT, SYSTEM, OPERATOR = "resident", "system", "operator"


async def append_entry(
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


async def list_timeline(
    connection: AsyncConnection, submission_id: int, actions: Collection[str]
) -> Sequence[Audit]:
    """The entries of a submission that are among `actions`, oldest first."""
    statement = (
        select(_rows)
        .where(_rows.c.submission_id == submission_id, _rows.c.action.in_(actions))
        .order_by(_rows.c.id)
    )
    return await fetch_all(connection, Audit, statement)


async def iterate_entries(
    connection: AsyncConnection, since: datetime | None, until: datetime | None
) -> AsyncIterator[Audit]:
    """Every entry of a span of time, oldest first, without holding all in memory.

    Each has the `number` and the `digest` of its link too, None before it is in the chain.
    """
    last = 0
    while True:
        statement = (
            select(_rows, _seals.c.number, _seals.c.digest)
            .outerjoin(_seals, _seals.c.audit_id == _rows.c.id)
            .where(_rows.c.id > last)
            .order_by(_rows.c.id)
            .limit(1000)
        )
        if since is not None:
            statement = statement.where(_rows.c.at >= since)
        if until is not None:
            statement = statement.where(_rows.c.at < until)
        page = await fetch_all(connection, Audit, statement)
        for entry in page:
            yield entry
        if not page:
            return
        last = page[-1].id


# The chain


async def lock_chain(connection: AsyncConnection) -> bool:
    """Be the one who makes links until the transaction ends; False when another one does."""
    if connection.dialect.name == "sqlite":
        return True  # one transaction writes at a time
    held = await connection.execute(
        text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": _CHAINING}
    )
    return bool(held.scalar_one())


async def find_chain_head(connection: AsyncConnection) -> AuditSeal | None:
    """The newest link; None before the first."""
    return await fetch_one(
        connection, AuditSeal, select(_seals).order_by(_seals.c.number.desc()).limit(1)
    )


async def list_unchained(connection: AsyncConnection, most: int) -> Sequence[Audit]:
    """Entries that are not in the chain yet, oldest first.

    An entry whose transaction ends late may have a smaller id than some that are: the chain has an
    order of its own. It is looked for among the last ids only.
    """
    newest = (await connection.execute(select(func.max(_seals.c.audit_id)))).scalar_one() or 0
    linked = select(_seals.c.audit_id).where(_seals.c.audit_id == _rows.c.id).exists()
    statement = (
        select(_rows).where(_rows.c.id > newest - _LATEST, ~linked).order_by(_rows.c.id).limit(most)
    )
    return await fetch_all(connection, Audit, statement)


async def add_links(connection: AsyncConnection, links: Sequence[Mapping[str, Any]]) -> None:
    """Add links to the chain."""
    await connection.execute(insert(_seals), list(links))


async def iterate_chain(
    connection: AsyncConnection,
) -> AsyncIterator[tuple[AuditSeal, Audit | None]]:
    """Every link with its entry, None for one that is gone; in the chain's order."""
    last = 0
    while True:
        statement = (
            select(_seals).where(_seals.c.number > last).order_by(_seals.c.number).limit(1000)
        )
        page = await fetch_all(connection, AuditSeal, statement)
        if not page:
            return
        ids = [each.audit_id for each in page]
        entries = await fetch_all(connection, Audit, select(_rows).where(_rows.c.id.in_(ids)))
        found = {entry.id: entry for entry in entries}
        for each in page:
            yield each, found.get(each.audit_id)
        last = page[-1].number


async def count_unchained(connection: AsyncConnection) -> int:
    """How many entries are not in the chain yet."""
    linked = select(_seals.c.audit_id).where(_seals.c.audit_id == _rows.c.id).exists()
    found = await connection.execute(select(func.count()).select_from(_rows).where(~linked))
    return int(found.scalar_one())
