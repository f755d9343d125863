"""Alembic's migrations, run from code: no alembic.ini is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.database import Database


def make_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for an open connection, or for reading the scripts only."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def is_in_models(item: object, name: str | None, *_how: object) -> bool:
    """Return True unless an item of the schema belongs to the full-text index.

    The models do not contain that index, so Alembic must not compare it.
    """
    del item
    return not (name or "").startswith(("submission_words", "ix_submission_words"))


def get_needed_revision() -> str:
    """Return the id of the newest migration, which the program needs."""
    return str(ScriptDirectory.from_config(make_config()).get_current_head())


async def migrate(database: Database, revision: str = "head") -> None:
    """Run the migrations up to a revision, in one transaction. Raises Unavailable."""
    async with database.migrating() as connection:
        await connection.run_sync(lambda sync: command.upgrade(make_config(sync), revision))


async def find_revision(database: Database) -> str | None:
    """Return the revision of a database; None if no migration was run. Raises Unavailable."""
    async with database.reading() as connection:
        return await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )
