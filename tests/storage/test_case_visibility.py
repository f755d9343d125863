"""The cases that an officer may read: the same by SQL, for lists, as in Python, for one case."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from bot.areas.units import CITY
from bot.casework.permissions import READERS, get_visible_unit, may_open
from storage import casework, forum_sessions, search, submissions
from storage.models import Identity, Kind, Officer, Recusal, Role, State, Submission
from storage.statements import fetch_all, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
UNITS = (CITY, "11407", "11413")
WORD, FORUM = "tieng", "DDAAAA"
MOST = 10_000


async def add_officers(connection: AsyncConnection) -> Sequence[Officer]:
    """Store and return an officer of every role in every unit."""
    rows = [
        {
            "chat_id": 1000 + number,
            "name": f"{role} {unit}",
            "unit_code": unit,
            "role": role,
            "topics": [],
            "roster": [],
            "on_duty": True,
            "active": True,
            "created_at": NOW,
        }
        for number, (role, unit) in enumerate(product(Role, UNITS))
    ]
    await connection.execute(insert(table(Officer)), rows)
    return await fetch_all(connection, Officer, select(table(Officer)))


async def add_cases(
    connection: AsyncConnection, officers: Sequence[Officer]
) -> Sequence[Submission]:
    """Store and return cases of every kind, unit and assignee: each once with all recused."""
    assignees = (None, *(officer.id for officer in officers))
    rows: list[dict[str, Any]] = [
        {
            "code": f"HP-{number}",
            "kind": kind,
            "topics": [],
            "unit_code": "11407",
            "unit_vintage": "2025-07-01",
            "handled_by": unit,
            "text": WORD,
            "folded": WORD,
            "urgent": False,
            "hides_personal": False,
            "state": State.IN_PROGRESS,
            "version": 1,
            "identity": Identity.UNNAMED,
            "confidential": False,
            "language": "vi",
            "forum": FORUM,
            "created_at": NOW,
            "due_at": NOW,
            "assignee_id": assignee,
            "escalation": recuses,  # marks the cases that get recusals below
            "extensions": 0,
        }
        for number, (kind, unit, assignee, recuses) in enumerate(
            product(Kind, UNITS, assignees, (False, True))
        )
    ]
    await connection.execute(insert(table(Submission)), rows)
    cases = await fetch_all(connection, Submission, select(table(Submission)))
    recusals = [
        {"submission_id": case.id, "officer_id": officer.id, "by": officer.id, "at": NOW}
        for case in cases
        if case.escalation
        for officer in officers
    ]
    await connection.execute(insert(table(Recusal)), recusals)
    return cases


async def test_lists_have_exactly_the_cases_that_may_be_opened(database: Database) -> None:
    """For every role, unit, kind, assignee and recusal, in every list of cases."""
    async with database.transaction() as connection:
        officers = await add_officers(connection)
        cases = await add_cases(connection, officers)
        everybody = {officer.id for officer in officers}
        for officer in officers:
            may = {
                case.id: case
                for case in cases
                if may_open(officer, case, everybody if case.escalation else ())
            }
            unit = get_visible_unit(officer)
            who = (officer.role, officer.unit_code)
            opened = await submissions.list_open_cases(
                connection, unit, officer=officer, now=NOW, max_rows=MOST
            )
            assert {case.id for case in opened} == may.keys(), who
            found = await search.find_submissions(connection, WORD, unit, officer, MOST)
            assert {case.id for case in found} == may.keys(), who
            if officer.role in READERS:
                given = await forum_sessions.list_submissions(
                    connection, FORUM, officer, unit, max_rows=MOST
                )
                assert {case.id for case in given} == may.keys(), who
            for place in {case.handled_by: case for case in may.values()}.values():
                similar = await casework.list_similar(connection, place, officer, MOST, 9)
                expected = {each.id for each in may.values() if each.handled_by == place.handled_by}
                assert {case.id for case in similar} == expected - {place.id}, who
