"""What time does to cases: a reminder before the due date, a word when it is over, the closing.

Everything is due because its row says so; a message's key lets it be said once, whoever wakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.feedback import notices
from bot.feedback.service import serving, tell
from bot.screen import Words
from storage import audit, officers, outbox, submissions
from storage.models import Role, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.feedback.service import Policy
    from storage.database import Database
    from storage.models import Officer, Submission

_PAGE = 100
_LIFETIME = timedelta(days=14)
_LEADERS = frozenset({Role.APPROVER, Role.COORDINATOR})

OVERDUE, CLOSED = "case.overdue", "case.closed"


@dataclass(frozen=True, slots=True)
class Times:
    """How long before the due date officers are reminded, how long after an answer it is closed."""

    remind_before: timedelta
    close_after: timedelta


async def look(database: Database, times: Times, now: datetime, *, policy: Policy) -> None:
    """Remind, report and close what is due, page by page, each its own transaction."""
    after: tuple[datetime, int] | None = None
    while True:
        async with database.transaction() as connection:
            due = await submissions.due(connection, now + times.remind_before, after, _PAGE)
            for case in due:
                await _speak(connection, case, now, policy)
        if len(due) < _PAGE:
            break
        after = (due[-1].due_at, due[-1].id or 0)
    while await _close(database, now - times.close_after, now):
        pass


async def _speak(
    connection: AsyncConnection, case: Submission, now: datetime, policy: Policy
) -> None:
    """Say once that a case is due soon and, later, that it is overdue; a paused one is not."""
    if case.paused_at is not None:
        return
    if case.due_at > now:
        told = await _who_works(connection, case)
        await _remind(connection, case, told, "due_soon", now, policy)
        return
    stamp = _stamp(case)
    leaders = await _leaders(connection, case)
    workers = await _who_works(connection, case)
    told = list({officer.id: officer for officer in (*workers, *leaders)}.values())
    await _remind(connection, case, told, "overdue", now, policy)
    if stamp not in await _reported(connection, case):
        details = {"due": stamp}
        await audit.append(
            connection, OVERDUE, now, role=audit.SYSTEM, submission_id=case.id, details=details
        )
    words = (Words("notice.overdue", {"code": case.code}),)
    await notices.tell(connection, case, f"overdue:{stamp}", words, now, policy=policy)


def _stamp(case: Submission) -> int:
    """The due date as a number: another due date is another occasion."""
    return int(case.due_at.timestamp())


async def _remind(
    connection: AsyncConnection,
    case: Submission,
    told: Sequence[Officer],
    what: str,
    now: datetime,
    policy: Policy,
) -> None:
    await tell(
        connection, case, told, f"{what}:{_stamp(case)}", f"alert.{what}", now,
        policy=policy, priority=outbox.Priority.REMINDER,
    )  # fmt: skip


async def _reported(connection: AsyncConnection, case: Submission) -> set[int]:
    """The due dates that were reported as passed already."""
    entries = await audit.timeline(connection, case.id or 0, [OVERDUE])
    return {int(entry.details["due"]) for entry in entries}


async def _who_works(connection: AsyncConnection, case: Submission) -> Sequence[Officer]:
    """Who has taken it or, if nobody has, who is on duty for it."""
    if case.assignee_id is None:
        return await serving(connection, case)
    everybody = await officers.everybody(connection)
    return [each for each in everybody if each.id == case.assignee_id and each.active]


async def _leaders(connection: AsyncConnection, case: Submission) -> Sequence[Officer]:
    """The leaders on duty of the unit and of the city."""
    found = await officers.on_duty(connection, (case.handled_by, CITY), case.topics)
    return [each for each in found if each.role in _LEADERS]


async def _close(database: Database, answered_before: datetime, now: datetime) -> int:
    """Close what was answered long enough ago, or acknowledged; how many."""
    async with database.transaction() as connection:
        done = await submissions.to_close(connection, answered_before, _PAGE)
        for case in done:
            closed = await submissions.change(connection, case, state=State.CLOSED, closed_at=now)
            if closed is not None:
                await audit.append(
                    connection, CLOSED, now, role=audit.SYSTEM, submission_id=case.id
                )
    return len(done)
