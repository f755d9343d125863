"""Submissions of a forum session: who may read them, and their outcomes in the hall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, cast, func, insert, not_, or_, select, update

from storage.case_visibility import make_restriction_conditions
from storage.models import (
    Hearing,
    HearingOutcome,
    Identity,
    Kind,
    Lane,
    Role,
    State,
    Submission,
    Topic,
)
from storage.statements import fetch_all, fetch_one, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Officer

_cases, _rows = table(Submission), table(Hearing)

# Organisers do not read kinds that the law has investigated, nor what is about officers. Topics are
# a JSON list, so a topic is found by its quoted name.
_INVESTIGATED = (Kind.DENUNCIATION, Kind.CRIME_REPORT)
_CONDUCT = (Topic.OFFICER_ATTITUDE, Topic.CRIME_REPORT_HANDLING)
_IS_CONDUCT = and_(
    _cases.c.kind != Kind.PRAISE,
    or_(*(cast(_cases.c.topics, Text).contains(f'"{topic}"') for topic in _CONDUCT)),
)
_FOR_ORGANISERS = (
    _cases.c.kind.not_in(_INVESTIGATED),
    _cases.c.former_lane.is_(None) | (_cases.c.former_lane == Lane.ORDINARY),
    not_(_IS_CONDUCT),
)


def _given_for(forum_code: str) -> tuple[Any, ...]:
    """Return the conditions: given for a forum, not erased, withdrawn or merged."""
    gone = (State.WITHDRAWN, State.MERGED)
    return _cases.c.forum == forum_code, _cases.c.erased_at.is_(None), _cases.c.state.not_in(gone)


def _read_by(officer: Officer, unit_code: str | None) -> tuple[Any, ...]:
    """Return the conditions for the submissions that a planner of forums may read.

    With a unit, only those that the unit handles. Complaints about its own officers are handled
    above it, so the unit does not read them here either.
    """
    of_unit = () if unit_code is None else (_cases.c.handled_by == unit_code,)
    plans_only = officer.role is Role.ORGANISER
    allowed = _FOR_ORGANISERS if plans_only else ()
    return (*make_restriction_conditions(officer), *of_unit, *allowed)


async def list_submissions(
    connection: AsyncConnection,
    forum_code: str,
    officer: Officer,
    unit_code: str | None,
    *,
    max_rows: int,
) -> Sequence[Submission]:
    """Return the submissions for a forum that an officer may read, oldest first.

    `unit_code` selects those that a unit handles; None is all units.
    """
    statement = select(_cases).where(*_given_for(forum_code), *_read_by(officer, unit_code))
    return await fetch_all(connection, Submission, statement.order_by(_cases.c.id).limit(max_rows))


async def lock_submission(
    connection: AsyncConnection,
    forum_code: str,
    officer: Officer,
    unit_code: str | None,
    submission_id: int,
) -> Submission | None:
    """Lock and return a submission, if it was made for the forum.

    Return None if there is none, or if the officer may not read it.
    """
    statement = select(_cases).where(*_given_for(forum_code), *_read_by(officer, unit_code))
    statement = statement.where(_cases.c.id == submission_id).with_for_update()
    return await fetch_one(connection, Submission, statement)


async def count_submissions(connection: AsyncConnection, forum_code: str) -> int:
    """Return the number of submissions for a forum, including those an officer may not read."""
    statement = select(func.count()).select_from(_cases).where(*_given_for(forum_code))
    return int((await connection.execute(statement)).scalar_one())


# In the hall


async def add_oral_submission(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store that a submission was made orally in the session; `values` are columns of Hearing."""
    await connection.execute(insert(_rows).values(**values))


async def record_outcome(
    connection: AsyncConnection,
    submission_id: int,
    outcome: HearingOutcome,
    *,
    forum_id: int,
    officer_id: int,
    at: datetime,
) -> None:
    """Store the outcome of a submission in the session; an earlier outcome is replaced.

    The caller locks the submission first, and checks that it has no outcome yet.
    """
    values = {"outcome": outcome, "officer_id": officer_id, "at": at}
    await connection.execute(
        insert_into(Hearing, connection.dialect.name)
        .values(forum_id=forum_id, submission_id=submission_id, **values)
        .on_conflict_do_update(index_elements=["submission_id"], set_=values)
    )


async def map_outcomes(connection: AsyncConnection, forum_id: int) -> dict[int, HearingOutcome]:
    """Return the outcomes of a forum's submissions, by submission id."""
    statement = select(_rows.c.submission_id, _rows.c.outcome).where(
        _rows.c.forum_id == forum_id, _rows.c.outcome.is_not(None)
    )
    return {row[0]: row[1] for row in (await connection.execute(statement)).all()}


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """Numbers of a forum's submissions.

    - `given`: all. `answered`: answered in the session. `left`: left to the unit of the case.
    - `transferred`: transferred to another agency.
    """

    given: int
    answered: int
    left: int
    transferred: int


async def count_outcomes(
    connection: AsyncConnection, forum_id: int, forum_code: str
) -> SessionCounts:
    """Return the numbers of all submissions of a forum by outcome."""
    outcomes = list((await map_outcomes(connection, forum_id)).values())
    moved = select(func.count()).select_from(_cases)
    moved = moved.where(*_given_for(forum_code), _cases.c.transferred_to.is_not(None))
    return SessionCounts(
        await count_submissions(connection, forum_code),
        outcomes.count(HearingOutcome.ANSWERED),
        outcomes.count(HearingOutcome.LEFT),
        int((await connection.execute(moved)).scalar_one()),
    )


def _select_unclaimed(claim: str, since: datetime) -> Any:
    return select(_rows.c.submission_id).where(
        _rows.c.claim == claim, _rows.c.claimed_at.is_(None), _rows.c.at >= since
    )


async def find_claimable(
    connection: AsyncConnection, claim: str, since: datetime
) -> Submission | None:
    """Return the oral submission that can be claimed with the token `claim`, or None.

    It must have been entered at `since` or later, and not be claimed yet.
    """
    statement = select(_cases).where(
        _cases.c.id.in_(_select_unclaimed(claim, since)),
        _cases.c.resident_id.is_(None),
        _cases.c.erased_at.is_(None),
    )
    return await fetch_one(connection, Submission, statement)


async def claim_submission(
    connection: AsyncConnection, claim: str, resident_id: int, now: datetime, since: datetime
) -> Submission | None:
    """Make a resident the owner of the oral submission with the token `claim`, and return it.

    Return None if it cannot be claimed; see `find_claimable`.
    """
    statement = (
        update(_cases)
        .where(_cases.c.id.in_(_select_unclaimed(claim, since)))
        .where(_cases.c.resident_id.is_(None), _cases.c.erased_at.is_(None))
        .values(resident_id=resident_id, identity=Identity.CHANNEL, version=_cases.c.version + 1)
        .returning(*_cases.c)
    )
    claimed = await fetch_one(connection, Submission, statement)
    if claimed is not None:
        await connection.execute(update(_rows).where(_rows.c.claim == claim).values(claimed_at=now))
    return claimed
