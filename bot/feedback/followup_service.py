"""What residents do with their opinions later: add, withdraw, rate, ask to look at it again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.casework import submission_rules
from bot.casework.assignment import list_serving, notify_officers
from bot.casework.permissions import is_away
from bot.conversation.inputs import join_texts
from bot.core.text_folding import fold_text
from bot.core.unit_of_work import UnitOfWork
from bot.feedback.intake_service import find_own_submission, make_attachment_rows
from storage import audit, casework, officers, submissions
from storage.models import RemarkKind, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.core.policy import Policy
    from bot.core.requests import Chat
    from storage.models import Officer, Submission

ADDED, WITHDRAWN = "submission.added_to", "submission.withdrawn"
RATED, REOPENED = "submission.rated", "submission.reopened"
REPLIED = "submission.replied"

_LIFETIME = timedelta(days=30)


async def add_to_submission(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Keep what the resident adds, and tell the officers."""
    submission = await _own(work, chat, answers["@code"])
    if submission is not None and submission_rules.may_be_added_to(submission):
        await _added(work, submission, RemarkKind.ADDITION, answers)


async def reply_to_question(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Keep the answer to an officer's question; the clock runs on."""
    submission = await _own(work, chat, answers["@code"])
    if submission is None or not submission_rules.may_be_added_to(submission):
        return
    if submission.state is State.AWAITING_RESIDENT and submission.paused_at is not None:
        # Who had it may have left meanwhile: then it is for somebody to take on.
        state = State.RECEIVED if submission.assignee_id is None else State.IN_PROGRESS
        going_on = await submissions.update_submission(
            work.connection,
            submission,
            state=state,
            **compute_resumption(submission, work.now, work.policy),
        )
        submission = going_on or submission
    await _added(work, submission, RemarkKind.REPLY, answers)


def compute_resumption(case: Submission, now: datetime, policy: Policy) -> dict[str, Any]:
    """The clock runs on: the due date moves by the time that it stood still."""
    assert case.paused_at is not None
    stood = now - case.paused_at
    return {"paused_at": None, "due_at": policy.workdays.at_work(case.due_at + stood)}


async def _added(
    work: UnitOfWork, submission: Submission, kind: RemarkKind, answers: Mapping[str, Any]
) -> None:
    words = join_texts(answers["details"])
    remark = {
        "submission_id": submission.id,
        "kind": kind,
        "officer_id": None,
        "text": words,
        "at": work.now,
    }
    remark_id = await submissions.add_remark(work.connection, remark)
    before = await submissions.list_attachments(work.connection, submission.id)
    await submissions.add_attachments(
        work.connection,
        submission.id,
        make_attachment_rows(answers["details"], work.now),
        first=len(before),
        remark_id=remark_id,
    )
    folded = f"{submission.folded}\n{fold_text(words)}"
    await submissions.update_submission(work.connection, submission, folded=folded)
    action = ADDED if kind is RemarkKind.ADDITION else REPLIED
    await _done(work, submission, action)
    told = await _concerned(work, submission)
    await notify_officers(work, submission, told, "added", "alert.added", occasion=str(remark_id))


async def withdraw_submission(work: UnitOfWork, chat: Chat, code: str) -> Submission | None:
    """Take an opinion back; None when it is not one's own, or it is too late."""
    submission = await _own(work, chat, code)
    if submission is None or not submission_rules.may_be_withdrawn(submission):
        return None
    changed = await submissions.update_submission(
        work.connection, submission, state=State.WITHDRAWN, closed_at=work.now
    )
    if changed is not None:
        await _done(work, submission, WITHDRAWN)
        await casework.release_merged(work.connection, submission.id)
        told = await _concerned(work, submission)
        await notify_officers(work, changed, told, "withdrawn", "alert.withdrawn")
    return changed


async def rate_answer(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Keep what the resident thinks of the answer; look at it again if they ask for it."""
    submission = await _own(work, chat, answers["@code"])
    if submission is None or not submission_rules.may_be_rated(submission):
        return
    score, reason = int(answers["score"]), answers.get("reason") or None
    rated = await submissions.update_submission(
        work.connection, submission, rating=score, rating_reason=reason
    )
    if rated is None:
        return
    await _done(work, submission, RATED, rating=score)
    if answers.get("again") == "yes":
        await _reopen(work, rated, reason or "")


async def reopen_submission(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Look at an answered opinion again, once."""
    submission = await _own(work, chat, answers["@code"])
    if submission is not None:
        await _reopen(work, submission, answers["reason"])


async def _reopen(work: UnitOfWork, submission: Submission, reason: str) -> None:
    if not submission_rules.may_be_reopened(submission, work.now, work.policy.reopen_within):
        return
    changed = await submissions.update_submission(
        work.connection,
        submission,
        state=State.ASSIGNED if submission.assignee_id else State.RECEIVED,
        reopened_at=work.now,
        answered_at=None,
        closed_at=None,
        warned_at=None,
        due_at=work.policy.due(submission.kind, work.now),
        acknowledge_by=work.policy.acknowledge_by(work.now, urgent=submission.urgent),
        escalation=0,
    )
    if changed is None:
        return
    if reason:
        remark = {"submission_id": submission.id, "kind": RemarkKind.ADDITION, "at": work.now}
        await submissions.add_remark(
            work.connection, {**remark, "officer_id": None, "text": reason}
        )
    await _done(work, submission, REOPENED)
    told = await _concerned(work, changed)
    await notify_officers(
        work, changed, told, "reopened", "alert.reopened", occasion=str(changed.version)
    )


async def _concerned(work: UnitOfWork, submission: Submission) -> Sequence[Officer]:
    """Who has it and, while nobody took it on, who is on duty for it too."""
    if submission.assignee_id is not None and submission.state is not State.ASSIGNED:
        has = await officers.list_by_ids(work.connection, [submission.assignee_id])
        if has and not is_away(has[0], work.now):
            return has
    return await list_serving(work, submission)


async def _own(work: UnitOfWork, chat: Chat, code: str) -> Submission | None:
    mine = await find_own_submission(
        work.connection, work.policy.pseudonyms.list_aliases(chat.id), code
    )
    return mine.submission if mine else None


async def _done(work: UnitOfWork, submission: Submission, action: str, **details: Any) -> None:
    await audit.append_entry(
        work.connection,
        action,
        work.now,
        role=audit.RESIDENT,
        submission_id=submission.id,
        details=details,
    )
