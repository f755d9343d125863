"""The tables and their enums: the one description of the data, migrated by Alembic.

Rows are read with Core statements: a row has its table's columns as attributes and cannot be
changed. JSON columns are replaced, never mutated. Times are aware and stored in UTC.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, String, Text, text
from sqlmodel import Field, SQLModel

from storage.types import AutoId, ByValue, UtcDateTime

# Constraint names are written down, so that a migration can name what it changes on any database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Kind(StrEnum):
    """What an opinion is; the terms are those of the glossary."""

    REPORT = "report"
    PROPOSAL = "proposal"
    QUESTION = "question"
    COMMENT = "comment"
    PRAISE = "praise"
    COMPLAINT = "complaint"
    DENUNCIATION = "denunciation"
    CRIME_REPORT = "crime_report"
    UNSURE = "unsure"


class Topic(StrEnum):
    """What an opinion is about."""

    THEFT = "theft"
    PUBLIC_DISORDER = "public_disorder"
    TRAFFIC_SAFETY = "traffic_safety"
    CONGESTION = "congestion"
    PAVEMENT_ORDER = "pavement_order"
    OVERLOADED_VEHICLES = "overloaded_vehicles"
    DRUGS = "drugs"
    LOAN_SHARK = "loan_shark"
    POLLUTION = "pollution"
    STAFFING = "staffing"
    PATROL = "patrol"
    OFFICER_ATTITUDE = "officer_attitude"
    CRIME_REPORT_HANDLING = "crime_report_handling"
    LEGAL_INFO = "legal_info"
    OTHER = "other"


class Identity(StrEnum):
    """How a resident wishes to be reached and known."""

    CHANNEL = "channel"
    PHONE = "phone"
    UNNAMED = "unnamed"


class State(StrEnum):
    """Where a submission is in its life; the drawing is in docs/."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    AWAITING_RESIDENT = "awaiting_resident"
    ANSWER_PROPOSED = "answer_proposed"
    ANSWERED = "answered"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    DIVERTED = "diverted"
    REJECTED = "rejected"


class Role(StrEnum):
    """What an officer may do; a resident has no row and no role."""

    OFFICER = "officer"
    APPROVER = "approver"
    TRIAGE = "triage"
    COORDINATOR = "coordinator"
    ORGANISER = "organiser"
    OBSERVER = "observer"
    ADMINISTRATOR = "administrator"


class OutboxState(StrEnum):
    """Where a message to somebody is on its way.

    Waiting rows of a blocked chat stay waiting: what is known of the chat holds them up.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    MAYBE_SENT = "maybe_sent"
    DEAD = "dead"
    EXPIRED = "expired"


def _id() -> Any:
    return Field(default=None, sa_column=Column(AutoId, primary_key=True, autoincrement=True))


def _chat_id(**options: Any) -> Any:
    return Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False, **options))


def _time(*, nullable: bool = False, **options: Any) -> Any:
    column = Column(UtcDateTime, nullable=nullable, **options)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def _enum(enum: type[StrEnum], **options: Any) -> Any:
    return Field(sa_column=Column(ByValue(enum), nullable=False, **options))


def _json(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(JSON, nullable=nullable))


def _submission() -> Any:
    return Field(
        sa_column=Column(AutoId, ForeignKey("submission.id"), nullable=False, index=True),
    )


class Conversation(SQLModel, table=True):
    """One chat with a person: its language, and the answers of the flow that is open, if one is.

    The open question is not stored: it follows from the answers. `updates` are the ids of the
    newest updates that were taken, so that one delivered again is recognised.
    """

    chat_id: int = _chat_id(primary_key=True)
    language: str = Field(sa_type=String(8))
    flow: str | None = Field(default=None, sa_type=String(32))
    answers: dict[str, Any] = _json()
    updates: list[int] = _json()
    started_at: datetime | None = _time(nullable=True)
    expires_at: datetime | None = _time(nullable=True, index=True)
    reminded_at: datetime | None = _time(nullable=True)


class Resident(SQLModel, table=True):
    """A person who agreed to the data-protection notice: which version, in which words, when."""

    id: int | None = _id()
    chat_id: int = _chat_id(unique=True)
    consent_version: str = Field(sa_type=String(16))
    consent_language: str = Field(sa_type=String(8))
    consent_at: datetime = _time()


class Submission(SQLModel, table=True):
    """An opinion that was received: it has a receipt code and is never lost."""

    __table_args__ = (
        Index("ix_submission_resident_newest", "resident_id", "id"),
        Index("ix_submission_unalerted", "id", sqlite_where=text("alerted_at IS NULL"),
              postgresql_where=text("alerted_at IS NULL")),
    )  # fmt: skip

    id: int | None = _id()
    code: str = Field(sa_type=String(16), unique=True)
    resident_id: int = Field(
        sa_column=Column(AutoId, ForeignKey("resident.id"), nullable=False),
    )
    kind: Kind = _enum(Kind)
    topics: list[str] = _json()
    unit_code: str = Field(sa_type=String(16))
    unit_vintage: str = Field(sa_type=String(10))
    handled_by: str = Field(sa_type=String(16))
    text: str = Field(sa_type=Text)
    state: State = _enum(State)
    identity: Identity = _enum(Identity)
    phone: str | None = Field(default=None, sa_type=String(32))
    confidential: bool
    language: str = Field(sa_type=String(8))
    forum: str | None = Field(default=None, sa_type=String(16))
    created_at: datetime = _time(index=True)
    due_at: datetime = _time()
    answered_at: datetime | None = _time(nullable=True)
    alerted_at: datetime | None = _time(nullable=True)


class Attachment(SQLModel, table=True):
    """A photo, video, voice message or document of a submission, as a reference to Telegram's."""

    id: int | None = _id()
    submission_id: int = _submission()
    position: int
    type: str = Field(sa_type=String(16))
    file_id: str = Field(sa_type=String(256))
    file_unique_id: str = Field(sa_type=String(64))
    album: str | None = Field(default=None, sa_type=String(64))
    file_name: str | None = Field(default=None, sa_type=String(256))
    mime_type: str | None = Field(default=None, sa_type=String(128))
    size: int | None = Field(default=None, sa_type=BigInteger)


class Audit(SQLModel, table=True):
    """What was done, when, by whom in which role. Append-only; a submission's timeline is in it."""

    id: int | None = _id()
    at: datetime = _time()
    action: str = Field(sa_type=String(48))
    actor_role: str = Field(sa_type=String(16))
    actor_id: int | None = Field(default=None, sa_type=BigInteger)
    submission_id: int | None = Field(
        default=None,
        sa_column=Column(AutoId, ForeignKey("submission.id"), nullable=True, index=True),
    )
    details: dict[str, Any] = _json()


class Officer(SQLModel, table=True):
    """An officer of a unit; `topics` empty means every topic."""

    id: int | None = _id()
    chat_id: int = _chat_id(unique=True)
    name: str = Field(sa_type=String(128))
    unit_code: str = Field(sa_type=String(16), index=True)
    role: Role = _enum(Role)
    topics: list[str] = _json()
    on_duty: bool
    active: bool
    created_at: datetime = _time()


class Invite(SQLModel, table=True):
    """A one-time link that makes its user an officer; only the token's hash is kept."""

    id: int | None = _id()
    token_hash: str = Field(sa_type=String(64), unique=True)
    unit_code: str = Field(sa_type=String(16))
    role: Role = _enum(Role)
    topics: list[str] = _json()
    created_at: datetime = _time()
    expires_at: datetime = _time()
    used_at: datetime | None = _time(nullable=True)
    used_by: int | None = Field(default=None, sa_type=BigInteger)


class Outbox(SQLModel, table=True):
    """A message that must reach somebody: written with its cause, sent by whoever claims it."""

    __table_args__ = (
        Index("ix_outbox_chat_open", "chat_id", "id", sqlite_where=text("finished_at IS NULL"),
              postgresql_where=text("finished_at IS NULL")),
        Index("ix_outbox_ready", "priority", "id", sqlite_where=text("state = 'waiting'"),
              postgresql_where=text("state = 'waiting'")),
        Index("ix_outbox_lease", "lease_until", sqlite_where=text("state = 'sending'"),
              postgresql_where=text("state = 'sending'")),
    )  # fmt: skip

    id: int | None = _id()
    dedup_key: str = Field(sa_type=String(128), unique=True)
    chat_id: int = _chat_id()
    priority: int
    critical: bool
    language: str = Field(sa_type=String(8))
    screen: dict[str, Any] = _json()
    state: OutboxState = _enum(OutboxState)
    repeated: bool = False
    attempt: int = 0
    owner: str | None = Field(default=None, sa_type=String(64))
    lease_until: datetime | None = _time(nullable=True)
    next_at: datetime = _time()
    created_at: datetime = _time()
    expires_at: datetime = _time()
    finished_at: datetime | None = _time(nullable=True)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = Field(default=None, sa_type=String(256))


class Recipient(SQLModel, table=True):
    """What delivery knows of a chat: when it may be written to next, and whether it is blocked."""

    chat_id: int = _chat_id(primary_key=True)
    next_at: datetime | None = _time(nullable=True)
    blocked_at: datetime | None = _time(nullable=True)


class Pace(SQLModel, table=True):
    """The next free moment of a shared pace; its one row is `everyone`."""

    scope: str = Field(sa_type=String(32), primary_key=True)
    next_free: datetime = _time()


class FailedUpdate(SQLModel, table=True):
    """An update that could not be taken, kept raw for the operator."""

    __tablename__ = "failed_update"

    id: int | None = _id()
    update_id: int | None = Field(default=None, sa_type=BigInteger)
    at: datetime = _time()
    error: str = Field(sa_type=Text)
    raw: str = Field(sa_type=Text)
