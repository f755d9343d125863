"""Residents: people who gave a submission, by their pseudonyms."""

from __future__ import annotations

import secrets
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from storage.models import Resident
from storage.statements import fetch_all, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(Resident)
_find = select(_rows).where(_rows.c.alias.in_(bindparam("pseudonyms", expanding=True)))


def make_resident_id() -> int:
    """Return the id of a new resident: ids in order would show who wrote one after the other."""
    return secrets.randbelow(2**63 - 1) + 1


async def find_resident(connection: AsyncConnection, pseudonyms: Sequence[int]) -> Resident | None:
    """Return the resident with the first of these pseudonyms that has a row, or None."""
    found = await fetch_all(connection, Resident, _find, {"pseudonyms": list(pseudonyms)})
    return min(found, key=lambda row: pseudonyms.index(row.alias), default=None)


async def lock_address(connection: AsyncConnection, pseudonyms: Sequence[int]) -> Resident | None:
    """Return the resident with the first of these pseudonyms that has a row, or None.

    Until the transaction ends, no other one can change the row.
    """
    statement = _find.with_for_update(read=True)
    found = await fetch_all(connection, Resident, statement, {"pseudonyms": list(pseudonyms)})
    return min(found, key=lambda row: pseudonyms.index(row.alias), default=None)


async def add_resident(
    connection: AsyncConnection, pseudonym: int, encrypted_chat_id: str, *, named: bool
) -> None:
    """Store a resident. A known one is left as it is.

    `named` is True for the pseudonym of a named resident.
    """
    row = {"alias": pseudonym, "sealed": encrypted_chat_id, "named": named}
    await connection.execute(
        _make_insert(connection.dialect.name), {"id": make_resident_id(), **row}
    )


@cache
def _make_insert(dialect_name: str) -> Any:
    return insert_into(Resident, dialect_name).on_conflict_do_nothing(index_elements=["alias"])
