"""The audit log: an action appends its entry in its own transaction, and a job links it to a chain.

Triggers of the database refuse changes and deletions of entries. If somebody avoids the triggers,
the chain shows it: each link is a digest, with the operator's key, of an entry and of the previous
link. A job adds the links, so that transactions that append do not wait for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text

from storage.models import Audit, AuditLink
from storage.statements import fetch_all, fetch_one, table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows, _links = table(Audit), table(AuditLink)
_append = insert(_rows)
_CHAIN_LOCK = 0x1A09  # the number of the advisory lock of the worker that adds links
_LATEST = 10_000  # more ids than are assigned while one transaction lasts

# Roles of actors who are not officers.
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
    """Append an entry.

    - `role`: the role of the officer, or RESIDENT, SYSTEM or OPERATOR.
    - `actor_id`: the id of the officer; None for any other actor.
    - `details`: further facts, without texts and identities of residents.
    """
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
    """Return the entries of a submission that have one of the `actions`, oldest first."""
    statement = (
        select(_rows)
        .where(_rows.c.submission_id == submission_id, _rows.c.action.in_(actions))
        .order_by(_rows.c.id)
    )
    return await fetch_all(connection, Audit, statement)


async def iterate_entries(
    connection: AsyncConnection, since: datetime | None, until: datetime | None
) -> AsyncIterator[Audit]:
    """Yield all entries in [since, until), oldest first, read in pages.

    Each entry also has the `number` and `digest` of its link, or None before it is linked.
    """
    last = 0
    while True:
        statement = (
            select(_rows, _links.c.number, _links.c.digest)
            .outerjoin(_links, _links.c.audit_id == _rows.c.id)
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
    """Lock the chain until the transaction ends. Return False if another worker locked it."""
    if connection.dialect.name == "sqlite":
        return True  # one transaction writes at a time
    held = await connection.execute(
        text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": _CHAIN_LOCK}
    )
    return bool(held.scalar_one())


async def find_chain_head(connection: AsyncConnection) -> AuditLink | None:
    """Return the newest link, or None before the first."""
    return await fetch_one(
        connection, AuditLink, select(_links).order_by(_links.c.number.desc()).limit(1)
    )


async def list_unchained(connection: AsyncConnection, max_rows: int) -> Sequence[Audit]:
    """Return entries that have no link yet, oldest first.

    An entry of a slow transaction may have a smaller id than linked entries, so the order of the
    chain is not the order of ids. Only the last `_LATEST` ids are searched.
    """
    newest = (await connection.execute(select(func.max(_links.c.audit_id)))).scalar_one() or 0
    linked = select(_links.c.audit_id).where(_links.c.audit_id == _rows.c.id).exists()
    statement = (
        select(_rows)
        .where(_rows.c.id > newest - _LATEST, ~linked)
        .order_by(_rows.c.id)
        .limit(max_rows)
    )
    return await fetch_all(connection, Audit, statement)


async def add_links(connection: AsyncConnection, links: Sequence[Mapping[str, Any]]) -> None:
    """Append links to the chain; each mapping has the columns of AuditLink."""
    await connection.execute(insert(_links), list(links))


async def iterate_chain(
    connection: AsyncConnection,
) -> AsyncIterator[tuple[AuditLink, Audit | None]]:
    """Yield every link with its entry, in the order of the chain; None for a missing entry."""
    last = 0
    while True:
        statement = (
            select(_links).where(_links.c.number > last).order_by(_links.c.number).limit(1000)
        )
        page = await fetch_all(connection, AuditLink, statement)
        if not page:
            return
        ids = [each.audit_id for each in page]
        entries = await fetch_all(connection, Audit, select(_rows).where(_rows.c.id.in_(ids)))
        found = {entry.id: entry for entry in entries}
        for each in page:
            yield each, found.get(each.audit_id)
        last = page[-1].number


async def count_unchained(connection: AsyncConnection) -> int:
    """Return the number of entries that have no link yet."""
    linked = select(_links.c.audit_id).where(_links.c.audit_id == _rows.c.id).exists()
    found = await connection.execute(select(func.count()).select_from(_rows).where(~linked))
    return int(found.scalar_one())
