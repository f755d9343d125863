"""Finding submissions by words of their folded text, with each database's own index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import column, select, table, text

from storage.case_visibility import make_visibility_conditions
from storage.models import Submission
from storage.statements import fetch_all
from storage.statements import table as table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database
    from storage.models import Officer

_rows = table_of(Submission)
_words = table("submission_words", column("rowid"))


_PAGES = 500  # of the index, written in one transaction: a few milliseconds
_MOST_STEPS = 100


async def optimise_index(database: Database) -> None:
    """Merge the parts of SQLite's index of words, step by step; PostgreSQL has none.

    Measured: a unit's cases with a word that all cases have are found five times faster in one.
    """
    if not database.is_sqlite:
        return
    for step in range(_MOST_STEPS):  # what is left is for the next day
        async with database.transaction() as connection:
            changed = text("SELECT total_changes()")
            before = (await connection.execute(changed)).scalar_one()
            # The first one is negative: it begins to merge whatever there is.
            await connection.execute(
                text("INSERT INTO submission_words(submission_words, rank) VALUES ('merge', :n)"),
                {"n": _PAGES if step else -_PAGES},
            )
            # As SQLite's page on FTS5 has it: one change is this statement's own.
            if (await connection.execute(changed)).scalar_one() - before < 2:
                return


async def find_submissions(
    connection: AsyncConnection, folded: str, unit_code: str | None, officer: Officer, most: int
) -> Sequence[Submission]:
    """Submissions with all the words, newest first; then those where the last one is a beginning.

    Of those that an officer of a unit, or without one of all units, may see.
    """
    words = re.findall(r"\w+", folded)
    found: list[Submission] = []
    # Beginnings cost what all that begin so cost: only where whole words leave room.
    for begins in (False, True) if words else ():
        statement = select_matching(words, connection.dialect.name, unit_code, begins=begins)
        known = [each.id for each in found]
        statement = statement.where(*make_visibility_conditions(officer), _rows.c.id.not_in(known))
        found += await fetch_all(connection, Submission, statement.limit(most - len(found)))
        if len(found) == most:
            break
    return found


def select_matching(
    words: Sequence[str], dialect_name: str, unit_code: str | None, *, begins: bool
) -> Select[tuple[Submission]]:
    """The submissions with all of some words, newest first, whoever may see them.

    Of a unit or, without one, of all; the last word may be the beginning of one if it `begins`.
    """
    if dialect_name == "sqlite":
        quoted = " ".join(f'"{word}"' for word in words)
        query = f"folded : ({quoted}{'*' if begins else ''})"
        if unit_code is not None:
            query += f' AND handled_by : "{unit_code}"'
        matched = text("submission_words MATCH :query").bindparams(query=query)
        found = select(_rows).join_from(_words, _rows, _rows.c.id == _words.c.rowid)
        return found.where(matched).order_by(_words.c.rowid.desc())
    query = " & ".join(words) + (":*" if begins else "")
    matched = text("submission_words @@ to_tsquery('simple', :query)")
    found = select(_rows).where(matched.bindparams(query=query)).order_by(_rows.c.id.desc())
    return found if unit_code is None else found.where(_rows.c.handled_by == unit_code)
