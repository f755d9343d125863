"""Bans: pseudonyms whose submissions are refused until a given time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, select

from storage.models import Ban, Resident, Submission
from storage.statements import fetch_one, insert_into, table
from storage.types import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter
    from sqlalchemy.ext.asyncio import AsyncConnection

_rows = table(Ban)


_given = table(Submission)
_pseudonyms: BindParameter[int] = bindparam("pseudonyms", expanding=True)
_moment = bindparam("moment", type_=UtcDateTime())
_theirs = select(table(Resident).c.id).where(table(Resident).c.alias.in_(_pseudonyms))
_ban = _rows.c.alias.in_(_pseudonyms) & (_rows.c.until > _moment)
# Runs before every submission, so all of it is one statement.
_read_status = select(
    select(_rows.c.until).where(_ban).order_by(_rows.c.until.desc()).limit(1).scalar_subquery(),
    select(_rows.c.reason).where(_ban).order_by(_rows.c.until.desc()).limit(1).scalar_subquery(),
    select(_given.c.created_at)
    .where(_given.c.resident_id.in_(_theirs))
    .order_by(_given.c.id.desc())
    .offset(bindparam("before"))
    .limit(1)
    .scalar_subquery(),
    select(func.count())
    .where(_given.c.created_at >= bindparam("since", type_=UtcDateTime()))
    .scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class IntakeStatus:
    """Facts that decide whether a person may make a submission now.

    - `banned_until`, `reason`: of the ban that is in force; None without a ban.
    - `nth_newest_at`: when the person's n-th newest submission was received; None if there are
      fewer than n.
    - `recent_count`: the number of submissions of all people since a given time.
    """

    banned_until: datetime | None
    reason: str | None
    nth_newest_at: datetime | None
    recent_count: int


async def read_intake_status(
    connection: AsyncConnection,
    pseudonyms: Sequence[int],
    *,
    now: datetime,
    nth: int,
    since: datetime,
) -> IntakeStatus:
    """Return the intake status of a person with these pseudonyms.

    `nth` is the n of `nth_newest_at`. `recent_count` is counted from `since`.
    """
    given = {"pseudonyms": list(pseudonyms), "moment": now, "before": nth - 1, "since": since}
    return IntakeStatus(*(await connection.execute(_read_status, given)).one())


async def find_ban(
    connection: AsyncConnection, pseudonyms: Sequence[int], now: datetime
) -> Ban | None:
    """Return the ban of one of these pseudonyms that is in force, or None."""
    statement = select(_rows).where(_ban).limit(1)
    return await fetch_one(
        connection, Ban, statement, {"pseudonyms": list(pseudonyms), "moment": now}
    )


async def add_ban(
    connection: AsyncConnection,
    pseudonym: int,
    encrypted_chat_id: str,
    until: datetime,
    officer_id: int,
    reason: str,
    at: datetime,
) -> None:
    """Ban a pseudonym. An earlier ban of it is replaced."""
    values = {
        "sealed": encrypted_chat_id,
        "until": until,
        "officer_id": officer_id,
        "reason": reason,
        "at": at,
    }
    await connection.execute(
        insert_into(Ban, connection.dialect.name)
        .values(alias=pseudonym, **values)
        .on_conflict_do_update(index_elements=["alias"], set_=values)
    )


async def delete_bans(connection: AsyncConnection, pseudonyms: Sequence[int]) -> bool:
    """Delete the bans of these pseudonyms. Return True if there was one."""
    result = await connection.execute(delete(_rows).where(_rows.c.alias.in_(pseudonyms)))
    return result.rowcount > 0
