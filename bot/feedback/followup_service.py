"""What residents do with their opinions later: add, withdraw, rate, ask to look at it again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.casework import submission_rules
from bot.casework.assignment import list_serving, notify_officers
from bot.casework.permissions import is_away
from bot.conversation.inputs import join_texts
from bot.core.text_folding import fold_text
from bot.feedback.intake_service import find_own_submission, make_attachment_rows
from storage import audit, casework, officers, submissions
from storage.models import RemarkKind, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.engine import Chat
    from bot.core.policy import Policy
    from storage.models import Officer, Submission

ADDED, WITHDRAWN = "submission.added_to", "submission.withdrawn"
RATED, REOPENED = "submission.rated", "submission.reopened"
REPLIED = "submission.replied"

_LIFETIME = timedelta(days=30)


async def add_to_submission(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Keep what the resident adds, and tell the officers."""
    submission = await _own(connection, chat, answers["@code"], policy)
    if submission is not None and submission_rules.may_be_added_to(submission):
        await _added(connection, submission, RemarkKind.ADDITION, answers, now, policy)


async def reply_to_question(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Keep the answer to an officer's question; the clock runs on."""
    submission = await _own(connection, chat, answers["@code"], policy)
    if submission is None or not submission_rules.may_be_added_to(submission):
        return
    if submission.state is State.AWAITING_RESIDENT and submission.paused_at is not None:
        # Who had it may have left meanwhile: then it is for somebody to take on.
        state = State.RECEIVED if submission.assignee_id is None else State.IN_PROGRESS
        going_on = await submissions.update_submission(
            connection, submission, state=state, **compute_resumption(submission, now, policy)
        )
        submission = going_on or submission
    await _added(connection, submission, RemarkKind.REPLY, answers, now, policy)


def compute_resumption(case: Submission, now: datetime, policy: Policy) -> dict[str, Any]:
    """The clock runs on: the due date moves by the time that it stood still."""
    assert case.paused_at is not None
    stood = now - case.paused_at
    return {"paused_at": None, "due_at": policy.workdays.at_work(case.due_at + stood)}


async def _added(
    connection: AsyncConnection,
    submission: Submission,
    kind: RemarkKind,
    answers: Mapping[str, Any],
    now: datetime,
    policy: Policy,
) -> None:
    words = join_texts(answers["details"])
    remark = {
        "submission_id": submission.id,
        "kind": kind,
        "officer_id": None,
        "text": words,
        "at": now,
    }
    remark_id = await submissions.add_remark(connection, remark)
    before = await submissions.list_attachments(connection, submission.id)
    await submissions.add_attachments(
        connection,
        submission.id,
        make_attachment_rows(answers["details"], now),
        first=len(before),
        remark_id=remark_id,
    )
    folded = f"{submission.folded}\n{fold_text(words)}"
    await submissions.update_submission(connection, submission, folded=folded)
    action = ADDED if kind is RemarkKind.ADDITION else REPLIED
    await _done(connection, submission, action, now)
    told = await _concerned(connection, submission, now, policy)
    await notify_officers(
        connection,
        submission,
        told,
        "added",
        "alert.added",
        now,
        policy=policy,
        occasion=str(remark_id),
    )


async def withdraw_submission(
    connection: AsyncConnection, chat: Chat, code: str, now: datetime, *, policy: Policy
) -> Submission | None:
    """Take an opinion back; None when it is not one's own, or it is too late."""
    submission = await _own(connection, chat, code, policy)
    if submission is None or not submission_rules.may_be_withdrawn(submission):
        return None
    changed = await submissions.update_submission(
        connection, submission, state=State.WITHDRAWN, closed_at=now
    )
    if changed is not None:
        await _done(connection, submission, WITHDRAWN, now)
        await casework.release_merged(connection, submission.id)
        told = await _concerned(connection, submission, now, policy)
        await notify_officers(
            connection, changed, told, "withdrawn", "alert.withdrawn", now, policy=policy
        )
    return changed


async def rate_answer(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Keep what the resident thinks of the answer; look at it again if they ask for it."""
    submission = await _own(connection, chat, answers["@code"], policy)
    if submission is None or not submission_rules.may_be_rated(submission):
        return
    score, reason = int(answers["score"]), answers.get("reason") or None
    rated = await submissions.update_submission(
        connection, submission, rating=score, rating_reason=reason
    )
    if rated is None:
        return
    await _done(connection, submission, RATED, now, rating=score)
    if answers.get("again") == "yes":
        await _reopen(connection, rated, reason or "", now, policy)


async def reopen_submission(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Look at an answered opinion again, once."""
    submission = await _own(connection, chat, answers["@code"], policy)
    if submission is not None:
        await _reopen(connection, submission, answers["reason"], now, policy)


async def _reopen(
    connection: AsyncConnection, submission: Submission, reason: str, now: datetime, policy: Policy
) -> None:
    if not submission_rules.may_be_reopened(submission, now, policy.reopen_within):
        return
    changed = await submissions.update_submission(
        connection,
        submission,
        state=State.ASSIGNED if submission.assignee_id else State.RECEIVED,
        reopened_at=now,
        answered_at=None,
        closed_at=None,
        warned_at=None,
        due_at=policy.due(submission.kind, now),
        acknowledge_by=policy.acknowledge_by(now, urgent=submission.urgent),
        escalation=0,
    )
    if changed is None:
        return
    if reason:
        remark = {"submission_id": submission.id, "kind": RemarkKind.ADDITION, "at": now}
        await submissions.add_remark(connection, {**remark, "officer_id": None, "text": reason})
    await _done(connection, submission, REOPENED, now)
    told = await _concerned(connection, changed, now, policy)
    await notify_officers(
        connection,
        changed,
        told,
        "reopened",
        "alert.reopened",
        now,
        policy=policy,
        occasion=str(changed.version),
    )


async def _concerned(
    connection: AsyncConnection, submission: Submission, now: datetime, policy: Policy
) -> Sequence[Officer]:
    """Who has it and, while nobody took it on, who is on duty for it too."""
    if submission.assignee_id is not None and submission.state is not State.ASSIGNED:
        has = await officers.list_by_ids(connection, [submission.assignee_id])
        if has and not is_away(has[0], now):
            return has
    return await list_serving(connection, submission, now, policy)


async def _own(
    connection: AsyncConnection, chat: Chat, code: str, policy: Policy
) -> Submission | None:
    mine = await find_own_submission(connection, policy.pseudonyms.list_aliases(chat.id), code)
    return mine.submission if mine else None


async def _done(
    connection: AsyncConnection, submission: Submission, action: str, now: datetime, **details: Any
) -> None:
    await audit.append_entry(
        connection, action, now, role=audit.RESIDENT, submission_id=submission.id, details=details
    )
