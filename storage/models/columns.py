"""Functions that declare columns."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, text
from sqlmodel import Field, SQLModel

from storage.types import AutoId, EnumByValue, UtcDateTime

# Rows are not validated by pydantic, so its validators are built only if something asks for them.
SQLModel.model_config["defer_build"] = True

# Constraints have fixed names, so that a migration can change them on any database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def auto_id() -> Any:
    """Declare a primary key of 64 bits, assigned by the database in ascending order."""
    return Field(default=None, sa_column=Column(AutoId, primary_key=True, autoincrement=True))


def chat_id_column(**options: Any) -> Any:
    """Declare a 64-bit column for a Telegram chat id or a pseudonym."""
    return Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False, **options))


def time_column(*, nullable: bool = False, **options: Any) -> Any:
    """Declare a column for an aware datetime."""
    column = Column(UtcDateTime, nullable=nullable, **options)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def enum_column(enum: type[StrEnum], **options: Any) -> Any:
    """Declare a column for the value of an enum."""
    return Field(sa_column=Column(EnumByValue(enum), nullable=False, **options))


def json_column(*, nullable: bool = False, **options: Any) -> Any:
    """Declare a JSON column. Assign a new value: changes inside a value are not stored."""
    return Field(sa_column=Column(JSON, nullable=nullable, **options))


def submission_id_column() -> Any:
    """Declare the indexed reference to the submission that a row belongs to."""
    return Field(
        sa_column=Column(AutoId, ForeignKey("submission.id"), nullable=False, index=True),
    )


def partial_index(name: str, condition: str, *columns: str) -> Index:
    """Declare an index of the rows for which a condition in SQL is true.

    `set_index_conditions` gives the condition to the dialects: to do it here would load both.
    """
    return Index(name, *columns, info={"condition": condition})


def set_index_conditions() -> None:
    """Pass the conditions of all partial indexes to SQLAlchemy. Call it before any DDL is made."""
    for table in SQLModel.metadata.tables.values():
        for index in table.indexes:
            if condition := index.info.get("condition"):
                for dialect in ("sqlite", "postgresql"):
                    index.dialect_options[dialect]["where"] = text(condition)
