"""What organisers are reminded of after a forum: its results, and what was promised there.

Everything is due because its row says so; a message's key lets it be said once for its occasion,
whoever wakes and however often.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.core.unit_of_work import UnitOfWork
from bot.forums.planning.actions import DECIDERS, PLANNERS
from bot.notifications.to_officers import notify_planners
from storage import forums, officers

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Forum, Officer

_SOON = 2  # working days
_LATE = timedelta(hours=12)  # after which a forum that was held is over
_MOST = 500  # promises that one waking looks at


async def remind_organisers(work: UnitOfWork) -> None:
    """Say once that something is due within two working days; when it is over, again and again.

    Of results the city hears too then, every working day; of promises the unit, every week.
    """
    await _of_those_never_begun(work)
    await _of_reports(work)
    await _of_promises(work)


async def _of_those_never_begun(work: UnitOfWork) -> None:
    """Nobody said that it was held: once, so that its results are not forgotten."""
    for forum in await forums.list_never_begun(work.connection, work.now - _LATE):
        told = await _planners(work.connection, forum)
        occasion = f"{forum.start_version}"
        await notify_planners(work, forum, told, "forum.alert.not_begun", occasion=occasion)


async def _of_reports(work: UnitOfWork) -> None:
    today = work.policy.workdays.day_of(work.now)
    for forum in await forums.list_reports_due(
        work.connection, work.policy.workdays.after(work.now, _SOON)
    ):
        due, told = forum.report_due_at or work.now, await _planners(work.connection, forum)
        if due > work.now:
            words, occasion = "forum.alert.report_due", f"{due:%Y%m%d}"
        elif work.policy.workdays.is_worked(today):
            words, occasion = "forum.alert.report_overdue", f"{today:%Y%m%d}"
            above = await officers.list_active(work.connection, [CITY])
            told += [each for each in above if each.role in DECIDERS and each not in told]
        else:
            continue
        day = work.policy.workdays.day_of(due)
        await notify_planners(work, forum, told, words, occasion=occasion, due=day)


async def _of_promises(work: UnitOfWork) -> None:
    today = work.policy.workdays.day_of(work.now)
    until = work.policy.workdays.day_of(work.policy.workdays.after(work.now, _SOON))
    for promise, forum in await forums.list_commitments_due(work.connection, until, _MOST):
        if promise.due_on >= today:
            words, occasion = "forum.alert.promise_due", f"{promise.id}"
        else:
            words, occasion = "forum.alert.promise_overdue", f"{promise.id}-{today:%G%V}"
        await notify_planners(
            work,
            forum,
            await _planners(work.connection, forum),
            words,
            occasion=occasion,
            text=promise.text,
            owner=promise.owner,
            due=promise.due_on,
        )


async def _planners(connection: AsyncConnection, forum: Forum) -> list[Officer]:
    """Who plans forums in the host unit."""
    found = await officers.list_active(connection, [forum.host_unit])
    return [each for each in found if each.role in PLANNERS]
