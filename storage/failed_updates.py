"""Updates whose processing failed, kept sealed for the operator."""

from __future__ import annotations

import ast
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from storage.models import FailedUpdate
from storage.rounding import round_to_hour
from storage.statements import fetch_all, table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(FailedUpdate)

# The keys of an update under which are the people and the chats that it comes from.
_SENDER_KEYS = ("from", "chat")


async def add_failed_update(
    connection: AsyncConnection,
    update_id: int | None,
    sealed: str,
    error: str,
    at: datetime,
    *,
    pseudonym: int | None,
) -> None:
    """Store a failed update: sealed, the name of its error, and the pseudonym of its chat, if any.

    Of the time only the hour is stored.
    """
    await connection.execute(
        insert(_rows).values(
            update_id=update_id, raw=sealed, error=error, at=round_to_hour(at), alias=pseudonym
        )
    )


async def list_failed_updates(connection: AsyncConnection) -> Sequence[FailedUpdate]:
    """Return all stored updates, oldest first."""
    return await fetch_all(connection, FailedUpdate, select(_rows).order_by(_rows.c.id))


async def count_failed_updates(connection: AsyncConnection) -> int:
    """Return the number of stored updates."""
    return int((await connection.execute(select(func.count()).select_from(_rows))).scalar_one())


async def delete_failed_updates_before(connection: AsyncConnection, before: datetime) -> int:
    """Delete updates stored before a given time, and return their number.

    They are not kept for longer, because they may contain texts of residents.
    """
    return (await connection.execute(delete(_rows).where(_rows.c.at < before))).rowcount


async def delete_failed_updates_of(
    connection: AsyncConnection, pseudonyms: Collection[int]
) -> None:
    """Delete the updates that come from a chat with these pseudonyms."""
    await connection.execute(delete(_rows).where(_rows.c.alias.in_(pseudonyms)))


def list_chat_ids(raw: str) -> list[int]:
    """Return the ids of the chats and people that an update comes from, the sender's first.

    An update that cannot be parsed has none.
    """
    # Before 0008 the updates that were fetched by polling were stored as Python literals.
    for parse in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            return list(_iterate_chat_ids(parse(raw)))
    return []


def _iterate_chat_ids(value: Any) -> Iterator[int]:
    if isinstance(value, list):
        for item in value:
            yield from _iterate_chat_ids(item)
    elif isinstance(value, dict):
        for key in _SENDER_KEYS:
            part = value.get(key)
            if isinstance(part, dict) and type(part.get("id")) is int:
                yield part["id"]
        for item in value.values():
            yield from _iterate_chat_ids(item)
