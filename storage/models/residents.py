"""Residents: their conversations, their consent, who they are under seal."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, String, Text
from sqlmodel import Field, SQLModel

from storage.models.columns import (
    auto_id,
    chat_id_column,
    json_column,
    time_column,
)
from storage.types import AutoId


class Conversation(SQLModel, table=True):
    """One chat with a person: its language, and the answers of the flow that is open, if one is.

    The open question is not stored: it follows from the answers. `updates` are the ids of the
    newest updates that were taken, so that one delivered again is recognised. `counted` messages
    came since `counted_from`. `preferences` are what the person chose in the settings.
    """

    chat_id: int = chat_id_column(primary_key=True)
    language: str = Field(sa_type=String(8))
    flow: str | None = Field(default=None, sa_type=String(32))
    answers: dict[str, Any] = json_column()
    updates: list[int] = json_column()
    started_at: datetime | None = time_column(nullable=True)
    expires_at: datetime | None = time_column(nullable=True, index=True)
    reminded_at: datetime | None = time_column(nullable=True)
    counted_from: datetime | None = time_column(nullable=True)
    counted: int = 0
    preferences: dict[str, Any] = json_column()


class Resident(SQLModel, table=True):
    """A person who agreed to the data-protection notice: which version, in which words, when.

    Who it is stands here only under seal; `alias` is a pseudonym. As an unnamed resident the same
    person has another row, and nothing but the key connects the two.
    """

    id: int = auto_id()
    alias: int = chat_id_column(unique=True)
    sealed: str = Field(sa_type=Text)
    named: bool
    consent_version: str = Field(sa_type=String(16))
    consent_language: str = Field(sa_type=String(8))
    consent_at: datetime = time_column()


class Ban(SQLModel, table=True):
    """A person who may give no opinions until a time, by pseudonym; who decided it, and why."""

    id: int = auto_id()
    alias: int = chat_id_column(unique=True)
    until: datetime = time_column()
    officer_id: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    reason: str = Field(sa_type=Text)
    at: datetime = time_column()
    told_at: datetime | None = time_column(nullable=True)


class KeyCheck(SQLModel, table=True):
    """What stands under seal besides residents, by its number: the first is something known, and
    who cannot open it has another key than the database.
    """

    __tablename__ = "key_check"

    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    sealed: str = Field(sa_type=Text)
