"""Consents to the data-protection notice, each under a pseudonym that leads to no resident."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, update

from storage.models import Consent
from storage.statements import fetch_all, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(Consent)
_find = select(_rows).where(_rows.c.alias.in_(bindparam("keys", expanding=True)))


async def find_consent(
    connection: AsyncConnection, keys: Sequence[int], *, locks: bool = False
) -> Consent | None:
    """Return the newest consent with one of these pseudonyms; None if there is none.

    With `locks`, no other transaction can change the row until this one ends.
    """
    statement = _find.with_for_update(read=True) if locks else _find
    found = await fetch_all(connection, Consent, statement, {"keys": list(keys)})
    return max(found, key=lambda row: row.at, default=None)


async def record_consent(
    connection: AsyncConnection,
    pseudonym: int,
    encrypted_chat_id: str,
    consent: tuple[str, str, datetime],
) -> None:
    """Store the consent of a person.

    `consent` is the version of the notice, the language it was read in, and the time of consent.
    """
    version, language, at = consent
    row = {"alias": pseudonym, "sealed": encrypted_chat_id}
    agreed = {"version": version, "language": language, "at": at}
    await connection.execute(_make_upsert(connection.dialect.name), row | agreed)


@cache
def _make_upsert(dialect_name: str) -> Any:
    statement = insert_into(Consent, dialect_name)
    agreed = {name: statement.excluded[name] for name in ("version", "language", "at")}
    return statement.on_conflict_do_update(index_elements=["alias"], set_=agreed)


async def withdraw_consent(connection: AsyncConnection, keys: Sequence[int]) -> None:
    """Withdraw a consent: the person is asked again before the next submission."""
    await connection.execute(update(_rows).where(_rows.c.alias.in_(keys)).values(version=""))


async def delete_consent(connection: AsyncConnection, keys: Sequence[int]) -> None:
    """Delete a consent."""
    await connection.execute(delete(_rows).where(_rows.c.alias.in_(keys)))
