"""Officers and their invites."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, String
from sqlmodel import Field, SQLModel

from storage.models.columns import (
    auto_id,
    chat_id_column,
    enum_column,
    json_column,
    time_column,
)


class Role(StrEnum):
    """What an officer may do; a resident has no row and no role."""

    OFFICER = "officer"
    APPROVER = "approver"
    TRIAGE = "triage"
    COORDINATOR = "coordinator"
    ORGANISER = "organiser"
    OBSERVER = "observer"
    ADMINISTRATOR = "administrator"


class Officer(SQLModel, table=True):
    """An officer of a unit; `topics` empty means every topic."""

    id: int | None = auto_id()
    chat_id: int = chat_id_column(unique=True)
    name: str = Field(sa_type=String(128))
    unit_code: str = Field(sa_type=String(16), index=True)
    role: Role = enum_column(Role)
    topics: list[str] = json_column()
    on_duty: bool
    active: bool
    created_at: datetime = time_column()


class Invite(SQLModel, table=True):
    """A one-time link that makes its user an officer; only the token's hash is kept."""

    id: int | None = auto_id()
    token_hash: str = Field(sa_type=String(64), unique=True)
    unit_code: str = Field(sa_type=String(16))
    role: Role = enum_column(Role)
    topics: list[str] = json_column()
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    used_at: datetime | None = time_column(nullable=True)
    used_by: int | None = Field(default=None, sa_type=BigInteger)
