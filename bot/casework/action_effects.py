"""Effects of single actions on other rows than the case's own, in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.casework.attachments import make_attachment_rows
from bot.casework.conversions import store_conversions
from bot.casework.release import release_merged_cases
from bot.conversation.engine import select_sources
from bot.conversation.inputs import join_texts, list_sources
from bot.core.requests import Refused
from storage import casework, correspondence, forums, submissions
from storage.models import RemarkKind

if TYPE_CHECKING:
    from bot.casework.case_access import CaseAccess, ResidentAccess
    from bot.core.transitions import ActionResult

_PARTS_OF_ANSWER = ("text", "measure", "deadline")

# Officers


async def store_proposal(result: ActionResult[CaseAccess]) -> None:
    """Store the proposed answer to the case."""
    await correspondence.add_answer(
        result.work.connection,
        {
            "submission_id": result.after.id,
            **{name: result.answers[name] for name in _PARTS_OF_ANSWER},
            "sources": select_sources(result.answers, _PARTS_OF_ANSWER),
            "proposed_by": result.access.officer.id,
            "proposed_at": result.work.now,
        },
    )


async def approve_answer(result: ActionResult[CaseAccess]) -> None:
    """Store that the officer approved the answer; a commitment of a forum is then kept.

    The residents of merged cases may rate this answer, too.

    Raises Refused if there is no answer to approve any more.
    """
    work, access = result.work, result.access
    answer_id = access.answer.id if access.answer else 0
    if not await correspondence.approve_answer(
        work.connection, answer_id, access.officer.id, work.now
    ):
        raise Refused(access.explain_too_late())
    await forums.mark_commitments_kept(work.connection, result.after.id, work.now)
    await casework.clear_merged_ratings(work.connection, result.after.id)


async def move_merged_cases(result: ActionResult[CaseAccess]) -> None:
    """Move the cases that were merged into this one to the case into which this one is merged."""
    await casework.move_merged(result.work.connection, result.after.id, result.after.merged_into)


async def free_merged_cases(result: ActionResult[Any]) -> None:
    """Separate the cases that were merged into this one, because it will not be answered."""
    await release_merged_cases(result.work, result.after.id)


async def keep_officer_off(result: ActionResult[CaseAccess]) -> None:
    """Store a recusal: the officer who acts may not open the case any more."""
    await _add_recusal(result, result.access.officer.id)


async def keep_chosen_off(result: ActionResult[CaseAccess]) -> None:
    """Store a recusal: the chosen officer may not open the case any more."""
    await _add_recusal(result, int(result.answers["officer"]))


async def readmit_chosen(result: ActionResult[CaseAccess]) -> None:
    """Delete the recusal of the chosen officer, who may open the case again."""
    await casework.delete_recusal(
        result.work.connection, result.after.id, int(result.answers["officer"])
    )


async def _add_recusal(result: ActionResult[CaseAccess], officer_id: int) -> None:
    await casework.add_recusal(
        result.work.connection,
        result.after.id,
        officer_id,
        result.access.officer.id,
        result.work.now,
    )


# Residents


async def store_addition(result: ActionResult[ResidentAccess]) -> None:
    """Store the resident's addition as a remark, with its files."""
    await _store_messages(result, RemarkKind.ADDITION)


async def store_reply(result: ActionResult[ResidentAccess]) -> None:
    """Store the resident's reply to a question as a remark, with its files."""
    await _store_messages(result, RemarkKind.REPLY)


async def store_correction(result: ActionResult[ResidentAccess]) -> None:
    """Store the new version of a message that the resident edited, with the version before."""
    await correspondence.add_remark(
        result.work.connection,
        {
            "submission_id": result.after.id,
            "kind": RemarkKind.CORRECTION,
            "officer_id": None,
            "text": result.answers["text"],
            "replaces": result.answers["replaces"],
            "at": result.work.now,
        },
    )


async def store_late_file(result: ActionResult[ResidentAccess]) -> None:
    """Store a late file where the other files of its album are: `remark_id` of the answers."""
    work, case = result.work, result.after
    stored = await submissions.list_attachments(work.connection, case.id)
    await submissions.add_attachments(
        work.connection,
        case.id,
        make_attachment_rows(result.answers["details"], work.now),
        first=len(stored),
        remark_id=result.answers["remark_id"],
    )


async def _store_messages(result: ActionResult[ResidentAccess], kind: RemarkKind) -> None:
    work, case, messages = result.work, result.after, result.answers["details"]
    remark_id = await correspondence.add_remark(
        work.connection,
        {
            "submission_id": case.id,
            "kind": kind,
            "officer_id": None,
            "text": join_texts(messages),
            "sources": list_sources(messages),
            "at": work.now,
        },
    )
    await store_conversions(work, case.id, messages)
    stored = await submissions.list_attachments(work.connection, case.id)
    await submissions.add_attachments(
        work.connection,
        case.id,
        make_attachment_rows(messages, work.now),
        first=len(stored),
        remark_id=remark_id,
    )
