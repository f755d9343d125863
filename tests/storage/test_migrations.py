"""Migrations: from nothing and from every released schema, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

import storage.models  # noqa: F401 - fills the metadata
from storage import migrations

if TYPE_CHECKING:
    from storage.database import Database


async def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    """Alembic finds no difference between the migrated schema and the models."""
    options = {"compare_type": True, "include_object": migrations.described}
    async with database.reading() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts=options), SQLModel.metadata
            )
        )
    assert differences == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    """A deploy may migrate as often as it likes."""
    await migrations.migrate(database)
    assert await migrations.revision(database) == migrations.head()
