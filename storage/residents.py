"""Residents: people who agreed to the data-protection notice, by their pseudonyms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from storage.models import Resident
from storage.statements import fetch_one, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(Resident)
_find = (
    select(_rows)
    .where(_rows.c.alias.in_(bindparam("pseudonyms", expanding=True)))
    .order_by(_rows.c.consent_at.desc())
    .limit(1)
)


async def find_resident(connection: AsyncConnection, pseudonyms: Sequence[int]) -> Resident | None:
    """Return the resident with one of these pseudonyms; None if there is no consent."""
    return await fetch_one(connection, Resident, _find, {"pseudonyms": list(pseudonyms)})


async def lock_address(connection: AsyncConnection, pseudonyms: Sequence[int]) -> Resident | None:
    """Return the resident with one of these pseudonyms, or None.

    Until the transaction ends, no other one can change the row.
    """
    statement = _find.with_for_update(read=True)
    return await fetch_one(connection, Resident, statement, {"pseudonyms": list(pseudonyms)})


async def record_consent(
    connection: AsyncConnection,
    pseudonym: int,
    encrypted_chat_id: str,
    consent: tuple[str, str, datetime],
    *,
    named: bool,
) -> None:
    """Store the consent of a resident.

    `consent` is the version of the notice, the language it was read in, and the time of consent.
    `named` is True for the pseudonym of a named resident.
    """
    version, language, at = consent
    agreed: Mapping[str, object] = {
        "consent_version": version,
        "consent_language": language,
        "consent_at": at,
    }
    await connection.execute(
        insert_into(Resident, connection.dialect.name)
        .values(alias=pseudonym, sealed=encrypted_chat_id, named=named, **agreed)
        .on_conflict_do_update(index_elements=["alias"], set_=agreed)
    )


async def withdraw_consent(connection: AsyncConnection, pseudonyms: Sequence[int]) -> None:
    """Withdraw the consent of these pseudonyms: they are asked again before the next submission."""
    await connection.execute(
        update(_rows).where(_rows.c.alias.in_(pseudonyms)).values(consent_version="")
    )
