"""Several replicas run the same jobs at once: each job's effect happens once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text, update

from bot.casework.assignment import ALERTED
from bot.casework.clock_actions import REPORT_OVERDUE
from bot.privacy.retention import RETENTION_ENDED
from bot.runtime import jobs
from storage.models import Audit, State, Submission
from storage.statements import table
from tests.town.forums import publish_forum, register_for_forum
from tests.town.locks import wait_for_lock_waits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.runtime.jobs import JobContext
    from tests.town.town import Town

ROWS, AUDIT = table(Submission), table(Audit)


async def wake_all(town: Town, job: Callable[[JobContext], Awaitable[None]]) -> None:
    """Run a job in every replica at once; none writes before all have read."""
    database = town.app.database
    async with database.transaction() as holding:
        await holding.execute(text("LOCK TABLE outbox, audit IN SHARE MODE"))
        running = [asyncio.ensure_future(job(each.app.job_context)) for each in town.replicas]
        await wait_for_lock_waits(database, len(running), running)
    async with asyncio.timeout(20):
        await asyncio.gather(*running)
    await town.deliver()


async def count_entries(town: Town, action: str) -> int:
    """Return the number of audit entries of an action."""
    async with town.app.database.reading() as connection:
        found = select(func.count()).select_from(AUDIT).where(AUDIT.c.action == action)
        return int((await connection.execute(found)).scalar_one())


async def test_fault_23_a_due_job_has_its_effect_once(twin_town: Town) -> None:
    """The alert, the notice that a case is overdue, the warning before the erasure, and the
    erasure.
    """
    town = twin_town
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.")
    officers = [await town.officer("Binh"), await town.officer("Dung")]
    await wake_all(town, jobs.assign_waiting_submissions)
    assert sum(each.count_heard(code) for each in officers) == 1
    assert await count_entries(town, ALERTED) == 1

    (officer,) = (each for each in officers if each.count_heard(code))
    await officer.taps("case.do.accept", of=code)
    async with town.app.database.reading() as connection:
        due: Any = (await connection.execute(select(ROWS.c.due_at))).scalar_one()
    town.now = due + timedelta(minutes=1)
    await wake_all(town, jobs.check_deadlines)
    assert officer.count_told("alert.overdue") == 1
    assert await count_entries(town, REPORT_OVERDUE.audit_action) == 1
    assert ann.count_told("notice.overdue") == 1

    async with town.app.database.transaction() as connection:
        await connection.execute(update(ROWS).values(state=State.CLOSED, closed_at=town.now))
    town.advance(days=710)
    await wake_all(town, jobs.purge_data)
    town.advance(days=31)
    await wake_all(town, jobs.purge_data)
    assert await count_entries(town, RETENTION_ENDED) == 1
    assert ann.count_told("retention.warning") == 1


async def test_fault_23_a_due_reminder_is_sent_once(twin_town: Town) -> None:
    """The reminder of a forum, which two replicas are about to write."""
    await publish_forum(twin_town)
    people = [twin_town.resident(name) for name in ("Ann", "Ben")]
    for person in people:
        await register_for_forum(person)
    twin_town.advance(days=9)
    await wake_all(twin_town, jobs.remind_attendees)
    assert [person.count_told("reminder.text") for person in people] == [1, 1]
