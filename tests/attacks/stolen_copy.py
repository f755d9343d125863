"""A full copy of the database, read as a thief without the key reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, literal_column, select

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from storage.database import Database

# SQLite's hidden number of a row, which shows the order of insertion.
HIDDEN = "rowid"


@dataclass(frozen=True)
class StolenCopy:
    """All rows of all tables: for each table a list of rows, each a dict of its columns."""

    tables: Mapping[str, list[dict[str, Any]]]

    def find(self, pattern: str, *, but_in: Collection[str] = ()) -> list[str]:
        """Return "table.column: value" of the values that match a regular expression.

        `but_in` are names "table.column" where it may stand.
        """
        sought = re.compile(pattern)
        return [
            f"{table}.{column}: {value!r:.200}"
            for table, rows in self.tables.items()
            for row in rows
            for column, value in row.items()
            if f"{table}.{column}" not in but_in and sought.search(_make_text(value))
        ]

    def find_number(self, number: int) -> list[str]:
        """Return where a number stands in decimal digits, alone or within a text."""
        return self.find(rf"(?<!\d){number}(?!\d)")


async def steal_copy(database: Database) -> StolenCopy:
    """Return all rows of a database, without those of the search index."""
    tables = MetaData()
    async with database.reading() as connection:
        await connection.run_sync(lambda sync: tables.reflect(sync))
        found = {}
        for name, each in tables.tables.items():
            if name.startswith(("submission_words", "alembic")):
                continue
            columns: list[Any] = list(each.c)
            if database.is_sqlite and _has_hidden_number(each):
                columns.append(literal_column("rowid").label(HIDDEN))
            rows = (await connection.execute(select(*columns).select_from(each))).mappings()
            found[name] = [dict(row) for row in rows]
    return StolenCopy(found)


def _has_hidden_number(table: Any) -> bool:
    return bool(table.dialect_options["sqlite"].get("with_rowid", True))


def _make_text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value)


def list_leaks(copy: StolenCopy, numbers: Iterable[int]) -> list[str]:
    """Return where any of the numbers stands in the copy."""
    return [leak for number in numbers for leak in copy.find_number(number)]
