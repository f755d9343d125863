"""Opinions given for a forum: which of them somebody may read, and what became of them there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from storage.case_visibility import make_restriction_conditions
from storage.models import HeardAs, Hearing, Identity, Kind, Role, State, Submission
from storage.statements import fetch_all, fetch_one, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Officer

_cases, _rows = table(Submission), table(Hearing)

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
    return (*make_restriction_conditions(officer), *of_unit, *investigated)


async def list_submissions(
    connection: AsyncConnection, code: str, officer: Officer, unit_code: str | None, *, most: int
) -> Sequence[Submission]:
    """What was given for a forum and an officer may read, oldest first; `unit_code` None for all"""
    statement = select(_cases).where(*_given_for(code), *_read_by(officer, unit_code))
    return await fetch_all(connection, Submission, statement.order_by(_cases.c.id).limit(most))


async def lock_submission(
    connection: AsyncConnection, code: str, officer: Officer, unit_code: str | None, number: int
) -> Submission | None:
    """One of them, held until the transaction ends."""
    statement = select(_cases).where(*_given_for(code), *_read_by(officer, unit_code))
    statement = statement.where(_cases.c.id == number).with_for_update()
    return await fetch_one(connection, Submission, statement)


async def count_submissions(connection: AsyncConnection, code: str) -> int:
    """How many opinions were given for a forum, whoever may read them."""
    statement = select(func.count()).select_from(_cases).where(*_given_for(code))
    return int((await connection.execute(statement)).scalar_one())


# In the hall


async def add_oral_submission(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store that an opinion was spoken in the hall."""
    await connection.execute(insert(_rows).values(**values))


async def record_outcome(
    connection: AsyncConnection,
    submission_id: int,
    outcome: HeardAs,
    *,
    forum_id: int,
    officer_id: int,
    at: datetime,
) -> None:
    """Say what became of an opinion in the hall. Hold the opinion, and see that nobody said it."""
    said = {"outcome": outcome, "officer_id": officer_id, "at": at}
    await connection.execute(
        insert_into(Hearing, connection.dialect.name)
        .values(forum_id=forum_id, submission_id=submission_id, **said)
        .on_conflict_do_update(index_elements=["submission_id"], set_=said)
    )


async def map_outcomes(connection: AsyncConnection, forum_id: int) -> dict[int, HeardAs]:
    """What became of a forum's opinions in the hall, by their ids."""
    statement = select(_rows.c.submission_id, _rows.c.outcome).where(
        _rows.c.forum_id == forum_id, _rows.c.outcome.is_not(None)
    )
    return {row[0]: row[1] for row in (await connection.execute(statement)).all()}


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """A forum's opinions: given, answered in the hall, left to their units, transferred since."""

    given: int
    answered: int
    left: int
    transferred: int


async def count_outcomes(connection: AsyncConnection, forum_id: int, code: str) -> SessionCounts:
    """What became of a forum's opinions, in numbers, whoever may read them."""
    said = list((await map_outcomes(connection, forum_id)).values())
    moved = select(func.count()).select_from(_cases)
    moved = moved.where(*_given_for(code), _cases.c.transferred_to.is_not(None))
    return SessionCounts(
        await count_submissions(connection, code),
        said.count(HeardAs.ANSWERED),
        said.count(HeardAs.LEFT),
        int((await connection.execute(moved)).scalar_one()),
    )


def _unclaimed(claim: str, since: datetime) -> Any:
    return select(_rows.c.submission_id).where(
        _rows.c.claim == claim, _rows.c.claimed_at.is_(None), _rows.c.at >= since
    )


async def find_claimable(
    connection: AsyncConnection, claim: str, since: datetime
) -> Submission | None:
    """The opinion that somebody can make theirs; None if there is none any more."""
    statement = select(_cases).where(
        _cases.c.id.in_(_unclaimed(claim, since)),
        _cases.c.resident_id.is_(None),
        _cases.c.erased_at.is_(None),
    )
    return await fetch_one(connection, Submission, statement)


async def claim_submission(
    connection: AsyncConnection, claim: str, resident_id: int, now: datetime, since: datetime
) -> Submission | None:
    """Let a spoken opinion be a resident's, once; None if that is not possible any more."""
    statement = (
        update(_cases)
        .where(_cases.c.id.in_(_unclaimed(claim, since)))
        .where(_cases.c.resident_id.is_(None), _cases.c.erased_at.is_(None))
        .values(resident_id=resident_id, identity=Identity.CHANNEL, version=_cases.c.version + 1)
        .returning(*_cases.c)
    )
    theirs = await fetch_one(connection, Submission, statement)
    if theirs is not None:
        claimed = update(_rows).where(_rows.c.claim == claim).values(claimed_at=now)
        await connection.execute(claimed)
    return theirs
