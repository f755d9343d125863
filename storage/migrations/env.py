"""Alembic runs this module. It runs the migrations on the connection in the configuration."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel

import storage.models  # noqa: F401 - fills the metadata
from storage.migrations import is_in_models
from storage.models.columns import set_index_conditions
from storage.types import EnumByValue, UtcDateTime


def render_column_type(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Return the source text of a column type for a new migration; False for Alembic's own text.

    A migration uses the types of SQLAlchemy, because it must not depend on `storage.types`.
    """
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, EnumByValue):
        return "sa.String(length=32)"
    return False


set_index_conditions()
connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=render_column_type,
    include_object=is_in_models,
)
with context.begin_transaction():
    context.run_migrations()
