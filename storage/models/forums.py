"""Forums, their announcements and attendees, and the people who want notices about forums."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, String, Text, UniqueConstraint
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
    """The state of a forum; docs/forums.md says which state follows which."""

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

    - `code`: the forum's code, in buttons and links.
    - `host_unit`: the code of the unit that holds the forum.
    - `area`: the code of the unit whose residents are invited; the city's code invites everybody.
    - `venue`: the name and address of the place. `latitude`, `longitude`: in degrees.
    - `start_version`: goes up by 1 whenever the start or the place changes.
    - `start_known_since`: when the present start was published, None before the approval. Reminders
      whose time was before it are not sent.
    - `capacity`: the number of places; None is no limit.
    - `head`: the role of the person who leads the police delegation, never a name.
    - `agenda`: the points of the agenda as texts. `topics`: the codes of their topics.
    - `invited`: the names of the organisations that are invited.
    - `opinions_until`: until this time residents may send opinions for the forum.
    - `version`: goes up by 1 with every change of the row.
    - `created_by`: the officer who last submitted the plan. An edit of the plan replaces it.
    - `approved_by`: the officer who approved the forum.
    - `minutes`: the text of the published results.
    - `report_due_at`, `reported_at`: when the results must be and were published.
    - `reason`: the text that says why the forum was sent back, postponed or cancelled.
    - `proposal`: a change that a second person has to confirm: "action", "answers", and "by", the
      id of the officer. None if there is none.
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
    proposal: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )


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

    - `alias`: the pseudonym. `sealed`: the encrypted chat id, empty after an erasure.
    - `people`: the number of people who come together, this person included.
    - `token`: the content of the QR code that is shown at the door.
    - `offsets`: the numbers of minutes before the start at which the person wants reminders; None
      for those of the settings.
    - `arrived_at`: when the QR code was scanned at the door.
    - `rating`: how satisfied the person was, from 0 (not) to 2; None if not rated.
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

    - `alias`: the pseudonym. `sealed`: the encrypted chat id.
    - `subject`: the code of the unit or of the topic.
    - `created_at`: the day. The exact time is often near that of an unnamed submission.
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

    - `kind`: the key of its text.
    - `version`: the `Forum.start_version` for the kinds "notice" and "moved", the `Forum.version`
      for all others. Each (forum, kind, version) is announced once.
    - `due_at`: the earliest time of sending.
    - `source` and `cursor`: how far it is. Recipients come from several tables; `source` is the
      number of the table, `cursor` the id of the last row that was written into the outbox.
    - `left_out`: the number of people who get no message because they switched off such notices.
    - `finished_at`: when all messages were written into the outbox.
    - `cancelled_at`: when it was stopped before it was finished; None if it was not.
    - `former_start`, `former_venue`: of a forum that moved, what was announced before.
    - `deleted`: the numbers of its messages that are deleted from the outbox, by their last state.
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
    former_start: datetime | None = time_column(nullable=True)
    former_venue: str | None = Field(default=None, sa_type=Text)
    deleted: dict[str, int] | None = json_column(nullable=True)


class Reminder(SQLModel, table=True):
    """The progress of one reminder of a forum.

    - `start_version`: the `Forum.start_version` that the reminder is for.
    - `offset`: the number of minutes before the start at which it is sent.
    - `cursor`: the id of the last registration that was written into the outbox or skipped.
    - `finished_at`: when all messages were written into the outbox.
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
    """A promise made at a forum.

    - `owner`: the name of the unit or office that must keep it, as an organiser typed it.
    - `due_on`: the last day for it.
    - `submission_id`: the case that stands for it.
    - `kept_at`: when its case was answered.
    """

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

    - `outcome`: None until it is answered or left to its unit.
    - `officer_id`: the officer who recorded the outcome or entered an oral submission. None if the
      head of a neighbourhood entered it.
    - `at`: when the outcome was recorded, or else when the oral submission was entered.
    - `claim`: for an oral submission, the token of the QR code with which the speaker can link it
      to their own chat, once. `claimed_at`: when they did so.
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
