"""Opinions given for a forum: which of them somebody may read, and what became of them there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from storage.casework import seen_by
from storage.models import Kind, Role, State, Submission
from storage.rows import many, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Officer

_cases = table(Submission)

# What the law has investigated, which is not for who only plans the evening.
_INVESTIGATED = (Kind.DENUNCIATION, Kind.CRIME_REPORT)


def _given_for(code: str) -> tuple[Any, ...]:
    """Conditions: given for a forum, and still what its resident wants to have said."""
    gone = (State.WITHDRAWN, State.MERGED)
    return _cases.c.forum == code, _cases.c.erased_at.is_(None), _cases.c.state.not_in(gone)


def _read_by(officer: Officer, unit_code: str | None) -> tuple[Any, ...]:
    """Conditions: what somebody who plans forums may read; of a unit only what it handles itself.

    What is about a unit's own officers is handled above it, so that the unit never reads it here
    either.
    """
    of_unit = () if unit_code is None else (_cases.c.handled_by == unit_code,)
    plans_only = officer.role is Role.ORGANISER
    investigated = (_cases.c.kind.not_in(_INVESTIGATED),) if plans_only else ()
    return (*seen_by(officer), *of_unit, *investigated)


async def opinions(
    connection: AsyncConnection, code: str, officer: Officer, unit_code: str | None, *, most: int
) -> Sequence[Submission]:
    """What was given for a forum and an officer may read, oldest first; `unit_code` None for all"""
    statement = select(_cases).where(*_given_for(code), *_read_by(officer, unit_code))
    return await many(connection, Submission, statement.order_by(_cases.c.id).limit(most))


async def count(connection: AsyncConnection, code: str) -> int:
    """How many opinions were given for a forum, whoever may read them."""
    statement = select(func.count()).select_from(_cases).where(*_given_for(code))
    return int((await connection.execute(statement)).scalar_one())
