"""What organisers are reminded of after a forum: its results, and what was promised there.

Everything is due because its row says so; a message's key lets it be said once for its occasion,
whoever wakes and however often.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.forums.planning.actions import DECIDERS, PLANNERS
from bot.forums.planning.service import notify_planners
from storage import forums, officers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.policy import Policy
    from storage.models import Forum, Officer

_SOON = 2  # working days
_LATE = timedelta(hours=12)  # after which a forum that was held is over
_MOST = 500  # promises that one waking looks at


async def remind_organisers(connection: AsyncConnection, now: datetime, *, policy: Policy) -> None:
    """Say once that something is due within two working days; when it is over, again and again.

    Of results the city hears too then, every working day; of promises the unit, every week.
    """
    await _of_those_never_begun(connection, now, policy)
    await _of_reports(connection, now, policy)
    await _of_promises(connection, now, policy)


async def _of_those_never_begun(connection: AsyncConnection, now: datetime, policy: Policy) -> None:
    """Nobody said that it was held: once, so that its results are not forgotten."""
    for forum in await forums.list_never_begun(connection, now - _LATE):
        told = await _planners(connection, forum)
        occasion = f"{forum.start_version}"
        await notify_planners(
            connection, forum, told, "forum.alert.not_begun", now, policy, occasion=occasion
        )


async def _of_reports(connection: AsyncConnection, now: datetime, policy: Policy) -> None:
    today = policy.workdays.day_of(now)
    for forum in await forums.list_reports_due(connection, policy.workdays.after(now, _SOON)):
        due, told = forum.report_due_at or now, await _planners(connection, forum)
        if due > now:
            words, occasion = "forum.alert.report_due", f"{due:%Y%m%d}"
        elif policy.workdays.is_worked(today):
            words, occasion = "forum.alert.report_overdue", f"{today:%Y%m%d}"
            above = await officers.list_active(connection, [CITY])
            told += [each for each in above if each.role in DECIDERS and each not in told]
        else:
            continue
        day = policy.workdays.day_of(due)
        await notify_planners(
            connection, forum, told, words, now, policy, occasion=occasion, due=day
        )


async def _of_promises(connection: AsyncConnection, now: datetime, policy: Policy) -> None:
    today = policy.workdays.day_of(now)
    until = policy.workdays.day_of(policy.workdays.after(now, _SOON))
    for promise, forum in await forums.list_commitments_due(connection, until, _MOST):
        if promise.due_on >= today:
            words, occasion = "forum.alert.promise_due", f"{promise.id}"
        else:
            words, occasion = "forum.alert.promise_overdue", f"{promise.id}-{today:%G%V}"
        await notify_planners(
            connection,
            forum,
            await _planners(connection, forum),
            words,
            now,
            policy,
            occasion=occasion,
            text=promise.text,
            owner=promise.owner,
            due=promise.due_on,
        )


async def _planners(connection: AsyncConnection, forum: Forum) -> list[Officer]:
    """Who plans forums in the host unit."""
    found = await officers.list_active(connection, [forum.host_unit])
    return [each for each in found if each.role in PLANNERS]
