"""Forums: planned, announced, attended, held; and who wants to hear of them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.columns import (
    auto_id,
    chat_id_column,
    enum_column,
    json_column,
    time_column,
)
from storage.types import AutoId, EnumByValue


class ForumState(StrEnum):
    """Where a forum is in its life."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    LIVE = "live"
    REPORT_DUE = "report_due"
    REPORTED = "reported"
    CLOSED = "closed"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


def of_forum(**options: Any) -> Any:
    """The forum that a row belongs to."""
    return Field(sa_column=Column(AutoId, ForeignKey("forum.id"), nullable=False, **options))


class Forum(SQLModel, table=True):
    """A forum; `start_version` goes up whenever its start or its place changes.

    `start_known_since` is when the present start was published; None before the approval. Reminders
    that would have been due earlier are not made up for.

    `area` is the code of the unit whose residents are invited, the city's for all. `capacity` None
    means as many as come. `head` is the role of who leads the delegation, never a name; `topics`
    are what it is about. Until `opinions_until` opinions may be sent ahead.
    """

    id: int = auto_id()
    code: str = Field(sa_type=String(16), unique=True)
    title: str = Field(sa_type=Text)
    host_unit: str = Field(sa_type=String(16))
    area: str = Field(sa_type=String(16))
    venue: str = Field(sa_type=Text)
    latitude: float | None = None
    longitude: float | None = None
    starts_at: datetime = time_column(index=True)
    start_version: int = 1
    start_known_since: datetime | None = time_column(nullable=True)
    capacity: int | None = None
    head: str = Field(sa_type=Text)
    agenda: list[str] = json_column()
    invited: list[str] = json_column()
    topics: list[str] = json_column(server_default="[]")
    opinions_until: datetime = time_column()
    state: ForumState = enum_column(ForumState)
    version: int = 1
    created_by: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    approved_by: int | None = Field(
        default=None, sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=True)
    )
    created_at: datetime = time_column()
    published_at: datetime | None = time_column(nullable=True)
    minutes: str | None = Field(default=None, sa_type=Text)
    report_due_at: datetime | None = time_column(nullable=True)
    reported_at: datetime | None = time_column(nullable=True)
    reason: str | None = Field(default=None, sa_type=Text)


class Category(StrEnum):
    """As what somebody attends a forum."""

    RESIDENT = "resident"
    NEIGHBOURHOOD_HEAD = "neighbourhood_head"
    ORGANISATION = "organisation"
    SCHOOL = "school"
    OFFICIAL = "official"


class RegistrationState(StrEnum):
    """Whether somebody has a place at a forum."""

    REGISTERED = "registered"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    ATTENDED = "attended"


class Registration(SQLModel, table=True):
    """Somebody who wants to attend a forum, with others perhaps; by pseudonym, the chat under seal.

    `token` is in the QR code that is shown at the door. `offsets` are the minutes before the start
    at which they want to be reminded; None means as the settings say.
    """

    __table_args__ = (
        UniqueConstraint("forum_id", "alias", name="uq_registration_alias"),
        Index("ix_registration_queue", "forum_id", "state", "id"),
    )

    id: int = auto_id()
    forum_id: int = of_forum()
    alias: int = chat_id_column(index=True)
    sealed: str = Field(sa_type=Text)
    language: str = Field(sa_type=String(8))
    people: int
    category: Category = enum_column(Category)
    state: RegistrationState = enum_column(RegistrationState)
    token: str = Field(sa_type=String(32), unique=True)
    offsets: list[int] | None = json_column(nullable=True)
    registered_at: datetime = time_column()
    arrived_at: datetime | None = time_column(nullable=True)
    rating: int | None = None


class Subscription(SQLModel, table=True):
    """Somebody who wants to hear of forums: a unit's, the whole city's, or those on a topic.

    `subject` is the unit's code or the topic.
    """

    __table_args__ = (
        UniqueConstraint("alias", "subject", name="uq_subscription_alias"),
        Index("ix_subscription_subject", "subject", "id"),
    )

    id: int = auto_id()
    alias: int = chat_id_column()
    sealed: str = Field(sa_type=Text)
    language: str = Field(sa_type=String(8))
    subject: str = Field(sa_type=String(32))
    created_at: datetime = time_column()


class Announcement(SQLModel, table=True):
    """Something that everybody concerned hears of a forum, expanded into the outbox in chunks.

    `kind` is what is said, `version` which time: (forum, kind, version) is announced once. `cursor`
    is the last recipient's row that was expanded, of the `source` of recipients that it has come
    to. Who wants to hear of no forums is `left_out`.
    """

    __table_args__ = (
        UniqueConstraint("forum_id", "kind", "version", name="uq_announcement_kind"),
        Index("ix_announcement_due", "due_at", "id"),
    )

    id: int = auto_id()
    forum_id: int = of_forum(index=True)
    kind: str = Field(sa_type=String(32))
    version: int
    due_at: datetime = time_column()
    source: int = 0
    cursor: int = 0
    left_out: int = 0
    finished_at: datetime | None = time_column(nullable=True)
    cancelled_at: datetime | None = time_column(nullable=True)
    created_at: datetime = time_column()


class Reminder(SQLModel, table=True):
    """How far the reminder so many minutes before a forum's start is expanded into the outbox.

    `offset` is that number of minutes. `cursor` is the last registration that was looked at.
    """

    __table_args__ = (
        UniqueConstraint("forum_id", "start_version", "offset", name="uq_reminder_offset"),
    )

    id: int = auto_id()
    forum_id: int = of_forum()
    start_version: int
    offset: int
    cursor: int = 0
    created_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)


class Commitment(SQLModel, table=True):
    """Something that was promised at a forum: who does it until when, and what became of it."""

    id: int = auto_id()
    forum_id: int = of_forum(index=True)
    text: str = Field(sa_type=Text)
    owner: str = Field(sa_type=Text)
    due_on: date = Field(sa_column=Column(Date, nullable=False))
    submission_id: int | None = Field(
        default=None,
        sa_column=Column(AutoId, ForeignKey("submission.id"), nullable=True, index=True),
    )
    kept_at: datetime | None = time_column(nullable=True)
    created_at: datetime = time_column()


class HeardAs(StrEnum):
    """What became of an opinion in the hall."""

    ANSWERED = "answered"
    LEFT = "left"


class Hearing(SQLModel, table=True):
    """An opinion in the hall: answered there, or left to who handles it; nothing yet is None.

    `officer_id` is None for what the head of a neighbourhood entered. `claim` is set for one that
    was spoken there: in the QR code by which who said it can make it theirs, once.
    """

    __table_args__ = (UniqueConstraint("submission_id", name="uq_hearing_submission"),)

    id: int = auto_id()
    forum_id: int = of_forum(index=True)
    submission_id: int = Field(
        sa_column=Column(AutoId, ForeignKey("submission.id"), nullable=False)
    )
    outcome: HeardAs | None = Field(
        default=None, sa_column=Column(EnumByValue(HeardAs), nullable=True)
    )
    officer_id: int | None = Field(
        default=None, sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=True)
    )
    at: datetime = time_column()
    claim: str | None = Field(default=None, sa_type=String(32), unique=True)
    claimed_at: datetime | None = time_column(nullable=True)
