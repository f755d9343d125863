"""What columns are made of."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, text
from sqlmodel import Field, SQLModel

from storage.types import AutoId, EnumByValue, UtcDateTime

# Constraint names are written down, so that a migration can name what it changes on any database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def auto_id() -> Any:
    """A key that counts up by itself."""
    return Field(default=None, sa_column=Column(AutoId, primary_key=True, autoincrement=True))


def chat_id_column(**options: Any) -> Any:
    """The id of a chat in Telegram, or a pseudonym in its place: 64 bits."""
    return Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False, **options))


def time_column(*, nullable: bool = False, **options: Any) -> Any:
    """A moment, aware."""
    column = Column(UtcDateTime, nullable=nullable, **options)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def enum_column(enum: type[StrEnum], **options: Any) -> Any:
    """A value of an enum."""
    return Field(sa_column=Column(EnumByValue(enum), nullable=False, **options))


def json_column(*, nullable: bool = False, **options: Any) -> Any:
    """JSON, which is replaced and never mutated."""
    return Field(sa_column=Column(JSON, nullable=nullable, **options))


def of_submission() -> Any:
    """The submission that a row belongs to."""
    return Field(
        sa_column=Column(AutoId, ForeignKey("submission.id"), nullable=False, index=True),
    )


def partial_index(name: str, condition: str, *columns: str) -> Index:
    """An index of the rows of which a condition in SQL is true."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))
