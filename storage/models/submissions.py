"""Tables of submissions: attachments, remarks, answers, recusals, audit log."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.columns import (
    auto_id,
    enum_column,
    json_column,
    partial_index,
    submission_id_column,
    time_column,
)
from storage.types import AutoId

_OPEN = "closed_at IS NULL AND answered_at IS NULL"


class Kind(StrEnum):
    """The kind of a submission; the terms are those of the glossary."""

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
    """The subject matter of a submission."""

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
    """The way in which a resident wants to be named and reached."""

    CHANNEL = "channel"
    PHONE = "phone"
    UNNAMED = "unnamed"


class State(StrEnum):
    """The state of a submission; docs/ has a diagram."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    TRANSFERRED = "transferred"
    AWAITING_RESIDENT = "awaiting_resident"
    ANSWER_PROPOSED = "answer_proposed"
    ANSWERED = "answered"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    DIVERTED = "diverted"
    REJECTED = "rejected"


class Submission(SQLModel, table=True):
    """An opinion that a resident gave.

    - `code`: the receipt code.
    - `unit_code`, `handled_by`: the unit of the area, and the unit that handles it.
    - `unit_vintage`: the date of the list of units that `unit_code` belongs to.
    - `folded`: the text in the form that is searched.
    - `phone`: encrypted.
    - `version`: counts changes; a change names the version that it read.
    - `acknowledge_by`: the moment until which an officer has to take it on.
    - `escalation`: how often it was passed up because nobody did.
    - `merged_into`: the submission that is answered for this one too.
    - `paused_at`: since when the time limit does not run.
    - `erased_at`: when it was erased. Then only code, kind, unit and times are left.
    """

    __table_args__ = (
        partial_index("ix_submission_open", _OPEN, "handled_by", "due_at", "id"),
        partial_index("ix_submission_due", _OPEN, "due_at", "id"),
        partial_index("ix_submission_mine", _OPEN, "assignee_id", "due_at", "id"),
        partial_index("ix_submission_state", _OPEN, "state", "due_at", "id"),
        partial_index("ix_submission_forum", "forum IS NOT NULL", "forum", "id"),
        Index("ix_submission_resident_newest", "resident_id", "id"),
        partial_index(
            "ix_submission_unacknowledged", "acknowledge_by IS NOT NULL", "acknowledge_by"
        ),
        Index("ix_submission_unit_newest", "handled_by", "id"),
        partial_index("ix_submission_unalerted", "alerted_at IS NULL", "id"),
    )

    id: int = auto_id()
    code: str = Field(sa_type=String(16), unique=True)
    resident_id: int | None = Field(
        default=None, sa_column=Column(AutoId, ForeignKey("resident.id"), nullable=True)
    )
    kind: Kind = enum_column(Kind)
    topics: list[str] = json_column()
    unit_code: str = Field(sa_type=String(16))
    unit_vintage: str = Field(sa_type=String(10))
    handled_by: str = Field(sa_type=String(16))
    text: str = Field(sa_type=Text)
    folded: str = Field(sa_type=Text)
    urgent: bool
    hides_personal: bool
    state: State = enum_column(State)
    version: int
    identity: Identity = enum_column(Identity)
    phone: str | None = Field(default=None, sa_type=Text)
    confidential: bool
    language: str = Field(sa_type=String(8))
    forum: str | None = Field(default=None, sa_type=String(16))
    created_at: datetime = time_column(index=True)
    due_at: datetime = time_column()
    answered_at: datetime | None = time_column(nullable=True)
    alerted_at: datetime | None = time_column(nullable=True)
    assignee_id: int | None = Field(
        default=None,
        sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=True),
    )
    paused_at: datetime | None = time_column(nullable=True)
    acknowledge_by: datetime | None = time_column(nullable=True)
    escalation: int = 0
    extensions: int = 0
    merged_into: int | None = Field(
        default=None,
        sa_column=Column(AutoId, ForeignKey("submission.id"), nullable=True, index=True),
    )
    transferred_to: str | None = Field(default=None, sa_type=Text)
    rating: int | None = None
    rating_reason: str | None = Field(default=None, sa_type=Text)
    reopened_at: datetime | None = time_column(nullable=True)
    closed_at: datetime | None = time_column(nullable=True, index=True)
    warned_at: datetime | None = time_column(nullable=True)
    erased_at: datetime | None = time_column(nullable=True)


class EvidenceState(StrEnum):
    """The state of an attachment on the way into our own storage."""

    WAITING = "waiting"
    FETCHING = "fetching"
    STORED = "stored"
    TOO_LARGE = "too_large"
    REFUSED = "refused"
    FAILED = "failed"
    PLACE = "place"
    ERASED = "erased"


class Attachment(SQLModel, table=True):
    """A photo, video, voice message, document or place of a submission.

    Telegram has the file by `file_id`. Once it is stored, `original` and `served` are the names of
    two encrypted files; `served` is without metadata. The row is also the job that fetches it.
    `remark_id` is set if it came with a remark.
    """

    __table_args__ = (
        partial_index("ix_attachment_waiting", "state IN ('waiting', 'fetching')", "next_at"),
    )

    id: int = auto_id()
    submission_id: int = submission_id_column()
    remark_id: int | None = Field(
        default=None, sa_column=Column(AutoId, ForeignKey("remark.id"), nullable=True)
    )
    position: int
    type: str = Field(sa_type=String(16))
    file_id: str = Field(sa_type=String(256))
    file_unique_id: str = Field(sa_type=String(64))
    album: str | None = Field(default=None, sa_type=String(64))
    file_name: str | None = Field(default=None, sa_type=String(256))
    mime_type: str | None = Field(default=None, sa_type=String(128))
    size: int | None = Field(default=None, sa_type=BigInteger)
    latitude: float | None = None
    longitude: float | None = None
    state: EvidenceState = enum_column(EvidenceState)
    attempt: int = 0
    next_at: datetime = time_column()
    owner: str | None = Field(default=None, sa_type=String(64))
    original: str | None = Field(default=None, sa_type=String(128))
    served: str | None = Field(default=None, sa_type=String(128))
    content_type: str | None = Field(default=None, sa_type=String(128))
    digest: str | None = Field(default=None, sa_type=String(64))
    error: str | None = Field(default=None, sa_type=String(256))


class RemarkKind(StrEnum):
    """The kind of a remark."""

    ADDITION = "addition"
    QUESTION = "question"
    REPLY = "reply"
    NOTE = "note"


class Remark(SQLModel, table=True):
    """A remark about a submission after it was received.

    `officer_id` is None for a remark of the resident.
    """

    id: int = auto_id()
    submission_id: int = submission_id_column()
    kind: RemarkKind = enum_column(RemarkKind)
    officer_id: int | None = Field(
        default=None, sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=True)
    )
    text: str = Field(sa_type=Text)
    at: datetime = time_column()


class Answer(SQLModel, table=True):
    """A proposed answer to a submission: its text, the measure, and until when.

    The resident gets it when a second person approved it. The newest answer counts.
    """

    id: int = auto_id()
    submission_id: int = submission_id_column()
    text: str = Field(sa_type=Text)
    measure: str = Field(sa_type=Text)
    deadline: str = Field(sa_type=Text)
    proposed_by: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    proposed_at: datetime = time_column()
    approved_by: int | None = Field(
        default=None, sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=True)
    )
    approved_at: datetime | None = time_column(nullable=True)


class Recusal(SQLModel, table=True):
    """An officer who is excluded from a case, because it concerns them or at their request."""

    __table_args__ = (UniqueConstraint("submission_id", "officer_id", name="uq_recusal_officer"),)

    id: int = auto_id()
    submission_id: int = submission_id_column()
    officer_id: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    by: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    at: datetime = time_column()


class Audit(SQLModel, table=True):
    """An entry of the audit log: an action, its time, and the actor's role. Append-only."""

    id: int = auto_id()
    at: datetime = time_column()
    action: str = Field(sa_type=String(48))
    actor_role: str = Field(sa_type=String(16))
    actor_id: int | None = Field(default=None, sa_type=BigInteger)
    submission_id: int | None = Field(
        default=None,
        sa_column=Column(AutoId, ForeignKey("submission.id"), nullable=True, index=True),
    )
    details: dict[str, Any] = json_column()


class AuditSeal(SQLModel, table=True):
    """A link of the audit chain: the digest of an entry and of the previous link."""

    __tablename__ = "audit_seal"

    number: int = Field(sa_column=Column(AutoId, primary_key=True, autoincrement=False))
    audit_id: int = Field(
        sa_column=Column(AutoId, ForeignKey("audit.id"), nullable=False, unique=True)
    )
    digest: str = Field(sa_type=String(64))
