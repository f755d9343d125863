"""Timed actions on cases: escalation, reminder and report around the due date, closing.

Due cases are found by their stored times. The deduplication key of a message lets it be sent once
by all replicas together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.casework.assignment import (
    list_current_assignees,
    list_leaders,
    list_serving_officers,
    merge_officers,
)
from bot.casework.case_access import ClockAccess
from bot.casework.clock_actions import CLOSE, ESCALATE, ESCALATE_URGENT, REPORT_OVERDUE
from bot.core.transitions import perform_transition
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_officers
from bot.notifications.to_officers import CaseNotice
from storage import audit, casework, submissions
from storage.models import State
from storage.outbox import Priority

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.policy import Policy
    from storage.database import Database
    from storage.models import Officer, Submission

_PAGE = 100  # cases in one transaction


@dataclass(frozen=True, slots=True)
class CaseDeadlines:
    """The times at which the scheduled jobs act on a case.

    Officers are reminded `remind_before` the due date. An answered case is closed `close_after` its
    answer. The city's leaders are notified `city_after` working days after the due date.
    """

    remind_before: timedelta
    close_after: timedelta
    city_after: int


async def check_deadlines(
    database: Database, times: CaseDeadlines, now: datetime, *, policy: Policy
) -> None:
    """Escalate cases, remind officers, report overdue cases and close answered ones, as due.

    Each page of cases has its own transaction.
    """
    while await _escalate(database, now, policy):
        pass
    after: tuple[datetime, int] | None = None
    while True:
        async with database.transaction() as connection:
            due = await submissions.list_due(connection, now + times.remind_before, after, _PAGE)
            for case in due:
                await _remind_of_due_date(UnitOfWork(connection, now, policy), case, times)
        if len(due) < _PAGE:
            break
        after = (due[-1].due_at, due[-1].id)
    while await _close(database, now - times.close_after, now, policy):
        pass


async def _escalate(database: Database, now: datetime, policy: Policy) -> int:
    """Escalate a page of new cases that nobody took on in time; return their number."""
    async with database.transaction() as connection:
        waiting = await casework.list_unacknowledged(connection, now, _PAGE)
        work = UnitOfWork(connection, now, policy)
        for case in waiting:
            access = ClockAccess(case, {"level": case.escalation + 1})
            is_first = case.urgent and case.escalation == 0
            await perform_transition(work, ESCALATE_URGENT if is_first else ESCALATE, access, {})
    return len(waiting)


async def _remind_of_due_date(work: UnitOfWork, case: Submission, times: CaseDeadlines) -> None:
    """Tell officers once that a case is due soon, and later that it is overdue.

    A paused case is left alone. An overdue case goes to the unit's leaders too, and after
    `city_after` working days to the city's leaders.
    """
    if case.paused_at is not None:
        return
    workers = await _list_workers(work, case)
    if case.due_at > work.now:
        await _remind_officers(work, case, workers, "due_soon")
        return
    leaders = await list_leaders(work, case, (case.handled_by,))
    late = work.policy.calendar.count_working_days(case.due_at, work.now)
    if late >= times.city_after:
        leaders += await list_leaders(work, case, (CITY,))
    await _remind_officers(work, case, merge_officers(workers, leaders), "overdue")
    due = _to_seconds(case.due_at)
    if due not in await _list_reported(work.connection, case):
        await perform_transition(work, REPORT_OVERDUE, ClockAccess(case, {"due": due}), {})


def _to_seconds(due_at: datetime) -> int:
    return int(due_at.timestamp())


async def _remind_officers(
    work: UnitOfWork, case: Submission, recipients: Sequence[Officer], kind: str
) -> None:
    """Remind officers, once for each due date."""
    notice = CaseNotice(
        kind, f"alert.{kind}", str(_to_seconds(case.due_at)), priority=Priority.REMINDER
    )
    await to_officers.notify_officers(work, case, recipients, notice)


async def _list_reported(connection: AsyncConnection, case: Submission) -> set[int]:
    """Return the due dates, in seconds, that were reported as passed already."""
    entries = await audit.list_timeline(connection, case.id, [REPORT_OVERDUE.audit_action])
    return {int(entry.details["due"]) for entry in entries}


async def _list_workers(work: UnitOfWork, case: Submission) -> Sequence[Officer]:
    """Return the assignee or, without one, the officers on duty; with the leaders who approve."""
    if case.assignee_id is None:
        return await list_serving_officers(work, case)
    assignees = await list_current_assignees(work, case)
    if case.state is not State.ANSWER_PROPOSED:
        return assignees
    return merge_officers(assignees, await list_leaders(work, case, (case.handled_by,)))


async def _close(
    database: Database, answered_before: datetime, now: datetime, policy: Policy
) -> int:
    """Close a page of cases that were answered long enough ago; return their number."""
    async with database.transaction() as connection:
        answered = await submissions.list_to_close(connection, answered_before, _PAGE)
        for case in answered:
            await perform_transition(
                UnitOfWork(connection, now, policy), CLOSE, ClockAccess(case), {}
            )
    return len(answered)
