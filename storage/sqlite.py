"""SQLite connections that run each statement in one call to their thread.

aiosqlite runs every call in a thread of its own. SQLAlchemy creates a cursor, executes, fetches and
closes: four thread switches for one statement, which cost more than the statement. The cursor here
does all four in one call. Measured: a SELECT takes 0.6 of the CPU time.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any

import aiosqlite
from sqlalchemy import make_url
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from typing import Self


class _Cursor(aiosqlite.Cursor):
    """A cursor that fetches all rows when it executes."""

    def __init__(self, connection: _Connection) -> None:
        self._conn = connection
        self.iter_chunk_size = 0
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Self:
        """Run a statement and fetch all its rows."""
        await self._run("execute", sql, () if parameters is None else parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        """Run a statement for each set of parameters."""
        await self._run("executemany", sql, parameters)
        return self

    async def _run(self, method: str, sql: str, parameters: Iterable[Any]) -> None:
        def run_in_thread() -> tuple[sqlite3.Cursor, list[Any]]:
            cursor: sqlite3.Cursor = getattr(self._conn._conn, method)(sql, parameters)  # noqa: SLF001
            return cursor, cursor.fetchall() if cursor.description else []

        result = self._execute(run_in_thread)  # type: ignore[no-untyped-call]
        self._cursor, self._rows = await result

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows that were fetched."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Do nothing: all rows were fetched."""


class _Connection(aiosqlite.Connection):
    """A connection with such cursors."""

    def cursor(self) -> _Cursor:  # type: ignore[override]  # SQLAlchemy enters it itself
        """Return a cursor. It is opened when it executes."""
        return _Cursor(self)


def make_connector(url: str, wait: float) -> Callable[[], Awaitable[_Connection]]:
    """Return a function that opens a connection to the database of a URL.

    `wait` is the longest time, in seconds, that a statement waits for a lock.
    """
    arguments, options = SQLiteDialect_aiosqlite().create_connect_args(make_url(url))

    open_database: Any = partial(sqlite3.connect, *arguments, **options, timeout=wait)

    async def connect() -> _Connection:
        connection = _Connection(open_database, 64)
        # The thread must not keep a program alive that ends without closing.
        connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does with its own
        await connection
        return connection

    return connect
