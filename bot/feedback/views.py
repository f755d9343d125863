"""Queries of residents: their own submissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.casework import submission_rules
from bot.casework.case_access import find_present_ban
from bot.casework.timeline import list_timeline
from storage import casework, correspondence, submissions
from storage.models import RemarkKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Answer, Attachment, Audit, Remark, ResidentBan, Submission


@dataclass(frozen=True)
class OwnSubmission:
    """One of a resident's own submissions, with its timeline and its files.

    - `main`: the case into which it was merged.
    - `answer`: the approved answer to it, or to its main case.
    - `ban`: the ban that is in force for it.
    - `remarks`: what the resident added, corrected and replied, and what officers asked.
    """

    submission: Submission
    timeline: Sequence[Audit]
    files: Sequence[Attachment]
    main: Submission | None
    answer: Answer | None
    remarks: Sequence[Remark]
    ban: ResidentBan | None


async def list_own_submissions(
    connection: AsyncConnection,
    pseudonyms: Sequence[int],
    *,
    before: int | None = None,
    limit: int = 6,
) -> Sequence[Submission]:
    """Return at most `limit` submissions of a resident, newest first.

    `pseudonyms` are all pseudonyms of the resident. With `before`, the id of a submission, only
    older ones are returned.
    """
    return await submissions.list_submissions_of(
        connection, pseudonyms, before=before, max_rows=limit
    )


async def find_own_submission(
    work: UnitOfWork, pseudonyms: Sequence[int], typed: str
) -> OwnSubmission | None:
    """Return the resident's submission with the typed receipt code, in any spelling.

    Return None for an unknown code and for another person's submission. `pseudonyms` are all
    pseudonyms of the resident.
    """
    connection = work.connection
    submission = await submissions.find_submission(connection, submission_rules.parse_code(typed))
    if submission is None:
        return None
    owner = await submissions.find_owner(connection, submission.id)
    if owner is None or owner.alias not in pseudonyms:
        return None
    entries = await list_timeline(connection, submission.id)
    files = await submissions.list_attachments(connection, submission.id)
    main = await casework.find_main_case(connection, submission)
    is_answered = submission_rules.get_answered_at(submission, main) is not None
    answered = submission if main is None else main
    answer = (
        await correspondence.find_approved_answer(connection, answered.id) if is_answered else None
    )
    remarks = [
        each
        for each in await correspondence.list_remarks(connection, submission.id)
        if each.kind is not RemarkKind.NOTE
    ]
    ban = await find_present_ban(work, submission.id)
    return OwnSubmission(submission, entries, files, main, answer, remarks, ban)
