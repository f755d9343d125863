"""The tables and their enums: the one description of the data, migrated by Alembic.

Rows are read with Core statements: a row has its table's columns as attributes and cannot be
changed. JSON columns are replaced, never mutated. Times are aware and stored in UTC.
"""

from storage.models.delivery import FailedUpdate, Outbox, OutboxState, Pace, Recipient
from storage.models.officers import Invite, Officer, Role
from storage.models.residents import Ban, Conversation, KeyCheck, Resident
from storage.models.submissions import (
    Answer,
    Attachment,
    Audit,
    EvidenceState,
    Identity,
    Kind,
    Remark,
    RemarkKind,
    State,
    Submission,
    Topic,
)

__all__ = [
    "Answer",
    "Attachment",
    "Audit",
    "Ban",
    "Conversation",
    "EvidenceState",
    "FailedUpdate",
    "Identity",
    "Invite",
    "KeyCheck",
    "Kind",
    "Officer",
    "Outbox",
    "OutboxState",
    "Pace",
    "Recipient",
    "Remark",
    "RemarkKind",
    "Resident",
    "Role",
    "State",
    "Submission",
    "Topic",
]
