"""Forums, their announcements and attendees, and the people who want notices about forums."""

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
    """The state of a forum, from its draft to its end."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    LIVE = "live"
    REPORT_DUE = "report_due"
    REPORTED = "reported"
    CLOSED = "closed"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


def forum_id_column(**options: Any) -> Any:
    """Declare the column with the id of the forum that a row belongs to."""
    return Field(sa_column=Column(AutoId, ForeignKey("forum.id"), nullable=False, **options))


class Forum(SQLModel, table=True):
    """A forum.

    - `area`: the code of the unit whose residents are invited; the city's code invites everybody.
    - `start_version` goes up by 1 whenever the start or the place changes. `start_known_since` is
      the time at which the present start was published, None before the approval. Reminders that
      were due before it are not sent.
    - `capacity`: the number of places; None is no limit.
    - `head`: the role of the person who leads the police delegation, never a name.
    - `invited`: the organisations that are invited. `topics`: the topics of its agenda.
    - `opinions_until`: until this time residents may send opinions for the forum.
    - `minutes`: the text of the published result. `reason`: why it was sent back, postponed or
      cancelled.
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


class AttendeeCategory(StrEnum):
    """The role in which a person attends a forum."""

    RESIDENT = "resident"
    NEIGHBOURHOOD_HEAD = "neighbourhood_head"
    ORGANISATION = "organisation"
    SCHOOL = "school"
    OFFICIAL = "official"


class RegistrationState(StrEnum):
    """The state of a registration: with a place, on the waiting list, cancelled, or attended."""

    REGISTERED = "registered"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    ATTENDED = "attended"


class Registration(SQLModel, table=True):
    """A person who wants to attend a forum: a pseudonym and an encrypted chat id.

    - `people`: how many people come together, this person included.
    - `token`: the content of the QR code that is shown at the door.
    - `offsets`: the minutes before the start at which the person wants reminders; None takes those
      of the settings.
    """

    __table_args__ = (
        UniqueConstraint("forum_id", "alias", name="uq_registration_alias"),
        Index("ix_registration_queue", "forum_id", "state", "id"),
    )

    id: int = auto_id()
    forum_id: int = forum_id_column()
    alias: int = chat_id_column(index=True)
    sealed: str = Field(sa_type=Text)
    language: str = Field(sa_type=String(8))
    people: int
    category: AttendeeCategory = enum_column(AttendeeCategory)
    state: RegistrationState = enum_column(RegistrationState)
    token: str = Field(sa_type=String(32), unique=True)
    offsets: list[int] | None = json_column(nullable=True)
    registered_at: datetime = time_column()
    arrived_at: datetime | None = time_column(nullable=True)
    rating: int | None = None


class Subscription(SQLModel, table=True):
    """A person who wants notices about the forums of a unit, of the city, or on a topic.

    `subject` is the code of the unit or the name of the topic.
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
    """A message about a forum to many people, written into the outbox in chunks.

    - `kind`: the key of its text. (forum, kind, version) is announced once.
    - `source` and `cursor`: how far it is. Recipients come from several tables; `source` is the
      number of the table, `cursor` the id of the last row that was written into the outbox.
    - `left_out`: the number of people who switched off notices about forums.
    """

    __table_args__ = (
        UniqueConstraint("forum_id", "kind", "version", name="uq_announcement_kind"),
        Index("ix_announcement_due", "due_at", "id"),
    )

    id: int = auto_id()
    forum_id: int = forum_id_column(index=True)
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
    """The progress of one reminder of a forum.

    `offset` is the number of minutes before the start at which it is sent. `cursor` is the id of
    the last registration that was written into the outbox or skipped.
    """

    __table_args__ = (
        UniqueConstraint("forum_id", "start_version", "offset", name="uq_reminder_offset"),
    )

    id: int = auto_id()
    forum_id: int = forum_id_column()
    start_version: int
    offset: int
    cursor: int = 0
    created_at: datetime = time_column()
    finished_at: datetime | None = time_column(nullable=True)


class Commitment(SQLModel, table=True):
    """A promise made at a forum: its owner, its due date, its case, and when it was kept."""

    id: int = auto_id()
    forum_id: int = forum_id_column(index=True)
    text: str = Field(sa_type=Text)
    owner: str = Field(sa_type=Text)
    due_on: date = Field(sa_column=Column(Date, nullable=False))
    submission_id: int | None = Field(
        default=None,
        sa_column=Column(AutoId, ForeignKey("submission.id"), nullable=True, index=True),
    )
    kept_at: datetime | None = time_column(nullable=True)
    created_at: datetime = time_column()


class HearingOutcome(StrEnum):
    """The outcome of an opinion at a forum: answered there, or left to the unit of its case."""

    ANSWERED = "answered"
    LEFT = "left"


class Hearing(SQLModel, table=True):
    """An opinion that was presented at a forum.

    - `outcome` is None until it is answered or left to its unit.
    - `officer_id` is None if the head of a neighbourhood entered it.
    - `claim` is set for a spoken opinion: the token of the QR code with which the speaker can link
      the opinion to the own chat, once. `claimed_at` is when that was done.
    """

    __table_args__ = (UniqueConstraint("submission_id", name="uq_hearing_submission"),)

    id: int = auto_id()
    forum_id: int = forum_id_column(index=True)
    submission_id: int = Field(
        sa_column=Column(AutoId, ForeignKey("submission.id"), nullable=False)
    )
    outcome: HearingOutcome | None = Field(
        default=None, sa_column=Column(EnumByValue(HearingOutcome), nullable=True)
    )
    officer_id: int | None = Field(
        default=None, sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=True)
    )
    at: datetime = time_column()
    claim: str | None = Field(default=None, sa_type=String(32), unique=True)
    claimed_at: datetime | None = time_column(nullable=True)
