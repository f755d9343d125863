"""Residents: people who agreed to the data-protection notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from storage.models import Resident
from storage.rows import insert_into, one, table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(Resident)
_find = select(_rows).where(_rows.c.chat_id == bindparam("of_chat"))


async def find(connection: AsyncConnection, chat_id: int) -> Resident | None:
    """The resident of a private chat, or None if they never agreed."""
    return await one(connection, Resident, _find, {"of_chat": chat_id})


async def agree(
    connection: AsyncConnection, chat_id: int, version: str, language: str, at: datetime
) -> None:
    """Store that the resident agreed to a version of the notice, read in a language."""
    consent = {"consent_version": version, "consent_language": language, "consent_at": at}
    await connection.execute(
        insert_into(Resident, connection.dialect.name)
        .values(chat_id=chat_id, **consent)
        .on_conflict_do_update(index_elements=["chat_id"], set_=consent)
    )
