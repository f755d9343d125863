"""Erasure: deletes the texts of submissions, and all data that identify their residents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text, update

from storage.models import (
    Answer,
    Attachment,
    ErasureReason,
    EvidenceState,
    MessageSubject,
    Outbox,
    Remark,
    Resident,
    ResidentBan,
    State,
    Submission,
)
from storage.statements import fetch_all, table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_rows, _files, _remarks = table(Submission), table(Attachment), table(Remark)
_outbox, _residents, _answers = table(Outbox), table(Resident), table(Answer)
_subjects, _bans = table(MessageSubject), table(ResidentBan)


async def erase_submission(
    connection: AsyncConnection,
    submission: Submission,
    now: datetime,
    *,
    state: State,
    reason: ErasureReason,
) -> bool:
    """Erase a submission except its code, kind, unit and times.

    `state` is its new state. Its attachments are marked as erased; a job deletes their files and
    then their rows. Return False and erase nothing if the submission was changed since it was read.
    """
    erased = await connection.execute(
        update(_rows)
        .where(_rows.c.id == submission.id, _rows.c.version == submission.version)
        .values(
            resident_id=None,
            text="",
            folded="",
            phone=None,
            rating_reason=None,
            transferred_to=None,
            former_lane=None,
            topics=[],
            sources=None,
            state=state,
            closed_at=submission.closed_at or now,
            erased_at=now,
            erased_because=reason,
            version=submission.version + 1,
        )
    )
    if not erased.rowcount:
        return False
    await connection.execute(
        update(_files)
        .where(_files.c.submission_id == submission.id)
        .values(
            state=EvidenceState.ERASED,
            remark_id=None,
            file_id="",
            file_unique_id="",
            album=None,
            file_name=None,
            title=None,
            address=None,
            digest=None,
            latitude=None,
            longitude=None,
            owner=None,
            next_at=now,
        )
    )
    await connection.execute(delete(_answers).where(_answers.c.submission_id == submission.id))
    await connection.execute(delete(_remarks).where(_remarks.c.submission_id == submission.id))
    await connection.execute(delete(_subjects).where(_subjects.c.subject == submission.code))
    await connection.execute(delete(_bans).where(_bans.c.submission_id == submission.id))
    # An outbox message leads from the submission to its chat.
    await connection.execute(delete(_outbox).where(_outbox.c.submission_id == submission.id))
    return True


async def delete_residents(connection: AsyncConnection, pseudonyms: Collection[int]) -> None:
    """Delete residents who have no submission, and all outbox messages to them."""
    has_submission = select(_rows.c.id).where(_rows.c.resident_id == _residents.c.id).exists()
    await connection.execute(
        delete(_residents).where(_residents.c.alias.in_(pseudonyms), ~has_submission)
    )
    await delete_messages(connection, pseudonyms)


async def delete_messages(connection: AsyncConnection, pseudonyms: Collection[int]) -> None:
    """Delete all outbox messages that are stored under these pseudonyms, sent or not."""
    await connection.execute(delete(_outbox).where(_outbox.c.chat_id.in_(pseudonyms)))


async def compact_search_index(connection: AsyncConnection) -> None:
    """Remove erased words from SQLite's search index, which keeps them until it is optimised."""
    if connection.dialect.name == "sqlite":
        optimize = "INSERT INTO submission_words(submission_words) VALUES ('optimize')"
        await connection.execute(text(optimize))


async def list_erased_attachments(
    connection: AsyncConnection, max_rows: int
) -> Sequence[Attachment]:
    """Lock and return attachments whose files are to be deleted."""
    statement = (
        select(_files)
        .where(_files.c.state == EvidenceState.ERASED)
        .order_by(_files.c.id)
        .limit(max_rows)
        .with_for_update(skip_locked=True)
    )
    return await fetch_all(connection, Attachment, statement)


async def delete_attachments(connection: AsyncConnection, attachment_ids: Sequence[int]) -> None:
    """Delete the rows of attachments whose files are deleted."""
    await connection.execute(delete(_files).where(_files.c.id.in_(attachment_ids)))


async def list_expired_submissions(
    connection: AsyncConnection,
    kinds: Collection[str],
    closed_before: datetime,
    warned_before: datetime,
    max_rows: int,
) -> Sequence[Submission]:
    """Lock and return submissions to erase, the first closed first.

    They have one of `kinds`, were closed before `closed_before`, and their residents were warned
    before `warned_before`.
    """
    statement = (
        select(_rows)
        .where(_rows.c.kind.in_(kinds), _rows.c.closed_at < closed_before)
        .where(_rows.c.warned_at <= warned_before)
        .where(_rows.c.erased_at.is_(None))
        .order_by(_rows.c.closed_at)
        .limit(max_rows)
        .with_for_update(skip_locked=True)
    )
    return await fetch_all(connection, Submission, statement)


async def list_submissions_to_warn(
    connection: AsyncConnection, kinds: Collection[str], closed_before: datetime, max_rows: int
) -> Sequence[Submission]:
    """Lock and return submissions whose resident is to be warned, the first closed first.

    They have one of `kinds`, were closed before `closed_before`, and have no warning yet.
    """
    statement = (
        select(_rows)
        .where(_rows.c.kind.in_(kinds), _rows.c.closed_at < closed_before)
        .where(_rows.c.erased_at.is_(None), _rows.c.warned_at.is_(None))
        .order_by(_rows.c.closed_at)
        .limit(max_rows)
        .with_for_update(skip_locked=True)
    )
    return await fetch_all(connection, Submission, statement)
