"""Subjects of messages: what a message of a private chat belongs to, by its key."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage.models import MessageSubject
from storage.statements import fetch_all, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(MessageSubject)


async def save_subjects(connection: AsyncConnection, subjects: Sequence[Mapping[str, Any]]) -> None:
    """Store rows; a row whose key is known already is replaced: the bot edits its own messages."""
    if subjects:
        statement = _make_upsert(connection.dialect.name)
        await connection.execute(statement, [dict(each) for each in subjects])


@cache
def _make_upsert(dialect_name: str) -> Any:
    statement = insert_into(MessageSubject, dialect_name)
    new = statement.excluded
    changed = {name: new[name] for name in ("sealed", "flow", "subject", "text", "at")}
    return statement.on_conflict_do_update(index_elements=["key"], set_=changed)


async def list_sealed_ids(
    connection: AsyncConnection, subject: str, flows: Collection[str]
) -> Sequence[str]:
    """Return the encrypted chat and message ids of the messages of some flows about a subject."""
    statement = select(_rows.c.sealed).where(
        _rows.c.subject == subject, _rows.c.flow.in_(flows), _rows.c.sealed.is_not(None)
    )
    return (await connection.execute(statement)).scalars().all()


async def find_subject(connection: AsyncConnection, keys: Sequence[int]) -> MessageSubject | None:
    """Return the row with one of these keys of a message: it has one under every secret key.

    The earliest key in `keys` that has a row counts: a message of the bot that was changed after
    the keys were rotated has two rows, and that of the present key is the newer one.
    """
    found = await fetch_all(connection, MessageSubject, select(_rows).where(_rows.c.key.in_(keys)))
    return min(found, key=lambda row: keys.index(row.key), default=None)
