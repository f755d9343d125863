"""Migrations, from nothing and from every released schema, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

import storage.models  # noqa: F401 - fills the metadata
from storage import migrations
from storage.database import Database
from storage.models.columns import set_index_conditions

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Postgres


async def test_the_migrations_create_the_schema_of_the_models(database: Database) -> None:
    """Alembic finds no difference between the migrated schema and the models."""
    set_index_conditions()
    options = {"compare_type": True, "include_object": migrations.is_in_models}
    async with database.reading() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts=options), SQLModel.metadata
            )
        )
    assert differences == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    """A deployment may migrate any number of times."""
    await migrations.migrate(database)
    assert await migrations.find_revision(database) == migrations.get_needed_revision()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_subscriptions_survive_migration_0007(
    kind: str, tmp_path: Path, postgres: Postgres
) -> None:
    """The column `area` becomes `subject`; a subscription stays, and stays unique."""
    url = f"sqlite+aiosqlite:///{tmp_path}/old.db"
    if kind == "postgresql":
        url = postgres.make_url(await postgres.create(empty=True))
    database = Database(url)
    await migrations.migrate(database, "0006")
    chosen = "VALUES (1, 'sealed', 'vi', '11407', '2026-11-24 00:00:00')"
    async with database.transaction() as connection:
        old = "INSERT INTO subscription (alias, sealed, language, area, created_at)"
        await connection.exec_driver_sql(f"{old} {chosen}")
    await migrations.migrate(database)
    async with database.reading() as connection:
        found = await connection.exec_driver_sql("SELECT alias, subject FROM subscription")
        assert [tuple(each) for each in found.all()] == [(1, "11407")]
        new = "INSERT INTO subscription (alias, sealed, language, subject, created_at)"
        with pytest.raises(IntegrityError):
            await connection.exec_driver_sql(f"{new} {chosen}")
    await database.close()
