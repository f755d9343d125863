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


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, for a connection that is open already."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def described(item: object, name: str | None, *_how: object) -> bool:
    """Return True unless it belongs to the word index, which the models do not describe."""
    del item
    return not (name or "").startswith(("submission_words", "ix_submission_words"))


def head() -> str:
    """The revision that this program needs."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


async def migrate(database: Database, revision: str = "head") -> None:
    """Bring a database up to a revision, in one transaction; raises Unavailable."""
    async with database.migrating() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), revision))


async def revision(database: Database) -> str | None:
    """The revision that a database is at; None for one that was never migrated."""
    async with database.reading() as connection:
        return await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )
