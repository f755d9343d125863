"""What time does to cases: a reminder before the due date, a word when it is over, the closing.

Everything is due because its row says so; a message's key lets it be said once, whoever wakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.casework.assignment import alert_officers, list_leaders, list_serving, notify_officers
from bot.casework.side_effects import list_current_assignees
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_resident
from storage import audit, casework, outbox, submissions
from storage.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.policy import Policy
    from storage.database import Database
    from storage.models import Officer, Submission

_PAGE = 100

OVERDUE, CLOSED, ESCALATED = "case.overdue", "case.closed", "case.escalated"


@dataclass(frozen=True, slots=True)
class CaseDeadlines:
    """How long before the due date officers are reminded, how long after an answer it is closed.

    So many working days after the due date the city hears of it too.
    """

    remind_before: timedelta
    close_after: timedelta
    city_after: int


async def check_deadlines(
    database: Database, times: CaseDeadlines, now: datetime, *, policy: Policy
) -> None:
    """Remind, report and close what is due, page by page, each its own transaction."""
    while await _escalate(database, now, policy):
        pass
    after: tuple[datetime, int] | None = None
    while True:
        async with database.transaction() as connection:
            due = await submissions.list_due(connection, now + times.remind_before, after, _PAGE)
            for case in due:
                await _speak(UnitOfWork(connection, now, policy), case, times)
        if len(due) < _PAGE:
            break
        after = (due[-1].due_at, due[-1].id)
    while await _close(database, now - times.close_after, now):
        pass


async def _escalate(database: Database, now: datetime, policy: Policy) -> int:
    """What nobody took on in time goes up: to all on duty and their leaders, then to the city."""
    async with database.transaction() as connection:
        waiting = await casework.list_unacknowledged(connection, now, _PAGE)
        for case in waiting:
            level = case.escalation + 1
            units = (case.handled_by,) if level == 1 else (case.handled_by, CITY)
            again = policy.acknowledge_by(now, urgent=case.urgent) if level == 1 else None
            changed = await submissions.update_submission(
                connection, case, escalation=level, acknowledge_by=again
            )
            if changed is None:
                continue
            told = _each_once(
                await list_serving(UnitOfWork(connection, now, policy), changed),
                await list_leaders(UnitOfWork(connection, now, policy), changed, units),
            )
            await audit.append_entry(
                connection,
                ESCALATED,
                now,
                role=audit.SYSTEM,
                submission_id=case.id,
                details={"level": level},
            )
            await alert_officers(
                UnitOfWork(connection, now, policy), changed, told, words="alert.unacknowledged"
            )
    return len(waiting)


async def _speak(work: UnitOfWork, case: Submission, times: CaseDeadlines) -> None:
    """Say once that a case is due soon and, later, that it is overdue; a paused one is not.

    First to who works on it and to the unit's leaders; to the city's when it lasts.
    """
    if case.paused_at is not None:
        return
    stamp = _stamp(case)
    workers = await _who_works(work, case)
    if case.due_at > work.now:
        await _remind(work, case, workers, "due_soon")
        return
    above = await list_leaders(work, case, (case.handled_by,))
    late = work.policy.workdays.between(case.due_at, work.now)
    if late >= times.city_after:
        above += await list_leaders(work, case, (CITY,))
    await _remind(work, case, _each_once(workers, above), "overdue")
    if stamp not in await _reported(work.connection, case):
        details = {"due": stamp}
        await audit.append_entry(
            work.connection,
            OVERDUE,
            work.now,
            role=audit.SYSTEM,
            submission_id=case.id,
            details=details,
        )
    words = (Words("notice.overdue", {"code": case.code}),)
    await to_resident.notify_resident(work, case, "overdue", words, occasion=str(stamp))


def _each_once(*several: Sequence[Officer]) -> list[Officer]:
    return list({officer.id: officer for found in several for officer in found}.values())


def _stamp(case: Submission) -> int:
    """The due date as a number: another due date is another occasion."""
    return int(case.due_at.timestamp())


async def _remind(work: UnitOfWork, case: Submission, told: Sequence[Officer], what: str) -> None:
    await notify_officers(
        work,
        case,
        told,
        what,
        f"alert.{what}",
        occasion=str(_stamp(case)),
        priority=outbox.Priority.REMINDER,
    )


async def _reported(connection: AsyncConnection, case: Submission) -> set[int]:
    """The due dates that were reported as passed already."""
    entries = await audit.list_timeline(connection, case.id, [OVERDUE])
    return {int(entry.details["due"]) for entry in entries}


async def _who_works(work: UnitOfWork, case: Submission) -> Sequence[Officer]:
    """Who has taken it or, if nobody has, who is on duty for it; with who is to approve it."""
    if case.assignee_id is None:
        return await list_serving(work, case)
    working = await list_current_assignees(work, case)
    if case.state is not State.ANSWER_PROPOSED:
        return working
    return _each_once(working, await list_leaders(work, case, (case.handled_by,)))


async def _close(database: Database, answered_before: datetime, now: datetime) -> int:
    """Close what was answered long enough ago, or acknowledged; how many."""
    async with database.transaction() as connection:
        done = await submissions.list_to_close(connection, answered_before, _PAGE)
        for case in done:
            closed = await submissions.update_submission(
                connection, case, state=State.CLOSED, closed_at=now
            )
            if closed is not None:
                await audit.append_entry(
                    connection, CLOSED, now, role=audit.SYSTEM, submission_id=case.id
                )
    return len(done)
