"""Fixtures for all tests: a database of each kind, and a town."""

from __future__ import annotations

import asyncio
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import hypothesis
import pytest

from storage import migrations
from storage.database import Database
from tests.postgres import Postgres
from tests.temp_folder import choose_temp_folder
from tests.town.town import Town, open_town

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from pathlib import Path


# The gate tries the same examples every time; HYPOTHESIS_PROFILE=explore looks for new ones.
# There is no deadline: on a busy machine an example takes as long as it takes.
hypothesis.settings.register_profile("gate", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", max_examples=1000, deadline=None)
if where := choose_temp_folder():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", where)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """A PostgreSQL server with a migrated template database."""
    server = Postgres()

    async def prepare() -> None:
        await server.execute(f'CREATE DATABASE "{server.template}"')
        await _migrate(server.make_url(server.template))

    _run_in_thread(prepare())
    return server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _run_in_thread(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


def _run_in_thread(work: Coroutine[object, object, None]) -> None:
    """Run a coroutine in an event loop of its own: the test's loop may already run."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def _migrate(url: str) -> None:
    """Migrate the database at a URL."""
    database = Database(url)
    await migrations.migrate(database)
    await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a new, migrated database; a test with it runs once on each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "town.db"
        shutil.copy(template, path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = await server.create()
    yield server.make_url(name)
    await server.drop(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A new, migrated database; a test with it runs once on each kind."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    """A town with one replica."""
    async with open_town(database_url) as opened:
        yield opened


@pytest.fixture
async def twin_town(postgres: Postgres) -> AsyncIterator[Town]:
    """A town with two replicas on one PostgreSQL database."""
    name = await postgres.create()
    async with open_town(postgres.make_url(name), replicas=2) as opened:
        yield opened
    await postgres.drop(name)
