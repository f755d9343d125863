"""Tables of residents: conversations, consent, bans, encrypted secrets."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, String, Text
from sqlmodel import Field, SQLModel

from storage.models.columns import (
    auto_id,
    chat_id_column,
    enum_column,
    submission_id_column,
    time_column,
)
from storage.types import AutoId


def officer_column() -> Any:
    """Declare a nullable reference to an officer."""
    return Field(default=None, sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=True))


class Conversation(SQLModel, table=True):
    """A chat with a person. `storage.conversations` seals and opens it.

    - `chat_id`: the pseudonym of the chat.
    - `language`: the code of the language of the chat.
    - `sealed`: the encrypted chat id, for reminders of the draft.
    - `profile`: the sealed preferences. Migration 0022 leaves JSON here and in `draft`, and the
      chat id in `chat_id`, until `bot.privacy.plain_rows` has sealed the row.
    - `draft`: the sealed answers of the open flow, with all times and numbers of updates.
    - `due_at`: the hour in which the draft will be deleted; None without a draft. The exact time
      would connect the chat with what is written elsewhere at that moment.
    - `reminded`: True if the person was warned that the draft expires.
    """

    # The hidden number of a row would show in which order chats began.
    __table_args__ = ({"sqlite_with_rowid": False},)

    chat_id: int = chat_id_column(primary_key=True)
    sealed: str = Field(sa_type=Text)
    language: str = Field(sa_type=String(8))
    profile: bytes = Field(sa_type=LargeBinary)
    draft: bytes | None = Field(default=None, sa_type=LargeBinary)
    due_at: datetime | None = time_column(nullable=True, index=True)
    reminded: bool = False


class Resident(SQLModel, table=True):
    """A person who gave a submission, once as a named and once as an unnamed resident.

    Only the key connects the two rows of one person. No row has a time, and ids are random.

    - `alias`: the pseudonym. `sealed`: the encrypted chat id.
    - `named`: True if officers can learn who the resident is.
    """

    id: int = Field(sa_column=Column(AutoId, primary_key=True, autoincrement=False))
    alias: int = chat_id_column(unique=True)
    sealed: str = Field(sa_type=Text)
    named: bool


class Consent(SQLModel, table=True):
    """The consent of a person to the data-protection notice.

    It has a pseudonym of its own: its time is near the time of the first submission, and would
    otherwise connect an unnamed submission with its named resident.

    - `alias`: the pseudonym. `sealed`: the encrypted chat id.
    - `version`: the version of the notice; empty after the consent is withdrawn.
    - `language`: the code of the language in which the notice was read.
    - `at`: when it was given.
    """

    __table_args__ = ({"sqlite_with_rowid": False},)

    alias: int = chat_id_column(primary_key=True)
    sealed: str = Field(sa_type=Text)
    version: str = Field(sa_type=String(16))
    language: str = Field(sa_type=String(8))
    at: datetime = time_column()


class BanState(StrEnum):
    """The state of a ban. It also ends at its time, without a change of state."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"  # a second person confirmed it
    REFUSED = "refused"  # it was never in force
    LIFTED = "lifted"


class ResidentBan(SQLModel, table=True):
    """A decision that no opinions are taken from the resident of a submission for some days.

    The person is found by the submission, so the row has no pseudonym. Several can be of one
    submission: the newest one counts.

    - `unit_code`: the unit that takes no opinions; None for all units.
    - `days`, `until`: how long it lasts from the confirmation on, and the end; None before it.
    - `reason`: the text that the resident reads.
    - `proposed_by`, `proposed_at`, `decided_by`, `decided_at`, `ended_by`, `ended_at`: the officers
      who proposed it, who confirmed or refused it, and who lifted it.
    - `appeal`, `appealed_at`: why the resident asks the city to lift it, and when.
    - `kept_by`, `kept_at`: the officer who kept it after the appeal.
    """

    __tablename__ = "resident_ban"

    id: int = auto_id()
    submission_id: int = submission_id_column()
    state: BanState = enum_column(BanState)
    unit_code: str | None = Field(default=None, sa_type=String(16))
    days: int
    until: datetime | None = time_column(nullable=True)
    reason: str = Field(sa_type=Text)
    proposed_by: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    proposed_at: datetime = time_column()
    decided_by: int | None = officer_column()
    decided_at: datetime | None = time_column(nullable=True)
    ended_by: int | None = officer_column()
    ended_at: datetime | None = time_column(nullable=True)
    appeal: str | None = Field(default=None, sa_type=Text)
    appealed_at: datetime | None = time_column(nullable=True)
    kept_by: int | None = officer_column()
    kept_at: datetime | None = time_column(nullable=True)


class Ban(SQLModel, table=True):
    """A ban of an earlier release, which one officer decided alone. Nobody reads these rows.

    They stay until no replica of that release runs any more.

    - `alias`: the pseudonym. `sealed`: the encrypted chat id, None in rows from before 0018.
    - `until`: the end of the ban.
    - `officer_id`, `at`: the officer who decided it, and when.
    - `reason`: the text that says why.
    - `told_at`: when the person was told of it.
    """

    id: int = auto_id()
    alias: int = chat_id_column(unique=True)
    sealed: str | None = Field(default=None, sa_type=Text)
    until: datetime = time_column()
    officer_id: int = Field(sa_column=Column(AutoId, ForeignKey("officer.id"), nullable=False))
    reason: str = Field(sa_type=Text)
    at: datetime = time_column()
    told_at: datetime | None = time_column(nullable=True)


class KeyCheck(SQLModel, table=True):
    """An encrypted secret of the program.

    - `id`: KEY_CHECK or CHAIN_KEY of `storage.encrypted_fields`. KEY_CHECK is a known text: a key
      that cannot decrypt it does not belong to this database.
    - `sealed`: the encrypted secret.
    """

    __tablename__ = "key_check"

    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    sealed: str = Field(sa_type=Text)
