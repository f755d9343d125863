"""The table of all columns that depend on the operator's keys.

The rotation of the keys, its status and `tests/rules/test_key_columns.py` work from it. A new
encrypted column or pseudonym is one more entry here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storage.models import (
    Attachment,
    Ban,
    Consent,
    Conversation,
    FailedUpdate,
    KeyCheck,
    MessageSubject,
    Outbox,
    Recipient,
    Registration,
    RegistrationState,
    Resident,
    Submission,
    Subscription,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlmodel import SQLModel


@dataclass(frozen=True, slots=True)
class KeyColumns:
    """The columns of a table that depend on a key.

    - `encrypted`: the encrypted columns, None or "" where a row has no value.
    - `sealed`: the columns that the sealer sealed: bytes, texts, or screens with a sealed text.
    - `pseudonym`: the column with a pseudonym. `of_message` is True if it is the number of a
      message, and False if it is the pseudonym of a chat.
    - `address`: the column that says what `pseudonym` was computed from: an encrypted one, or the
      JSON of an update. Without it a pseudonym is moved with another row of the same person.
    - `unique`: the columns that are unique together with the pseudonym, () for the pseudonym alone,
      None if several rows may have one.
    - `rank`: of rows that would be equal after a rotation, the one with the greatest rank is kept.
    - `references`: columns of other tables with the id of a row. They are moved to the kept row.
    - `deduplicated`: a column whose text contains the pseudonym.
    """

    model: type[SQLModel]
    encrypted: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()
    pseudonym: str | None = None
    of_message: bool = False
    address: str | None = None
    unique: tuple[str, ...] | None = None
    rank: Callable[[Any], Any] = field(default=lambda row: row.id)
    references: tuple[tuple[type[SQLModel], str], ...] = ()
    deduplicated: str | None = None


# The better state of two registrations of one person for a forum is kept.
_STATES = tuple(
    RegistrationState(each) for each in ("cancelled", "waiting", "registered", "attended")
)

KEY_COLUMNS = (
    KeyColumns(
        Resident,
        encrypted=("sealed",),
        pseudonym="alias",
        address="sealed",
        unique=(),
        references=((Submission, "resident_id"),),
    ),
    KeyColumns(
        Registration,
        encrypted=("sealed",),
        pseudonym="alias",
        address="sealed",
        unique=("forum_id",),
        rank=lambda row: (_STATES.index(row.state), -row.id),
    ),
    KeyColumns(
        Subscription,
        encrypted=("sealed",),
        pseudonym="alias",
        address="sealed",
        unique=("subject",),
        rank=lambda row: -row.id,
    ),
    KeyColumns(
        Ban,
        encrypted=("sealed",),
        pseudonym="alias",
        address="sealed",
        unique=(),
        rank=lambda row: row.until,
    ),
    KeyColumns(
        Outbox,
        encrypted=("sealed",),
        sealed=("screen", "sealed_message"),
        pseudonym="chat_id",
        address="sealed",
        deduplicated="dedup_key",
    ),
    KeyColumns(
        Recipient,
        pseudonym="chat_id",
        unique=(),
        rank=lambda row: (row.blocked_at is not None, row.next_at is not None),
    ),
    KeyColumns(
        MessageSubject,
        sealed=("sealed",),
        pseudonym="key",
        of_message=True,
        address="sealed",
        unique=(),
        rank=lambda row: row.at,
    ),
    KeyColumns(FailedUpdate, sealed=("raw",), pseudonym="alias", address="raw"),
    KeyColumns(
        Conversation,
        encrypted=("sealed",),
        sealed=("profile", "draft"),
        pseudonym="chat_id",
        address="sealed",
        unique=(),
        rank=lambda row: (row.due_at is not None, row.draft is not None),
    ),
    KeyColumns(
        Consent,
        encrypted=("sealed",),
        pseudonym="alias",
        address="sealed",
        unique=(),
        rank=lambda row: row.at,
    ),
    KeyColumns(Submission, encrypted=("phone",)),
    KeyColumns(KeyCheck, encrypted=("sealed",)),
)

# The columns with the names of encrypted files in the store.
FILE_COLUMNS = ((Attachment, "original"), (Attachment, "served"))

# Columns with chat ids that are not encrypted: of officers and of groups, who are no residents.
PLAIN_CHAT_IDS = frozenset({("officer", "chat_id"), ("unit_chat", "chat_id")})
