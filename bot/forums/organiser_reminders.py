"""Reminders to planners after a forum: to report its results, and to keep its commitments.

Due reminders are found by stored times. The deduplication key of a message contains its occasion
(the day, or the version of the start), so every replica may run this at any time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.unit_of_work import UnitOfWork
from bot.forums.planning_recipients import list_city_deciders, list_planners
from bot.notifications.to_officers import notify_planners
from storage import forums

if TYPE_CHECKING:
    from datetime import date

    from bot.core.screen import Param

_REMIND_BEFORE = 2  # working days before something is due
_NEVER_BEGUN_AFTER = timedelta(hours=12)  # after the start
_MAX_COMMITMENTS = 500  # in one run


async def remind_organisers(work: UnitOfWork) -> None:
    """Remind planners of results and commitments that are due within two working days or overdue.

    Overdue results: on every working day, to the city's leaders too. Overdue commitments: every
    week. A forum that was never begun: once.
    """
    await _remind_of_forums_never_begun(work)
    await _remind_of_reports(work)
    await _remind_of_commitments(work)


async def _remind_of_forums_never_begun(work: UnitOfWork) -> None:
    for forum in await forums.list_never_begun(work.connection, work.now - _NEVER_BEGUN_AFTER):
        recipients = await list_planners(work, forum)
        occasion = str(forum.start_version)
        await notify_planners(work, forum, recipients, "forum.alert.not_begun", occasion=occasion)


async def _remind_of_reports(work: UnitOfWork) -> None:
    calendar = work.policy.calendar
    today = calendar.get_local_day(work.now)
    before = calendar.add_working_days(work.now, _REMIND_BEFORE)
    for forum in await forums.list_reports_due(work.connection, before):
        due_at, recipients = forum.report_due_at or work.now, await list_planners(work, forum)
        if due_at > work.now:
            key, occasion = "forum.alert.report_due", f"{due_at:%Y%m%d}"
        elif calendar.is_working_day(today):
            key, occasion = "forum.alert.report_overdue", f"{today:%Y%m%d}"
            city = await list_city_deciders(work)
            recipients += [officer for officer in city if officer not in recipients]
        else:
            continue
        params: dict[str, Param] = {"due": calendar.get_local_day(due_at)}
        await notify_planners(work, forum, recipients, key, occasion=occasion, **params)


async def _remind_of_commitments(work: UnitOfWork) -> None:
    calendar = work.policy.calendar
    today = calendar.get_local_day(work.now)
    until = calendar.get_local_day(calendar.add_working_days(work.now, _REMIND_BEFORE))
    due = await forums.list_commitments_due(work.connection, until, _MAX_COMMITMENTS)
    for commitment, forum in due:
        key, occasion = _choose_commitment_reminder(commitment.id, commitment.due_on, today)
        await notify_planners(
            work,
            forum,
            await list_planners(work, forum),
            key,
            occasion=occasion,
            text=commitment.text,
            owner=commitment.owner,
            due=commitment.due_on,
        )


def _choose_commitment_reminder(commitment_id: int, due_on: date, today: date) -> tuple[str, str]:
    """Return the key of the text, and the occasion: once before the day, every week after it."""
    if due_on >= today:
        return "forum.alert.promise_due", str(commitment_id)
    return "forum.alert.promise_overdue", f"{commitment_id}-{today:%G%V}"
