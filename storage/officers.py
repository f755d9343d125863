"""Officers, and the invite links that register them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

from storage.models import Invite, Officer
from storage.statements import fetch_all, fetch_one, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows, _invites = table(Officer), table(Invite)
_on_duty = (
    select(_rows)
    .where(_rows.c.unit_code.in_(bindparam("units", expanding=True)))
    .where(_rows.c.active.is_(True), _rows.c.on_duty.is_(True))
    .order_by(_rows.c.id)
)


async def find_officer(connection: AsyncConnection, chat_id: int) -> Officer | None:
    """Return the active officer of a private chat, or None."""
    statement = select(_rows).where(_rows.c.chat_id == chat_id, _rows.c.active.is_(True))
    return await fetch_one(connection, Officer, statement)


async def list_on_duty(connection: AsyncConnection, units: Sequence[str]) -> Sequence[Officer]:
    """Return the active officers of units who are on duty, absent ones included."""
    return await fetch_all(connection, Officer, _on_duty, {"units": list(units)})


async def list_active(connection: AsyncConnection, units: Sequence[str]) -> Sequence[Officer]:
    """Return all active officers of units."""
    statement = select(_rows).where(_rows.c.unit_code.in_(units), _rows.c.active.is_(True))
    return await fetch_all(connection, Officer, statement.order_by(_rows.c.id))


async def list_by_ids(connection: AsyncConnection, ids: Collection[int]) -> Sequence[Officer]:
    """Return the active officers among these ids."""
    statement = select(_rows).where(_rows.c.id.in_(ids), _rows.c.active.is_(True))
    return await fetch_all(connection, Officer, statement.order_by(_rows.c.id))


async def list_substituted(
    connection: AsyncConnection, officer_id: int, now: datetime
) -> Sequence[int]:
    """Return the ids of the absent officers whose substitute an officer is now."""
    statement = select(_rows.c.id).where(
        _rows.c.substitute_id == officer_id, _rows.c.away_until > now
    )
    return (await connection.execute(statement)).scalars().all()


async def update_officer(connection: AsyncConnection, officer_id: int, **values: Any) -> bool:
    """Write columns of an active officer. Return False if there is none with that id."""
    result = await connection.execute(
        update(_rows).where(_rows.c.id == officer_id, _rows.c.active.is_(True)).values(**values)
    )
    return result.rowcount == 1


async def list_all(connection: AsyncConnection) -> Sequence[Officer]:
    """Return all officers, inactive ones included, by unit."""
    return await fetch_all(
        connection, Officer, select(_rows).order_by(_rows.c.unit_code, _rows.c.id)
    )


async def set_duty(connection: AsyncConnection, chat_id: int, *, on_duty: bool) -> bool:
    """Set whether an officer is `on_duty`. Return False if the chat has no active officer."""
    result = await connection.execute(
        update(_rows)
        .where(_rows.c.chat_id == chat_id, _rows.c.active.is_(True))
        .values(on_duty=on_duty, **({"away_until": None} if on_duty else {}))
    )
    return result.rowcount == 1


async def deactivate_officer(connection: AsyncConnection, officer_id: int) -> bool:
    """Deactivate an officer. Return False if there is no active one with that id."""
    result = await connection.execute(
        update(_rows)
        .where(_rows.c.id == officer_id, _rows.c.active.is_(True))
        .values(active=False, on_duty=False)
    )
    return result.rowcount == 1


async def add_invite(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Store an invite, and return its id; `values` are columns of Invite."""
    inserted = await connection.execute(insert(_invites).values(**values).returning(_invites.c.id))
    return int(inserted.scalar_one())


async def list_open_invites(
    connection: AsyncConnection, unit_code: str | None, now: datetime
) -> Sequence[Invite]:
    """Return the invites of a unit (None: of all) that can still be used, newest first."""
    statement = select(_invites).where(*_make_open_conditions(unit_code, now))
    return await fetch_all(connection, Invite, statement.order_by(_invites.c.id.desc()))


async def revoke_invite(
    connection: AsyncConnection,
    invite_id: int,
    unit_code: str | None,
    by: int | None,
    now: datetime,
) -> Invite | None:
    """Revoke an invite that can still be used, and return it.

    Return None if the unit (None: any unit) has no such invite. `by` is the id of the officer.
    """
    statement = (
        update(_invites)
        .where(_invites.c.id == invite_id, *_make_open_conditions(unit_code, now))
        .values(revoked_at=now, revoked_by=by)
        .returning(*_invites.c)
    )
    return await fetch_one(connection, Invite, statement)


def _make_open_conditions(unit_code: str | None, now: datetime) -> list[Any]:
    """Return the conditions of invites that can be used, of one unit or (None) of all."""
    conditions = [
        _invites.c.used_at.is_(None),
        _invites.c.revoked_at.is_(None),
        _invites.c.expires_at > now,
    ]
    return conditions if unit_code is None else [*conditions, _invites.c.unit_code == unit_code]


async def use_invite(
    connection: AsyncConnection, token_hash: str, chat_id: int, now: datetime
) -> Invite | None:
    """Mark an unused invite that is not expired as used by a chat, and return it; None if none.

    One statement does both, so that an invite cannot be used twice.
    """
    statement = (
        update(_invites)
        .where(_invites.c.token_hash == token_hash)
        .where(*_make_open_conditions(None, now))
        .values(used_at=now, used_by=chat_id)
        .returning(*_invites.c)
    )
    return await fetch_one(connection, Invite, statement)


async def find_invite_user(connection: AsyncConnection, token_hash: str) -> int | None:
    """Return the chat id that used an invite, or None."""
    statement = select(_invites.c.used_by).where(_invites.c.token_hash == token_hash)
    return (await connection.execute(statement)).scalar_one_or_none()


async def upsert_officer(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store an officer, or replace the one of the same chat; `values` are columns of Officer."""
    changed = {key: value for key, value in values.items() if key not in {"chat_id", "created_at"}}
    await connection.execute(
        insert_into(Officer, connection.dialect.name)
        .values(**values)
        .on_conflict_do_update(index_elements=["chat_id"], set_=changed)
    )
