"""Core statements whose rows are typed as the models that have their columns.

Statements of frequent operations are built once, with named parameters: to build a statement and to
find its compiled form costs as much as to run it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Executable
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlmodel import SQLModel

Model = TypeVar("Model", bound="SQLModel")


def table(model: type[SQLModel]) -> Table:
    """Return the table of a model, for Core statements."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]


def list_columns(model: type[SQLModel], *, without: Collection[str]) -> tuple[str, ...]:
    """Return the column names of a model in their order, except those in `without`."""
    return tuple(name for name in table(model).columns.keys() if name not in without)  # noqa: SIM118


def insert_into(model: type[SQLModel], dialect_name: str) -> Any:
    """Return the dialect's INSERT, which has `on_conflict_do_nothing` and `on_conflict_do_update`.

    `dialect_name` is "sqlite" or "postgresql".
    """
    # A process uses one database, and loads the dialect of that one only.
    dialect = import_module(f"sqlalchemy.dialects.{dialect_name}")
    return dialect.insert(table(model))


async def fetch_one(
    connection: AsyncConnection,
    model: type[Model],
    statement: Executable,
    parameters: Mapping[str, Any] | None = None,
) -> Model | None:
    """Return the only row of a statement on the columns of `model`, or None. It is read-only.

    Raises MultipleResultsFound if there are more.
    """
    del model  # names the type only
    result = await connection.execute(statement, parameters)
    return cast("Model | None", result.one_or_none())


async def fetch_all(
    connection: AsyncConnection,
    model: type[Model],
    statement: Executable,
    parameters: Mapping[str, Any] | None = None,
) -> Sequence[Model]:
    """Return the rows of a statement on the columns of `model`. They are read-only."""
    del model
    return cast("Sequence[Model]", (await connection.execute(statement, parameters)).all())
