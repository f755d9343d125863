"""What every test may ask for: a database of each kind, a town with its people."""

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
from tests.places import choose_temp_folder
from tests.postgres import Postgres
from tests.town.town import Town, open_town

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from pathlib import Path


# The gate tries the same examples every time; HYPOTHESIS_PROFILE=explore looks for new ones.
hypothesis.settings.register_profile("gate", derandomize=True)
hypothesis.settings.register_profile("explore", max_examples=1000)
if where := choose_temp_folder():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", where)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """A server with a migrated template database."""
    server = Postgres()

    async def prepare() -> None:
        await server.execute(f'CREATE DATABASE "{server.template}"')
        await _migrated(server.database(server.template))

    _aside(prepare())
    return server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _aside(_migrated(f"sqlite+aiosqlite:///{path}"))
    return path


def _aside(work: Coroutine[object, object, None]) -> None:
    """Run it in a loop of its own: a fixture may be asked for while a test's loop runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def _migrated(url: str) -> None:
    database = Database(url)
    await migrations.migrate(database)
    await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database: once of each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "town.db"
        shutil.copy(template, path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = await server.create()
    yield server.database(name)
    await server.drop(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database of each kind."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    """One replica and nobody there yet."""
    async with open_town(database_url) as opened:
        yield opened


@pytest.fixture
async def twin_town(postgres: Postgres) -> AsyncIterator[Town]:
    """Two replicas on one PostgreSQL database."""
    name = await postgres.create()
    async with open_town(postgres.database(name), replicas=2) as opened:
        yield opened
    await postgres.drop(name)
