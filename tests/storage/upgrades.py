"""Steps of tests that upgrade filled databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Row

    from storage.database import Database


async def run_script(database: Database, statements: str) -> None:
    """Run statements of SQL, separated by semicolons at the ends of lines."""
    async with database.transaction() as connection:
        for statement in statements.split(";\n"):
            if statement.strip():
                await connection.exec_driver_sql(statement.replace("%", "%%"))


async def list_rows(database: Database, statement: str) -> list[Row[tuple[object, ...]]]:
    """Return the rows that a statement selects."""
    async with database.reading() as connection:
        return list((await connection.execute(text(statement))).all())
