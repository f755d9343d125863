"""Encrypted secrets, and the rows of old releases that had no encryption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, select, update

from storage.models import (
    KeyCheck,
    Outbox,
    Recipient,
    Registration,
    Resident,
    Submission,
    Subscription,
)
from storage.residents import make_resident_id
from storage.statements import fetch_all, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

PLAIN = "plain:"  # prefix of a chat id in `Resident.sealed` that is not encrypted yet

_residents, _submissions, _checks = table(Resident), table(Submission), table(KeyCheck)
_outbox, _recipients = table(Outbox), table(Recipient)


# The ids of the encrypted secrets: a known text that checks the key, and the audit chain's key.
KEY_CHECK, CHAIN_KEY = 1, 2


async def get_or_store_secret(connection: AsyncConnection, secret_id: int, first: str) -> str:
    """Return the encrypted secret with the id KEY_CHECK or CHAIN_KEY.

    If there is none, store and return `first`, which is encrypted already.
    """
    await connection.execute(
        insert_into(KeyCheck, connection.dialect.name)
        .values(id=secret_id, sealed=first)
        .on_conflict_do_nothing()
    )
    found = await connection.execute(select(_checks.c.sealed).where(_checks.c.id == secret_id))
    known: str = found.scalar_one()
    return known


async def find_secret(connection: AsyncConnection, secret_id: int) -> str | None:
    """Return the encrypted secret with an id; None if there is none, or no table for it yet."""
    if not await connection.run_sync(lambda each: inspect(each).has_table(_checks.name)):
        return None
    found = await connection.execute(select(_checks.c.sealed).where(_checks.c.id == secret_id))
    return found.scalar_one_or_none()


async def set_secret(connection: AsyncConnection, secret_id: int, encrypted: str) -> None:
    """Replace the encrypted secret with the id KEY_CHECK or CHAIN_KEY."""
    await connection.execute(
        update(_checks).where(_checks.c.id == secret_id).values(sealed=encrypted)
    )


async def lock_plain_residents(connection: AsyncConnection, max_rows: int) -> Sequence[Resident]:
    """Lock and return residents whose chat id is not encrypted yet."""
    statement = (
        select(_residents)
        .where(_residents.c.sealed.startswith(PLAIN))
        .order_by(_residents.c.id)
        .limit(max_rows)
        .with_for_update()
    )
    return await fetch_all(connection, Resident, statement)


async def move_resident(
    connection: AsyncConnection, old: int, new: int, encrypted_chat_id: str
) -> None:
    """Replace the pseudonym `old` by `new`, and the encrypted chat id, in every table."""
    await connection.execute(
        update(_residents)
        .where(_residents.c.alias == old)
        .values(alias=new, sealed=encrypted_chat_id)
    )
    await connection.execute(
        update(_outbox)
        .where(_outbox.c.chat_id == old, _outbox.c.finished_at.is_(None))
        .where(_outbox.c.sealed.is_not(None))
        .values(chat_id=new, sealed=encrypted_chat_id)
    )
    for attending in (table(Registration), table(Subscription)):
        await connection.execute(
            update(attending)
            .where(attending.c.alias == old)
            .values(alias=new, sealed=encrypted_chat_id)
        )
    if old != new:
        await connection.execute(
            update(_recipients).where(_recipients.c.chat_id == old).values(chat_id=new)
        )


async def list_submissions_of(
    connection: AsyncConnection, resident_id: int
) -> Sequence[Submission]:
    """Return the submissions of a resident."""
    statement = select(_submissions).where(_submissions.c.resident_id == resident_id)
    return await fetch_all(connection, Submission, statement)


async def update_columns(connection: AsyncConnection, submission_id: int, **values: Any) -> None:
    """Write columns of a submission."""
    await connection.execute(
        update(_submissions).where(_submissions.c.id == submission_id).values(**values)
    )


async def split_unnamed(
    connection: AsyncConnection,
    submission_ids: Sequence[int],
    pseudonym: int,
    encrypted_chat_id: str,
) -> None:
    """Move submissions to a new resident row of the same person, with an unnamed pseudonym."""
    made = await connection.execute(
        insert_into(Resident, connection.dialect.name)
        .values(
            id=make_resident_id(),
            alias=pseudonym,
            sealed=encrypted_chat_id,
            named=False,
        )
        .returning(_residents.c.id)
    )
    await connection.execute(
        update(_submissions)
        .where(_submissions.c.id.in_(submission_ids))
        .values(resident_id=made.scalar_one())
    )
