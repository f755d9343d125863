"""The morning digest: the cases that wait for an officer and, for leaders, for the unit."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

from bot.areas.units import name_police
from bot.casework.permissions import CASE_WORKER_ROLES, LEADER_ROLES, get_visible_unit, is_away
from bot.core.screen import Button, Screen, Words
from bot.core.unit_of_work import UnitOfWork, begin_work
from bot.notifications import to_officers
from storage import casework, officers

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.policy import Policy
    from bot.core.screen import Param
    from storage.database import Database
    from storage.models import Officer

_BEGINS, _ENDS = time(7, 30), time(12, 0)  # in the city's time
_SOON = timedelta(days=2)  # until the due date of a case that the digest lists


async def send_digests(database: Database, now: datetime, *, policy: Policy) -> int:
    """Send the digests of a working day in the morning; return their number.

    The deduplication key is the day and the officer, so each is sent once by all replicas together.
    """
    local = now.astimezone(policy.zone)
    day = local.date()
    if not (policy.calendar.is_working_day(day) and _BEGINS <= local.time() < _ENDS):
        return 0
    sent = 0
    async with begin_work(database, now, policy) as work:
        wanting = [each for each in await officers.list_all(work.connection) if _wants(each, now)]
        for officer in await to_officers.filter_without_digest(work, wanting, day):
            screen = await _make_digest(work, officer)
            if screen is not None:
                await to_officers.send_digest(work, officer, day, screen)
                sent += 1
    return sent


def _wants(officer: Officer, now: datetime) -> bool:
    working = officer.active and officer.on_duty and officer.role in CASE_WORKER_ROLES
    return working and not is_away(officer, now)


async def _make_digest(work: UnitOfWork, officer: Officer) -> Screen | None:
    """Return the digest of an officer, for leaders with that of the unit; None if nothing waits."""
    mine = await casework.count_waiting_cases(
        work.connection, work.now, work.now + _SOON, officer, assignee_id=officer.id
    )
    paragraphs = [Words("digest.mine", mine)] if any(mine.values()) else []
    buttons = [Button(Words("digest.see.mine"), "cases:mine=")] if paragraphs else []
    if officer.role in LEADER_ROLES:
        unit = get_visible_unit(officer)
        ours = await casework.count_waiting_cases(
            work.connection, work.now, work.now + _SOON, officer, unit_code=unit
        )
        if any(ours.values()):
            params: dict[str, Param] = {**ours, "unit": name_police(officer.unit_code)}
            paragraphs.append(Words("digest.unit", params))
            buttons.append(Button(Words("digest.see.unit"), "cases:unit="))
    if not paragraphs:
        return None
    return Screen((Words("digest.text"), *paragraphs), tuple(buttons))
