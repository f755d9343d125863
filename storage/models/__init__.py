"""The tables and their enums. Alembic derives migrations from them.

Statements return rows that have the columns of their table as attributes and cannot be changed.
JSON columns are replaced, never mutated. Times are aware and stored in UTC.
"""

from storage.models.delivery import FailedUpdate, Hold, Outbox, OutboxState, Pace, Recipient
from storage.models.forums import (
    Announcement,
    AttendeeCategory,
    Commitment,
    Forum,
    ForumState,
    Hearing,
    HearingOutcome,
    Registration,
    RegistrationState,
    Reminder,
    Subscription,
)
from storage.models.officers import Invite, Officer, Role, Template, UnitChat
from storage.models.residents import Ban, Conversation, KeyCheck, Resident
from storage.models.submissions import (
    Answer,
    Attachment,
    Audit,
    AuditLink,
    ErasureReason,
    EvidenceState,
    Identity,
    Kind,
    Recusal,
    Remark,
    RemarkKind,
    State,
    Submission,
    Topic,
)

__all__ = [
    "Announcement",
    "Answer",
    "Attachment",
    "AttendeeCategory",
    "Audit",
    "AuditLink",
    "Ban",
    "Commitment",
    "Conversation",
    "ErasureReason",
    "EvidenceState",
    "FailedUpdate",
    "Forum",
    "ForumState",
    "Hearing",
    "HearingOutcome",
    "Hold",
    "Identity",
    "Invite",
    "KeyCheck",
    "Kind",
    "Officer",
    "Outbox",
    "OutboxState",
    "Pace",
    "Recipient",
    "Recusal",
    "Registration",
    "RegistrationState",
    "Remark",
    "RemarkKind",
    "Reminder",
    "Resident",
    "Role",
    "State",
    "Submission",
    "Subscription",
    "Template",
    "Topic",
    "UnitChat",
]
