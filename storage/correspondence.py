"""Proposed answers and remarks: the texts of officers and residents about a submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from storage.models import Answer, Remark, Resident, Submission
from storage.statements import fetch_all, fetch_one, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_answers, _remarks = table(Answer), table(Remark)


async def add_answer(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a proposed answer; `values` are columns of Answer."""
    await connection.execute(insert(_answers).values(values))


async def find_newest_answer(connection: AsyncConnection, submission_id: int) -> Answer | None:
    """Return the newest answer of a submission, approved or not, or None."""
    statement = (
        select(_answers)
        .where(_answers.c.submission_id == submission_id)
        .order_by(_answers.c.id.desc())
        .limit(1)
    )
    return await fetch_one(connection, Answer, statement)


async def find_approved_answer(connection: AsyncConnection, submission_id: int) -> Answer | None:
    """Return the newest approved answer of a submission, or None."""
    statement = (
        select(_answers)
        .where(_answers.c.submission_id == submission_id, _answers.c.approved_at.is_not(None))
        .order_by(_answers.c.id.desc())
        .limit(1)
    )
    return await fetch_one(connection, Answer, statement)


async def approve_answer(
    connection: AsyncConnection, answer_id: int, officer_id: int, at: datetime
) -> bool:
    """Approve an answer. Return False if it is approved already or was proposed by this officer."""
    result = await connection.execute(
        update(_answers)
        .where(_answers.c.id == answer_id, _answers.c.approved_at.is_(None))
        .where(_answers.c.proposed_by != officer_id)
        .values(approved_by=officer_id, approved_at=at)
    )
    return result.rowcount == 1


async def add_remark(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Store a remark and return its id; `values` are columns of Remark."""
    stored = await connection.execute(insert(_remarks).values(values).returning(_remarks.c.id))
    return int(stored.scalar_one())


async def list_remarks(connection: AsyncConnection, submission_id: int) -> Sequence[Remark]:
    """Return the remarks about a submission, oldest first."""
    statement = (
        select(_remarks).where(_remarks.c.submission_id == submission_id).order_by(_remarks.c.id)
    )
    return await fetch_all(connection, Remark, statement)


async def count_own_remarks(
    connection: AsyncConnection, pseudonyms: Sequence[int], since: datetime
) -> int:
    """Return how many remarks the person with these pseudonyms has added since a time."""
    remarks, given, residents = table(Remark), table(Submission), table(Resident)
    theirs = select(residents.c.id).where(residents.c.alias.in_(pseudonyms))
    statement = (
        select(func.count())
        .select_from(remarks.join(given, given.c.id == remarks.c.submission_id))
        .where(given.c.resident_id.in_(theirs))
        .where(remarks.c.officer_id.is_(None), remarks.c.at > since)
    )
    return int((await connection.execute(statement)).scalar_one())
