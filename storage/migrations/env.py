"""Run Alembic on the connection that it is given."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel

import storage.models  # noqa: F401 - fills the metadata
from storage.migrations import described
from storage.models.columns import set_index_conditions
from storage.types import EnumByValue, UtcDateTime


def plainly(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write our column types as what they are in the database: a migration outlives the code."""
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
    render_item=plainly,
    include_object=described,
)
with context.begin_transaction():
    context.run_migrations()
