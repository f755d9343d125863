"""Tables of submissions, their attachments, remarks, answers and recusals, and the audit log."""

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
from storage.types import AutoId, EnumByValue

# The condition of the partial indexes: submissions without an answer that are not over.
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
    """The topic of a submission; the terms are those of the glossary."""

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

    CHANNEL = "channel"  # named by the chat
    PHONE = "phone"  # named by the chat and a phone number
    UNNAMED = "unnamed"


class State(StrEnum):
    """The state of a submission; docs/casework.md says which action leads to which state."""

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


class Lane(StrEnum):
    """How far a case is protected, from the least to the most."""

    ORDINARY = "ordinary"
    UNNAMED_CRIME = "unnamed_crime"  # a crime report whose resident is unnamed
    CONDUCT = "conduct"  # it is about the conduct of officers
    DENUNCIATION = "denunciation"


class ErasureReason(StrEnum):
    """The reason why a submission was erased."""

    REQUEST = "request"
    RETENTION = "retention"


class Submission(SQLModel, table=True):
    """An opinion that a resident gave.

    - `code`: the receipt code.
    - `resident_id`: None after an erasure, or if the speaker of an oral submission is not known.
    - `topics`: the codes of the topics.
    - `unit_code`, `handled_by`: the unit of the area, and the unit that handles it.
    - `unit_vintage`: the date of the list of units that `unit_code` belongs to.
    - `folded`: the text without case and accents, in which the search looks for words.
    - `urgent`: True if the text has signs of a danger that happens now.
    - `hides_personal`: True if the resident wants personal data in the text hidden on publication:
      in the session of a forum, and in its list of opinions.
    - `version`: goes up by 1 with every change. A change names the version that it read.
    - `phone`: the encrypted phone number.
    - `confidential`: True if officers never learn who the resident is: for an unnamed resident and
      for a denunciation.
    - `forum`: the code of the forum that it was given for.
    - `due_at`: the end of the time for an answer.
    - `answered_at`: when its answer was approved. `closed_at`: when it reached a final state.
    - `alerted_at`: when officers were alerted; None if that must still be done.
    - `assignee_id`: the officer who works on it.
    - `paused_at`: since when the time for an answer does not run; None if it runs.
    - `acknowledge_by`: until this time an officer has to accept it.
    - `escalation`: how often more people were alerted because nobody accepted it.
    - `extensions`: how often the time for an answer was extended.
    - `merged_into`: the submission whose answer also answers this one.
    - `former_lane`: the most protected lane that it was in before it was reclassified; None if it
      never was. Its protection is never lowered.
    - `transferred_to`: the name of the agency that it was transferred to.
    - `rating`: how satisfied the resident is with the answer, from 0 (not) to 2.
    - `rating_reason`: the text that says why.
    - `reopened_at`: when the resident asked for another look.
    - `warned_at`: when the resident was warned of the erasure.
    - `sources`: which parts the resident did not write themself: of each, "part" (the beginning of
      the message), "kind" ("forward", "quote" …), "who", "at" (Unix seconds) and "text" (the
      quote). None if there are none.
    - `erased_at`: when it was erased. Then only code, kind, unit and times are left.
    - `erased_because`: at its resident's request, or at the end of the retention period.
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
    erased_because: ErasureReason | None = Field(
        default=None, sa_column=Column(EnumByValue(ErasureReason), nullable=True)
    )
    sources: list[dict[str, Any]] | None = json_column(nullable=True)
    former_lane: Lane | None = Field(
        default=None, sa_column=Column(EnumByValue(Lane), nullable=True)
    )


class EvidenceState(StrEnum):
    """The state of an attachment, which is copied from Telegram into the bot's own store."""

    WAITING = "waiting"
    FETCHING = "fetching"  # claimed by a worker
    STORED = "stored"
    TOO_LARGE = "too_large"
    REFUSED = "refused"  # not of an accepted type, or unreadable
    OVER_QUOTA = "over_quota"  # the store has no room left, for this resident or for all
    DANGEROUS = "dangerous"  # with macros, scripts, programs or malware; it is not stored
    UNCHECKED = "unchecked"  # stored, but nobody knows what is in it, so nobody is shown it
    FAILED = "failed"  # after all attempts
    PLACE = "place"  # a place on the map, which has no file
    ERASED = "erased"  # its files are to be deleted, then its row


class Attachment(SQLModel, table=True):
    """A photo, video, voice message, document or place of a submission.

    The row is also the job that fetches the file.

    - `remark_id`: the remark that it came with; None if it came with the submission.
    - `position`: its number within the submission, from 0.
    - `type`: the type of message, such as "photo" or "place".
    - `file_id`, `file_unique_id`: Telegram's ids of the file.
    - `album`: Telegram's id of the album that it was sent in.
    - `latitude`, `longitude`: of a place, in degrees.
    - `title`, `address`: of a venue; a place that is no venue has none.
    - `mime_type`: the declared media type. `content_type`: the one detected from the content.
    - `size`: in bytes.
    - `attempt`: how often the row was claimed.
    - `next_at`: the earliest time of the next attempt; while it is fetched, the end of the lease.
    - `owner`: the id of the worker that claimed the row.
    - `failing_since`: when Telegram first failed to send the file; None if it did not fail.
    - `original`, `served`: the names of two encrypted files in the store. `served` has no metadata.
      It is None if such a copy cannot be made.
    - `digest`: the SHA-256 of the original, in hexadecimal.
    - `error`: why the last attempt failed.
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
    title: str | None = Field(default=None, sa_type=String(256))
    address: str | None = Field(default=None, sa_type=String(256))
    state: EvidenceState = enum_column(EvidenceState)
    attempt: int = 0
    next_at: datetime = time_column()
    failing_since: datetime | None = time_column(nullable=True)
    owner: str | None = Field(default=None, sa_type=String(64))
    original: str | None = Field(default=None, sa_type=String(128))
    served: str | None = Field(default=None, sa_type=String(128))
    content_type: str | None = Field(default=None, sa_type=String(128))
    digest: str | None = Field(default=None, sa_type=String(64))
    error: str | None = Field(default=None, sa_type=String(256))


class RemarkKind(StrEnum):
    """The kind of a remark."""

    ADDITION = "addition"  # of the resident
    QUESTION = "question"  # of an officer, to the resident
    REPLY = "reply"  # of the resident, to a question
    NOTE = "note"  # of an officer, for officers only
    CORRECTION = "correction"  # of the resident: an edit of a message that was submitted


class Remark(SQLModel, table=True):
    """A remark about a submission after it was received.

    - `officer_id`: the writer; None for a remark of the resident.
    - `at`: when it was written.
    - `replaces`: the earlier version of the message that a correction changes.
    - `sources`: as in a submission.
    """

    id: int = auto_id()
    submission_id: int = submission_id_column()
    kind: RemarkKind = enum_column(RemarkKind)
    officer_id: int | None = Field(
        default=None, sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=True)
    )
    text: str = Field(sa_type=Text)
    at: datetime = time_column()
    replaces: str | None = Field(default=None, sa_type=Text)
    sources: list[dict[str, Any]] | None = json_column(nullable=True)


class Answer(SQLModel, table=True):
    """A proposed answer to a submission. Only the newest answer of a submission is valid.

    The resident gets it after a second person approved it.

    - `measure`: the text that says what the police do.
    - `deadline`: the text that says until when.
    - `proposed_by`, `approved_by`: officers.
    - `sources`: as in a submission.
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
    sources: list[dict[str, Any]] | None = json_column(nullable=True)


class Recusal(SQLModel, table=True):
    """An officer who is excluded from a case, because it concerns them or at their request.

    - `by`, `at`: the officer who decided it, and when.
    """

    __table_args__ = (UniqueConstraint("submission_id", "officer_id", name="uq_recusal_officer"),)

    id: int = auto_id()
    submission_id: int = submission_id_column()
    officer_id: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    by: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    at: datetime = time_column()


class Audit(SQLModel, table=True):
    """An entry of the audit log. Entries are only appended.

    - `at`: when the action was done.
    - `action`: its name, such as "case.open" or "data.erased".
    - `actor_role`: the role of the officer, or "resident", "system" or "operator".
    - `actor_id`: the id of the officer; None for any other actor.
    - `details`: further facts as JSON, without texts and identities of residents.
    """

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


class RefusalCount(SQLModel, table=True):
    """The number of refused attempts of one person within one hour.

    The first one has an entry in the audit log. At the end of the hour one more entry counts the
    others, and the row is deleted.

    - `hour`: the start of the hour.
    - `tag`: tells the people of this hour apart. Nothing connects the tags of two hours, or that of
      somebody who is no officer with their chat.
    - `officer_id`, `role`: the officer; None and empty for anybody else.
    - `attempts`: how often the officer tried what, without the first attempt.
    """

    __tablename__ = "refusal_count"
    __table_args__ = (UniqueConstraint("hour", "tag", name="uq_refusal_count_hour"),)

    id: int = auto_id()
    hour: datetime = time_column()
    tag: str = Field(sa_type=String(32))
    officer_id: int | None = Field(
        default=None, sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=True)
    )
    role: str = Field(sa_type=String(16))
    count: int
    attempts: dict[str, int] = json_column()


class AuditLink(SQLModel, table=True):
    """A link of the audit chain.

    - `number`: its place in the chain, from 1.
    - `digest`: the HMAC-SHA256 of the previous link's digest and of the entry, in hexadecimal.
    """

    __tablename__ = "audit_seal"

    number: int = Field(sa_column=Column(AutoId, primary_key=True, autoincrement=False))
    audit_id: int = Field(
        sa_column=Column(AutoId, ForeignKey("audit.id"), nullable=False, unique=True)
    )
    digest: str = Field(sa_type=String(64))
