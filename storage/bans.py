"""Bans of residents, and what decides whether a person may make a submission now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from storage.models import BanState, Resident, ResidentBan, Submission
from storage.statements import fetch_all, fetch_one, table
from storage.types import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter
    from sqlalchemy.ext.asyncio import AsyncConnection

_bans, _given, _residents = table(ResidentBan), table(Submission), table(Resident)
_pseudonyms: BindParameter[int] = bindparam("pseudonyms", expanding=True)
_theirs = select(_residents.c.id).where(_residents.c.alias.in_(_pseudonyms))
# Runs before every submission, so all of it is one statement.
_read_status = select(
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
_in_force = (
    select(_bans, _given.c.code)
    .join(_given, _given.c.id == _bans.c.submission_id)
    .where(_given.c.resident_id.in_(_theirs), _bans.c.state == BanState.IN_FORCE)
    .where(_bans.c.until > bindparam("moment", type_=UtcDateTime()))
    .order_by(_bans.c.until.desc(), _bans.c.id)
)


@dataclass(frozen=True, slots=True)
class IntakeStatus:
    """Facts that decide whether a person may make a submission now.

    - `nth_newest_at`: when the person's n-th newest submission was received; None if there are
      fewer than n.
    - `recent_count`: the number of submissions of all people since a given time.
    """

    nth_newest_at: datetime | None
    recent_count: int


@dataclass(frozen=True, slots=True)
class BanInForce:
    """A ban that is in force.

    - `unit_code`: the unit that takes no opinions; None for all units.
    - `code`: the receipt code of the submission that it was decided for.
    """

    unit_code: str | None
    until: datetime
    reason: str
    code: str


async def read_intake_status(
    connection: AsyncConnection,
    pseudonyms: Sequence[int],
    *,
    nth: int,
    since: datetime,
) -> IntakeStatus:
    """Return the intake status of a person with these pseudonyms.

    `nth` is the n of `nth_newest_at`. `recent_count` is counted from `since`.
    """
    given = {"pseudonyms": list(pseudonyms), "before": nth - 1, "since": since}
    return IntakeStatus(*(await connection.execute(_read_status, given)).one())


async def list_bans_in_force(
    connection: AsyncConnection, pseudonyms: Sequence[int], now: datetime
) -> list[BanInForce]:
    """Return the bans of the person with these pseudonyms, the one that ends last first."""
    given = {"pseudonyms": list(pseudonyms), "moment": now}
    rows = (await connection.execute(_in_force, given)).all()
    return [BanInForce(row.unit_code, row.until, row.reason, row.code) for row in rows]


async def find_newest_ban(connection: AsyncConnection, submission_id: int) -> ResidentBan | None:
    """Return the newest ban that was proposed for a submission, in any state; None without one."""
    statement = select(_bans).where(_bans.c.submission_id == submission_id)
    return await fetch_one(connection, ResidentBan, statement.order_by(_bans.c.id.desc()).limit(1))


async def list_bans_of(
    connection: AsyncConnection, submission_ids: Sequence[int]
) -> Sequence[ResidentBan]:
    """Return all bans that were proposed for these submissions, the oldest first."""
    statement = select(_bans).where(_bans.c.submission_id.in_(submission_ids))
    return await fetch_all(connection, ResidentBan, statement.order_by(_bans.c.id))


async def add_ban(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a proposed ban; `values` are columns of ResidentBan."""
    await connection.execute(insert(_bans).values(state=BanState.PROPOSED, **values))


async def update_ban(connection: AsyncConnection, ban_id: int, **values: Any) -> None:
    """Write columns of a ban. The caller has locked its submission."""
    await connection.execute(update(_bans).where(_bans.c.id == ban_id).values(**values))
