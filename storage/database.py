"""The database engine, and the only functions that open transactions."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.sqlite import make_connector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy import Connection, ExceptionContext

DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")


class Unavailable(Exception):
    """The database cannot be reached, is locked, full or too slow. Nothing was changed."""


class BadUrl(ValueError):
    """The database URL cannot be used. The message says why."""


def find_sqlite_file(url: str) -> Path | None:
    """Return the path of the SQLite file of a database URL; None for PostgreSQL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


class Database:
    """A SQLite or PostgreSQL database.

    Statements are functions that take a connection of `transaction()` or `reading()`. They never
    commit.
    """

    def __init__(self, url: str, *, pool_size: int = 10, wait: float = 10.0) -> None:
        """Prepare the engine. It connects when it is first used. Raises BadUrl.

        `wait` is the longest time, in seconds, that a transaction waits for a connection or a lock.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise BadUrl("the database URL cannot be read") from error
        if parsed.drivername not in DRIVERS:
            raise BadUrl(f"the database URL must begin with {' or '.join(DRIVERS)}")
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._engine = (
            _make_sqlite_engine(url, wait)
            if self.is_sqlite
            else _make_postgresql_engine(url, pool_size, wait)
        )
        event.listen(self._engine.sync_engine, "handle_error", _translate_driver_error)
        # SQLite has one writer. A queue here is cheaper and fairer than its busy handler.
        self._writer: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if self.is_sqlite else nullcontext()
        )

    @property
    def engine(self) -> AsyncEngine:
        """Return the engine, for migrations."""
        return self._engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction: commit at the end of the block, roll back if it raises.

        Raises Unavailable if the database cannot be used now.
        """
        with _ErrorTranslator() as translator:
            async with self._writer, self._engine.begin() as connection:
                with translator.leave_errors():
                    yield connection

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that may change the schema. Raises Unavailable.

        SQLite changes a table by replacing it, which needs foreign keys to be switched off. They
        are checked before the commit. Raises RuntimeError if a row refers to a missing one.
        """
        with _ErrorTranslator() as translator:
            async with self._writer, self._engine.connect() as connection:
                await connection.execution_options(migrating=True)
                async with connection.begin():
                    with translator.leave_errors():
                        yield connection
                    if self.is_sqlite:
                        broken = await connection.exec_driver_sql("PRAGMA foreign_key_check")
                        if row := broken.first():
                            raise RuntimeError(f"the migration broke a reference of {row[0]}")
                await connection.invalidate()  # the next connection has foreign keys on

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that reads a consistent snapshot and blocks no writer.

        Raises Unavailable if the database cannot be used now.
        """
        with _ErrorTranslator() as translator:
            async with self._engine.connect() as connection:
                await connection.execution_options(reading=True)
                async with connection.begin():
                    with translator.leave_errors():
                        yield connection

    async def optimise(self) -> None:
        """Update SQLite's statistics and truncate its write-ahead log. No-op on PostgreSQL.

        Measured: without statistics, a page of open cases takes nine times as long with 10,000
        cases as with 100; with statistics it takes the same time. The log is truncated because it
        may still contain erased rows. Raises Unavailable.
        """
        if self.is_sqlite:
            async with self._writer, self._engine.connect() as connection:
                raw = await connection.get_raw_connection()
                # The mask that SQLite recommends for connections that stay open.
                await raw.driver_connection.execute("PRAGMA optimize=0x10002")  # type: ignore[union-attr]
                await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]

    async def ping(self) -> None:
        """Send a query to check that the database answers. Raises Unavailable if it does not."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


class _ErrorTranslator:
    """Context manager that raises Unavailable for every error of an unavailable database."""

    def __init__(self) -> None:
        self._foreign: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and error is not self._foreign and _is_unavailable(error):
            raise Unavailable(str(error).partition("\n")[0]) from error

    @contextmanager
    def leave_errors(self) -> Iterator[None]:
        """Leave errors of files and of the network as they are that this block raises.

        They are not of the database: those of its driver are translated by the engine.
        """
        try:
            yield
        except OSError as error:
            self._foreign = error
            raise


def _translate_driver_error(context: ExceptionContext) -> Unavailable | None:
    """Return what a statement raises instead of an error of the driver's network."""
    error = context.original_exception
    return Unavailable(str(error)) if isinstance(error, OSError) else None


# Prefixes of PostgreSQL's SQLSTATE codes: connection, resources, operator, system, login; unknown
# database, table or column (a deploy before its migration), lock timeout, serialization, deadlock,
# idle in a transaction.
_UNAVAILABLE_STATES = (
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


def _is_unavailable(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    driver_error = error.orig if isinstance(error, DBAPIError) else error
    if str(getattr(driver_error, "sqlstate", None) or "").startswith(_UNAVAILABLE_STATES):
        return True
    # While it connects, asyncpg raises OSError and TimeoutError.
    return isinstance(
        error, OperationalError | InterfaceError | PoolTimeoutError | OSError | TimeoutError
    )


def _make_sqlite_engine(url: str, wait: float) -> AsyncEngine:
    folder = Path(make_url(url).database or ".").parent
    if not folder.is_dir():
        raise BadUrl(f"the folder of the database, {folder}, does not exist: make it first")
    engine = create_async_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # an error must not carry a resident's words into a log
        async_creator=make_connector(url, wait),
        # Every block ends its own transaction, except a block whose commit fails: see _roll_back.
        pool_reset_on_return=None,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _set_pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # _begin sends BEGIN
        cursor = connection.cursor()
        # secure_delete overwrites erased data with zeros.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "reset")
    def _roll_back(connection: Any, _record: object, _state: object) -> None:
        # A commit that failed may leave its transaction open: the next one could never begin.
        if connection.driver_connection.in_transaction:
            connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction fails at its first write if another transaction wrote meanwhile.
        options = connection.get_execution_options()
        if options.get("migrating", False):
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        reading = options.get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _make_postgresql_engine(url: str, pool_size: int, wait: float) -> AsyncEngine:
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
