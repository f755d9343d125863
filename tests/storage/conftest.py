"""A database of each kind, filled by the first release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import migrations
from storage.database import Database
from tests.storage.filled_databases import FILLED_0001
from tests.storage.upgrades import run_script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
async def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A filled database with the schema of the first release."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        name = await server.create(empty=True)
        url = server.make_url(name)
    database = Database(url)
    await migrations.migrate(database, "0001")
    await run_script(database, FILLED_0001)
    yield database
    await database.close()
    if request.param == "postgresql":
        await server.drop(name)
