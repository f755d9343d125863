"""Tables of officers, invites, groups of units, and templates of answers."""

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
    """The role of an officer; docs/glossary.md says what each may do. Residents have none."""

    OFFICER = "officer"
    APPROVER = "approver"
    TRIAGE = "triage"
    COORDINATOR = "coordinator"
    ORGANISER = "organiser"
    OBSERVER = "observer"
    ADMINISTRATOR = "administrator"


class Officer(SQLModel, table=True):
    """An officer of a unit.

    - `chat_id`: the id of the private chat.
    - `topics`: the codes of the topics that the officer works on; empty for all.
    - `on_duty`: True if the officer switched the duty on. Only an officer on duty gets new cases.
    - `roster`: weekly shifts as [weekday (Monday is 0), begin, end], in minutes of the day; the end
      is not included. A shift that does not end after it begins goes on into the next day. Empty
      for any time.
    - `away_until`: until then the officer is absent, and `substitute_id` does their work.
    - `assigned_at`: when a case was last assigned to the officer.
    - `active`: False after the officer left.
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
    """A one-time link that registers its user as an officer.

    - `token_hash`: the hash of the token in the link. The token itself is not stored.
    - `unit_code`, `role`, `topics`: those of the new officer.
    - `used_by`: the chat id of its user.
    - `invited_by`: the officer who asked for it; None if only the operator is known.
    - `revoked_at`, `revoked_by`: when it was revoked, and by which officer; None for the operator.
    """

    id: int = auto_id()
    token_hash: str = Field(sa_type=String(64), unique=True)
    unit_code: str = Field(sa_type=String(16))
    role: Role = enum_column(Role)
    topics: list[str] = json_column()
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    used_at: datetime | None = time_column(nullable=True)
    used_by: int | None = Field(default=None, sa_type=BigInteger)
    invited_by: int | None = Field(default=None, sa_type=BigInteger)
    revoked_at: datetime | None = time_column(nullable=True)
    revoked_by: int | None = Field(default=None, sa_type=BigInteger)


class UnitChat(SQLModel, table=True):
    """The group, or the topic of a group, in which the officers of a unit are alerted together.

    - `thread_id`: the id of the topic; None for the group itself.
    - `set_by`, `set_at`: the officer who linked the group, and when.
    - `lost_at`: since when the bot cannot write to it; None if it can.
    """

    __tablename__ = "unit_chat"

    unit_code: str = Field(sa_type=String(16), primary_key=True)
    chat_id: int = chat_id_column(index=True)
    thread_id: int | None = Field(default=None, sa_type=BigInteger)
    set_by: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    set_at: datetime = time_column()
    lost_at: datetime | None = time_column(nullable=True)


class Template(SQLModel, table=True):
    """A template of an answer. A unit sees its own and those of the city.

    - `name`: the label of its button.
    - `created_by`: the officer who stored it.
    """

    id: int = auto_id()
    unit_code: str = Field(sa_type=String(16), index=True)
    name: str = Field(sa_type=String(40))
    text: str = Field(sa_type=Text)
    created_by: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    created_at: datetime = time_column()
