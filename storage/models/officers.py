"""Officers and their invites."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column, ForeignKey, String, Text
from sqlmodel import Field, SQLModel

from storage.models.columns import (
    auto_id,
    chat_id_column,
    enum_column,
    json_column,
    time_column,
)
from storage.types import AutoId


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
    """An officer of a unit; `topics` empty means every topic.

    `roster` are the weekly shifts, each a day of the week (Monday is 0) with the minutes of the day
    in which it begins and ends; empty means at any time. Until `away_until` the officer's work is
    the substitute's. `assigned_at` is when a case was last given to them.
    """

    id: int = auto_id()
    chat_id: int = chat_id_column(unique=True)
    name: str = Field(sa_type=String(128))
    unit_code: str = Field(sa_type=String(16), index=True)
    role: Role = enum_column(Role)
    topics: list[str] = json_column()
    on_duty: bool
    active: bool
    created_at: datetime = time_column()
    roster: list[list[int]] = json_column()
    substitute_id: int | None = Field(
        default=None, sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=True)
    )
    away_until: datetime | None = time_column(nullable=True)
    assigned_at: datetime | None = time_column(nullable=True)


class Invite(SQLModel, table=True):
    """A one-time link that makes its user an officer; only the token's hash is kept."""

    id: int = auto_id()
    token_hash: str = Field(sa_type=String(64), unique=True)
    unit_code: str = Field(sa_type=String(16))
    role: Role = enum_column(Role)
    topics: list[str] = json_column()
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    used_at: datetime | None = time_column(nullable=True)
    used_by: int | None = Field(default=None, sa_type=BigInteger)


class UnitChat(SQLModel, table=True):
    """The group, or the topic of one, in which a unit's officers are alerted too.

    `lost_at`: since when it cannot be written to.
    """

    __tablename__ = "unit_chat"

    unit_code: str = Field(sa_type=String(16), primary_key=True)
    chat_id: int = chat_id_column(index=True)
    thread_id: int | None = Field(default=None, sa_type=BigInteger)
    set_by: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    set_at: datetime = time_column()
    lost_at: datetime | None = time_column(nullable=True)


class Template(SQLModel, table=True):
    """The beginning of an answer that a unit often gives; the city's are for everybody."""

    id: int = auto_id()
    unit_code: str = Field(sa_type=String(16), index=True)
    name: str = Field(sa_type=String(40))
    text: str = Field(sa_type=Text)
    created_by: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    created_at: datetime = time_column()
