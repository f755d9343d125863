"""The engine, and the one place where a transaction is opened."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.sqlite import make_connector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy import Connection

DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")


class Unavailable(Exception):
    """The database cannot be reached, is locked, full or too slow; nothing was changed."""


class BadUrl(ValueError):
    """The database URL is not one that this program can use."""


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


class Database:
    """One database, SQLite or PostgreSQL, behind `transaction()` and `reading()`.

    Queries are functions that take the connection these give; they never commit.
    """

    def __init__(self, url: str, *, pool_size: int = 10, wait: float = 10.0) -> None:
        """Prepare the engine; connects only when it is first used.

        `wait` is how many seconds a turn waits for a connection or a lock before `Unavailable`.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise BadUrl("the database URL cannot be read") from error
        if parsed.drivername not in DRIVERS:
            raise BadUrl(f"the database URL must begin with {' or '.join(DRIVERS)}")
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._engine = _sqlite(url, wait) if self.is_sqlite else _postgresql(url, pool_size, wait)
        # SQLite has one writer: queueing for it here is cheaper and fairer than its busy handler.
        self._turnstile: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if self.is_sqlite else nullcontext()
        )

    @property
    def engine(self) -> AsyncEngine:
        """The engine itself, for migrations."""
        return self._engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Commit what is done inside, all of it or, if anything is raised, nothing.

        Raises Unavailable when the database cannot take it now.
        """
        with _translate_errors():
            async with self._turnstile, self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """A transaction in which the schema may change.

        SQLite changes a table by making another in its place, which it allows only while nothing
        watches the references to it; they are checked before the commit.
        """
        with _translate_errors():
            async with self._turnstile, self._engine.connect() as connection:
                await connection.execution_options(migrating=True)
                async with connection.begin():
                    yield connection
                    if self.is_sqlite:
                        broken = await connection.exec_driver_sql("PRAGMA foreign_key_check")
                        if row := broken.first():
                            raise RuntimeError(f"the migration broke a reference of {row[0]}")
                await connection.invalidate()  # the next connection watches references again

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Read a consistent state without holding up those who write."""
        with _translate_errors():
            async with self._engine.connect() as connection:
                await connection.execution_options(reading=True)
                async with connection.begin():
                    yield connection

    async def tidy(self) -> None:
        """Let SQLite count what it has, and let go of what its log holds of erased pages.

        Measured: before it has counted, a list of ten thousand open cases takes nine times as long
        as one of a hundred, afterwards as long. PostgreSQL does both by itself.
        """
        if self.is_sqlite:
            async with self._turnstile, self._engine.connect() as connection:
                raw = await connection.get_raw_connection()
                # As SQLite's own page on `optimize` has it for connections that stay open.
                await raw.driver_connection.execute("PRAGMA optimize=0x10002")  # type: ignore[union-attr]
                await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]

    async def ping(self) -> None:
        """Return when the database answers; raises Unavailable."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()


class _translate_errors:  # noqa: N801 - reads as a statement
    """Give the many faces of a database that is away one name."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and _means_unavailable(error):
            raise Unavailable(str(error).splitlines()[0]) from error


# PostgreSQL's SQLSTATEs, by their beginnings: connection, resources, operator, system, login; no
# such database, table or column (a deploy before its migration), lock timeout, serialization,
# deadlock, idle in a transaction.
_AWAY = (
    "08",
    "53",
    "57",
    "58",
    "28",
    "3D000",
    "42P01",
    "42703",
    "55P03",
    "40001",
    "40P01",
    "25P03",
)


def _means_unavailable(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    driver_error = error.orig if isinstance(error, DBAPIError) else error
    if str(getattr(driver_error, "sqlstate", None) or "").startswith(_AWAY):
        return True
    # asyncpg raises plain OSErrors and its own timeouts while it connects.
    return isinstance(
        error, OperationalError | InterfaceError | PoolTimeoutError | OSError | TimeoutError
    )


def _sqlite(url: str, wait: float) -> AsyncEngine:
    folder = Path(make_url(url).database or ".").parent
    if not folder.is_dir():
        raise BadUrl(f"the folder of the database, {folder}, does not exist: make it first")
    engine = create_async_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # an error must not carry a resident's words into a log
        async_creator=make_connector(url, wait),
        # Every transaction here is ended by its own block: there is nothing to take back.
        pool_reset_on_return=None,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        # What is erased is overwritten, not only left out.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that turns to writing fails at once when another one wrote since.
        options = connection.get_execution_options()
        if options.get("migrating", False):
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        reading = options.get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str, pool_size: int, wait: float) -> AsyncEngine:
    return create_async_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # an error must not carry a resident's words into a log
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=wait,
        connect_args={
            "timeout": wait,
            "server_settings": {
                "lock_timeout": f"{int(wait * 1000)}",
                "idle_in_transaction_session_timeout": "60000",
            },
        },
    )
