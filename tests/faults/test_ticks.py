"""Several replicas wake at once: what fell due happens once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text, update

from bot.casework.assignment import ALERTED
from bot.casework.escalation import OVERDUE
from bot.privacy.retention import OUTLIVED
from storage.models import Audit, State, Submission
from storage.statements import table
from tests.people import tells

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.runtime.scheduler import Scheduler
    from tests.people import Person, Town

ROWS, AUDIT = table(Submission), table(Audit)
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def at_once(town: Town, work: Callable[[Scheduler], Awaitable[None]]) -> None:
    """Every replica wakes; each has read what is due before any of them may write what it does."""
    database = town.app.database
    async with asyncio.timeout(20):
        async with database.transaction() as holding:
            await holding.execute(text("LOCK TABLE outbox, audit IN SHARE MODE"))
            running = [asyncio.ensure_future(work(each.app.schedule)) for each in town.replicas]
            while await _busy(town, running):
                pass  # each comes to stand before its first write, or finds nothing to do
        await asyncio.gather(*running)
    await town.deliver()


async def _busy(town: Town, running: Sequence[asyncio.Future[None]]) -> bool:
    async with town.app.database.reading() as connection:
        waiting = int((await connection.execute(WAITING)).scalar_one())
    return waiting + sum(each.done() for each in running) < len(running)


async def happened(town: Town, action: str) -> int:
    """How often something stands in the audit."""
    async with town.app.database.reading() as connection:
        found = select(func.count()).select_from(AUDIT).where(AUDIT.c.action == action)
        return int((await connection.execute(found)).scalar_one())


def told(person: Person, words: str) -> int:
    """How often somebody heard something."""
    return sum(words in each for each in person.heard)


async def test_what_falls_due_happens_once(twin_town: Town) -> None:
    """An alert, a word that it is overdue, a warning before it is erased, and the erasure."""
    town = twin_town
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.")
    officers = [await town.officer("Binh"), await town.officer("Dung")]
    await at_once(town, lambda schedule: schedule.alert_waiting())
    assert sum(told(each, code) for each in officers) == 1
    assert await happened(town, ALERTED) == 1

    (officer,) = (each for each in officers if told(each, code))
    await officer.taps("case.do.accept", of=code)
    async with town.app.database.reading() as connection:
        due: Any = (await connection.execute(select(ROWS.c.due_at))).scalar_one()
    town.now = due + timedelta(minutes=1)
    await at_once(town, lambda schedule: schedule.look_at_deadlines())
    assert (told(officer, "Quá hạn"), await happened(town, OVERDUE)) == (1, 1)
    assert told(ann, "xin lỗi ông/bà về sự chậm trễ") == 1

    async with town.app.database.transaction() as connection:
        await connection.execute(update(ROWS).values(state=State.CLOSED, closed_at=town.now))
    town.later(days=710)
    await at_once(town, lambda schedule: schedule.purge())
    town.later(days=31)
    await at_once(town, lambda schedule: schedule.purge())
    assert await happened(town, OUTLIVED) == 1
    assert sum(tells(each, "retention.warning") for each in ann.heard) == 1
