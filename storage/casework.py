"""Statements of casework: assignments, recusals, similar cases, groups, templates, statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, delete, func, insert, or_, select, update

from storage.case_visibility import make_recusal_condition, make_visibility_conditions
from storage.models import (
    Officer,
    Recusal,
    State,
    Submission,
    Template,
    UnitChat,
)
from storage.statements import fetch_all, fetch_one, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Kind

_cases, _recusals, _chats = table(Submission), table(Recusal), table(UnitChat)
_templates, _officers = table(Template), table(Officer)

_IS_OPEN = (_cases.c.closed_at.is_(None), _cases.c.answered_at.is_(None))
_NEW = (State.RECEIVED, State.ASSIGNED)


async def count_open_cases(
    connection: AsyncConnection, officer_ids: Collection[int]
) -> dict[int, int]:
    """Return the number of open cases of each of these officers, by officer id."""
    statement = (
        select(_cases.c.assignee_id, func.count())
        .where(_cases.c.assignee_id.in_(officer_ids), *_IS_OPEN)
        .group_by(_cases.c.assignee_id)
    )
    return {row[0]: row[1] for row in (await connection.execute(statement)).all()}


async def list_unacknowledged(
    connection: AsyncConnection, before: datetime, max_rows: int
) -> Sequence[Submission]:
    """Lock and return new cases that had to be accepted before a given time, oldest first."""
    statement = (
        select(_cases)
        .where(_cases.c.acknowledge_by <= before, _cases.c.state.in_(_NEW))
        .order_by(_cases.c.acknowledge_by)
        .limit(max_rows)
        .with_for_update(skip_locked=True)
    )
    return await fetch_all(connection, Submission, statement)


async def lock_open_cases(connection: AsyncConnection, officer_id: int) -> Sequence[Submission]:
    """Lock and return the open cases that are assigned to an officer, in the order of ids."""
    statement = select(_cases).where(_cases.c.assignee_id == officer_id, *_IS_OPEN)
    return await fetch_all(
        connection, Submission, statement.order_by(_cases.c.id).with_for_update()
    )


async def list_new_cases(
    connection: AsyncConnection, submission_ids: Collection[int]
) -> Sequence[Submission]:
    """Return those of some cases that nobody took on yet, by id."""
    statement = select(_cases).where(_cases.c.id.in_(submission_ids), _cases.c.state.in_(_NEW))
    return await fetch_all(connection, Submission, statement.order_by(_cases.c.id))


async def lock_new_cases(
    connection: AsyncConnection, submission_ids: Collection[int], officer_id: int
) -> Sequence[Submission]:
    """Lock and return those of `submission_ids` that are new, in the order of ids.

    Cases that are assigned to an officer other than `officer_id` are left out.
    """
    statement = (
        select(_cases)
        .where(_cases.c.id.in_(submission_ids), _cases.c.state.in_(_NEW))
        .where(or_(_cases.c.assignee_id == officer_id, _cases.c.assignee_id.is_(None)))
        .order_by(_cases.c.id)
        .with_for_update()
    )
    return await fetch_all(connection, Submission, statement)


# Recusals


async def add_recusal(
    connection: AsyncConnection, submission_id: int, officer_id: int, by: int, at: datetime
) -> None:
    """Exclude an officer from a case; the officer `by` decided it. A repetition changes nothing."""
    values = {"submission_id": submission_id, "officer_id": officer_id, "by": by, "at": at}
    statement = insert_into(Recusal, connection.dialect.name).values(values)
    await connection.execute(statement.on_conflict_do_nothing())


async def delete_recusal(connection: AsyncConnection, submission_id: int, officer_id: int) -> None:
    """Admit an officer to a case again."""
    await connection.execute(
        delete(_recusals).where(
            _recusals.c.submission_id == submission_id, _recusals.c.officer_id == officer_id
        )
    )


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An officer who is excluded from a case, the officer who decided it, and when."""

    excluded: Officer
    by: Officer
    at: datetime


async def list_exclusions(connection: AsyncConnection, submission_id: int) -> Sequence[Exclusion]:
    """Return who is excluded from a case, the earliest first. Officers may have left since."""
    statement = select(_recusals).where(_recusals.c.submission_id == submission_id)
    rows = await fetch_all(connection, Recusal, statement.order_by(_recusals.c.id))
    ids = {number for row in rows for number in (row.officer_id, row.by)}
    named = await fetch_all(connection, Officer, select(_officers).where(_officers.c.id.in_(ids)))
    by_id = {officer.id: officer for officer in named}
    return [Exclusion(by_id[row.officer_id], by_id[row.by], row.at) for row in rows]


async def list_recused(connection: AsyncConnection, submission_id: int) -> frozenset[int]:
    """Return the ids of the officers who are excluded from a case."""
    statement = select(_recusals.c.officer_id).where(_recusals.c.submission_id == submission_id)
    return frozenset((await connection.execute(statement)).scalars())


# Similar and merged cases


async def list_similar(
    connection: AsyncConnection,
    submission: Submission,
    officer: Officer,
    max_rows: int,
    max_characters: int,
    *,
    among: Sequence[int] | None = None,
) -> Sequence[Submission]:
    """Return other open cases of the same area and unit that an officer may read.

    The case with the latest due date comes first. Their texts are cut off after so many characters.
    With `among` only cases with these ids are returned.
    """
    long = {"text", "folded"}
    cut = (func.substr(_cases.c[name], 1, max_characters).label(name) for name in sorted(long))
    statement = (
        select(*(column for column in _cases.c if column.name not in long), *cut)
        .where(_cases.c.handled_by == submission.handled_by, *_IS_OPEN)
        .where(_cases.c.unit_code == submission.unit_code, _cases.c.id != submission.id)
        .where(*make_visibility_conditions(officer))
        .order_by(_cases.c.due_at.desc(), _cases.c.id.desc())
        .limit(max_rows)
    )
    if among is not None:
        statement = statement.where(_cases.c.id.in_(among))
    return await fetch_all(connection, Submission, statement)


async def find_main_case(connection: AsyncConnection, submission: Submission) -> Submission | None:
    """Return the case into which a submission was merged, or None."""
    if submission.merged_into is None:
        return None
    statement = select(_cases).where(_cases.c.id == submission.merged_into)
    return await fetch_one(connection, Submission, statement)


async def clear_merged_ratings(connection: AsyncConnection, submission_id: int) -> None:
    """Remove the ratings of the cases merged into this one: they were of an earlier answer."""
    await connection.execute(
        update(_cases)
        .where(_cases.c.merged_into == submission_id, _cases.c.rating.is_not(None))
        .values(rating=None, rating_reason=None, version=_cases.c.version + 1)
    )


async def list_merged(connection: AsyncConnection, submission_id: int) -> Sequence[Submission]:
    """Return the cases that were merged into this one."""
    statement = select(_cases).where(_cases.c.merged_into == submission_id).order_by(_cases.c.id)
    return await fetch_all(connection, Submission, statement)


async def list_readable_ids(
    connection: AsyncConnection, officer: Officer, unit: str | None, ids: Collection[int]
) -> frozenset[int]:
    """Return which of these cases an officer may read; `unit` is theirs, None for all units."""
    statement = select(_cases.c.id).where(
        _cases.c.id.in_(ids), *make_visibility_conditions(officer)
    )
    if unit is not None:
        statement = statement.where(_cases.c.handled_by == unit)
    return frozenset((await connection.execute(statement)).scalars())


async def lock_merged(connection: AsyncConnection, submission_id: int) -> Sequence[Submission]:
    """Lock and return the cases that were merged into this one, in the order of ids.

    Erased cases are left out.
    """
    statement = (
        select(_cases)
        .where(_cases.c.merged_into == submission_id, _cases.c.erased_at.is_(None))
        .order_by(_cases.c.id)
        .with_for_update()
    )
    return await fetch_all(connection, Submission, statement)


async def move_merged(connection: AsyncConnection, from_id: int, to_id: int) -> None:
    """Change the cases that were merged into case `from_id` to be merged into case `to_id`."""
    await connection.execute(
        update(_cases).where(_cases.c.merged_into == from_id).values(merged_into=to_id)
    )


# Groups


async def link_unit_chat(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store the group and topic in which a unit is alerted; `values` are columns of UnitChat."""
    statement = insert_into(UnitChat, connection.dialect.name).values(**values)
    changed = {name: value for name, value in values.items() if name != "unit_code"}
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["unit_code"], set_={**changed, "lost_at": None}
        )
    )


async def find_unit_chat(connection: AsyncConnection, unit_code: str) -> UnitChat | None:
    """Return the group of a unit; None if it has none, or one that cannot be reached."""
    statement = select(_chats).where(_chats.c.unit_code == unit_code, _chats.c.lost_at.is_(None))
    return await fetch_one(connection, UnitChat, statement)


async def unlink_unit_chat(connection: AsyncConnection, unit_code: str) -> bool:
    """Delete the group of a unit. Return True if there was one."""
    result = await connection.execute(delete(_chats).where(_chats.c.unit_code == unit_code))
    return result.rowcount == 1


async def list_unit_chats(connection: AsyncConnection, chat_id: int) -> Sequence[UnitChat]:
    """Return the rows of the units that are linked to a group."""
    return await fetch_all(connection, UnitChat, select(_chats).where(*_is_linked(chat_id)))


async def mark_unit_chat_lost(
    connection: AsyncConnection, chat_id: int, at: datetime
) -> Sequence[UnitChat]:
    """Mark a group as unreachable. Return the rows of its units, none if it was marked before."""
    statement = update(_chats).where(*_is_linked(chat_id)).values(lost_at=at).returning(*_chats.c)
    return await fetch_all(connection, UnitChat, statement)


async def clear_unit_topic(
    connection: AsyncConnection, chat_id: int, thread_id: int
) -> Sequence[UnitChat]:
    """Link units to a group itself that were linked to a topic of it. Return their rows."""
    statement = (
        update(_chats)
        .where(*_is_linked(chat_id), _chats.c.thread_id == thread_id)
        .values(thread_id=None)
        .returning(*_chats.c)
    )
    return await fetch_all(connection, UnitChat, statement)


def _is_linked(chat_id: int) -> tuple[Any, Any]:
    return _chats.c.chat_id == chat_id, _chats.c.lost_at.is_(None)


async def move_unit_chat(connection: AsyncConnection, old_chat_id: int, new_chat_id: int) -> None:
    """Replace the chat id of a group that became a supergroup."""
    await connection.execute(
        update(_chats).where(_chats.c.chat_id == old_chat_id).values(chat_id=new_chat_id)
    )


# Templates


async def list_templates(connection: AsyncConnection, units: Sequence[str]) -> Sequence[Template]:
    """Return the templates of units, by name."""
    statement = select(_templates).where(_templates.c.unit_code.in_(units))
    return await fetch_all(
        connection, Template, statement.order_by(_templates.c.name, _templates.c.id)
    )


async def add_template(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a template; `values` are columns of Template."""
    await connection.execute(insert(_templates).values(**values))


async def delete_template(connection: AsyncConnection, template_id: int, unit_code: str) -> bool:
    """Delete a template of a unit. Return True if there was one."""
    result = await connection.execute(
        delete(_templates).where(
            _templates.c.id == template_id, _templates.c.unit_code == unit_code
        )
    )
    return result.rowcount == 1


# Statistics


@dataclass(frozen=True, slots=True)
class CaseStatistics:
    """Statistics of the submissions since a day.

    - `kinds`, `states`: numbers of submissions by kind and by state.
    - `overdue`: the number of those that are open and past their due date.
    - `answered`: the number of answered ones. `in_time`: of those, answered before the due date.
    - `rating`: the mean of the ratings, from 0 to 2; None without any.
    """

    kinds: Mapping[Kind, int]
    states: Mapping[State, int]
    overdue: int
    answered: int
    in_time: int
    rating: float | None


async def count_waiting_cases(
    connection: AsyncConnection,
    now: datetime,
    soon: datetime,
    reader: Officer,
    *,
    unit_code: str | None = None,
    assignee_id: int | None = None,
) -> dict[str, int]:
    """Return the numbers of open cases of a unit, of an assignee, or of all.

    Cases that `reader` may not open are left out.

    The keys are "new", "soon" (due between `now` and `soon`), "overdue" and "proposed" (waiting for
    approval).
    """
    among: list[Any] = [*_IS_OPEN, *make_visibility_conditions(reader)]
    if unit_code is not None:
        among.append(_cases.c.handled_by == unit_code)
    if assignee_id is not None:
        among.append(_cases.c.assignee_id == assignee_id)
    runs = _cases.c.paused_at.is_(None)
    columns = {
        "new": _cases.c.state.in_(_NEW),
        "soon": and_(runs, _cases.c.due_at > now, _cases.c.due_at <= soon),
        "overdue": and_(runs, _cases.c.due_at <= now),
        "proposed": _cases.c.state == State.ANSWER_PROPOSED,
    }
    counted = [func.count(case((condition, 1))) for condition in columns.values()]
    found = (await connection.execute(select(*counted).where(*among))).one()
    return dict(zip(columns, found, strict=True))


async def compute_statistics(
    connection: AsyncConnection,
    reader: Officer,
    unit_code: str | None,
    since: datetime,
    now: datetime,
) -> CaseStatistics:
    """Return the statistics of the cases that a unit handles or (None) of all.

    Cases that `reader` is kept off are left out: the numbers would show what happens to them.
    """
    among = [_cases.c.created_at >= since, make_recusal_condition(reader)]
    if unit_code is not None:
        among.append(_cases.c.handled_by == unit_code)

    async def count_by(column: Any) -> dict[Any, int]:
        found = await connection.execute(
            select(column, func.count()).where(*among).group_by(column).order_by(column)
        )
        return {row[0]: row[1] for row in found.all()}

    overdue = and_(*_IS_OPEN, _cases.c.due_at < now)
    answered = _cases.c.answered_at.is_not(None)
    in_time = and_(answered, _cases.c.answered_at <= _cases.c.due_at)
    how_many = [func.count(case((each, 1))) for each in (overdue, answered, in_time)]
    statement = select(*how_many, func.avg(_cases.c.rating)).where(*among)
    found = (await connection.execute(statement)).one()
    rating = None if found[3] is None else float(found[3])
    kinds, states = await count_by(_cases.c.kind), await count_by(_cases.c.state)
    return CaseStatistics(kinds, states, found[0], found[1], found[2], rating)
