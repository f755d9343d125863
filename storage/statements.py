"""Rows read by Core statements, typed as the models whose columns they have.

Statements that a turn needs are built once, with parameters by name: building one and finding its
compiled form costs as much as running it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Executable
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlmodel import SQLModel

Model = TypeVar("Model", bound="SQLModel")


def table(model: type[SQLModel]) -> Table:
    """The table of a model, for Core statements."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]


def insert_into(model: type[SQLModel], dialect_name: str) -> Any:
    """An INSERT that knows ON CONFLICT, which both databases have in the same words."""
    made = postgresql.insert if dialect_name == "postgresql" else sqlite.insert
    return made(table(model))


async def fetch_one(
    connection: AsyncConnection,
    model: type[Model],
    statement: Executable,
    parameters: Mapping[str, Any] | None = None,
) -> Model | None:
    """The one row of a statement on `model`'s columns, or None. It can be read, not changed."""
    del model  # names the type only
    result = await connection.execute(statement, parameters)
    return cast("Model | None", result.one_or_none())


async def fetch_all(
    connection: AsyncConnection,
    model: type[Model],
    statement: Executable,
    parameters: Mapping[str, Any] | None = None,
) -> Sequence[Model]:
    """The rows of a statement on `model`'s columns."""
    del model
    return cast("Sequence[Model]", (await connection.execute(statement, parameters)).all())
