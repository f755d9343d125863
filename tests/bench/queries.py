"""Officers' queries at ten thousand open cases against a hundred.

The cases are spread over the city's units as people live: most are in a few of them.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import insert, text

from bot.areas.units import CITY, list_units
from bot.casework import case_access, case_lists, case_view, choices, staff, submission_rules
from bot.core.text_folding import fold_text
from bot.core.unit_of_work import UnitOfWork
from bot.privacy.encryption import make_key
from bot.runtime.builders import make_policy
from bot.runtime.settings import PrivacySettings, Settings
from storage import casework, officers, search
from storage.database import Database
from storage.models import Identity, Kind, Role, State, Submission
from storage.statements import table
from tests.policy import POLICY

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

NOW = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
BOSS, WARDEN = 1, 2  # the chats of a coordinator of the city and of a ward's officer
WARD = "11407"
_WORDS = ("đèn đường hỏng", "trộm xe máy", "ùn tắc cổng trường", "lấn chiếm vỉa hè", "ồn ào")
_OPEN = (State.RECEIVED, State.ASSIGNED, State.IN_PROGRESS, State.ANSWER_PROPOSED)
_ROWS = table(Submission)
Query = Callable[["AsyncConnection"], Awaitable[object]]


@dataclass(frozen=True)
class FilledDatabase:
    """A database with open cases, and the code of a case of the ward."""

    database: Database
    code: str


async def fill_database(url: str, cases: int) -> FilledDatabase:
    """Store officers and this many open cases in a migrated database."""
    database, dice = Database(url), random.Random(7)
    async with database.transaction() as connection:
        for chat_id, unit, role in ((BOSS, CITY, Role.COORDINATOR), (WARDEN, WARD, Role.OFFICER)):
            token = await staff.make_invite(UnitOfWork(connection, NOW, POLICY), unit, role, ())
            await staff.accept_invite(
                UnitOfWork(connection, NOW, POLICY), chat_id, str(chat_id), token
            )
        boss = await officers.find_officer(connection, BOSS)
        warden = await officers.find_officer(connection, WARDEN)
        assert boss
        assert warden
        codes = [unit.code for unit in list_units() if unit.code != WARD]
        rows = [_case(number, dice, codes, (boss.id, warden.id)) for number in range(cases)]
        for start in range(0, cases, 500):
            await connection.execute(insert(_ROWS), rows[start : start + 500])
    await _update_statistics(database)
    return FilledDatabase(database, str(rows[0]["code"]))


async def _update_statistics(database: Database) -> None:
    """Update the planner's statistics, as the bot's purge or PostgreSQL's autovacuum does."""
    await database.optimise()
    await search.optimise_index(database)
    if not database.is_sqlite:
        async with database.transaction() as connection:
            await connection.execute(text("ANALYZE"))


def _case(
    number: int, dice: random.Random, codes: list[str], having: tuple[int | None, ...]
) -> dict[str, object]:
    # The ward that is looked at has eighty of its own, and nobody has more to do, however many
    # there are elsewhere.
    unit = WARD if number < 80 else dice.choice([CITY, *codes])
    words = " ".join(dice.sample(_WORDS, 3)) + f" ngõ {dice.randint(1, 200)}"
    # What waits for somebody is soon taken on: among many there are no more of it.
    state = dice.choice(_OPEN) if number < 100 else State.IN_PROGRESS
    boss, warden = having
    mine = warden if unit == WARD and number % 4 == 0 else boss if 80 <= number < 100 else None
    due = NOW + timedelta(hours=dice.randint(-400, 4000), seconds=number)
    return {
        "code": submission_rules.make_receipt_code(dice.choice),
        "kind": dice.choice([*Kind]),
        "topics": ["theft"],
        "unit_code": unit,
        "unit_vintage": "2025-07-01",
        "handled_by": unit,
        "text": words,
        "folded": fold_text(words),
        "urgent": False,
        "hides_personal": False,
        "version": 1,
        "state": state,
        "identity": Identity.UNNAMED,
        "confidential": True,
        "language": "vi",
        "created_at": NOW - timedelta(days=5),
        "due_at": due,
        "assignee_id": mine,
        "alerted_at": NOW,
        "escalation": 0,
        "extensions": 0,
    }


def list_queries(filled: FilledDatabase) -> dict[str, Query]:
    """Return every query that an officer waits for, by name."""
    settings = Settings.model_construct(privacy=PrivacySettings(encryption_key=make_key()))
    policy = make_policy(
        settings.model_copy(
            update={
                name: field.default
                for name, field in Settings.model_fields.items()
                if name != "privacy"
            }
        )
    )
    found: dict[str, Query] = {}
    later = f"{int((NOW + timedelta(hours=900)).timestamp())}-1"
    for scope, chat_id in (("city", BOSS), ("ward", WARDEN)):
        for which in case_lists.FILTERS:
            found[f"/cases {which} ({scope})"] = partial(_cases, chat_id, which, "")
        found[f"/cases, a later page ({scope})"] = partial(_cases, chat_id, "unit", later)
        for words in ("trom xe", "trom x", "ngo 17", "khong co gi"):
            found[f"/search {words} ({scope})"] = partial(_search, chat_id, words)
    found["/case"] = lambda c: case_view.open_case(UnitOfWork(c, NOW, policy), WARDEN, filled.code)
    found["what can be chosen for it"] = lambda c: _chosen(c, filled.code)
    found["whose turn it is"] = lambda c: casework.count_open_cases(c, [1, 2])
    return found


async def _cases(chat_id: int, which: str, after: str, connection: AsyncConnection) -> None:
    await case_lists.list_cases(
        UnitOfWork(connection, NOW, POLICY), chat_id, which=which, after=after
    )


async def _search(chat_id: int, words: str, connection: AsyncConnection) -> None:
    await case_lists.search_cases(connection, chat_id, words)


async def _chosen(connection: AsyncConnection, code: str) -> None:
    access = await case_access.find_case_access(UnitOfWork(connection, NOW, POLICY), WARDEN, code)
    assert access is not None
    await choices.prepare_similar_cases(
        UnitOfWork(connection, NOW, POLICY), WARDEN, code, states=submission_rules.NEW
    )


async def compare_queries(
    few: FilledDatabase, many: FilledDatabase, rounds: int
) -> dict[str, float]:
    """Return the median time of each query at many cases, divided by its median at few.

    Every round runs all queries on both databases, so that other work of the machine affects all
    alike.
    """
    both = [(filled, list_queries(filled)) for filled in (few, many)]
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in both[0][1]}
    for _ in range(rounds):
        for name, kept in times.items():
            for (filled, queries), took in zip(both, kept, strict=True):
                async with filled.database.transaction() as connection:
                    begun = time.perf_counter()
                    await queries[name](connection)
                    took.append(time.perf_counter() - begun)
    return {
        name: statistics.median(later) / statistics.median(first)
        for name, (first, later) in times.items()
    }
