"""The morning digest: what waits for an officer and, for leaders, for the unit."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

from bot.areas.units import name_police
from bot.casework.permissions import LEADERS, WORKERS, get_visible_unit, is_away
from bot.core.screen import Button, Screen, Words
from bot.core.unit_of_work import UnitOfWork
from storage import casework, officers, outbox

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.policy import Policy
    from bot.core.screen import Param
    from storage.database import Database
    from storage.models import Officer

_BEGINS, _ENDS = time(7, 30), time(12, 0)  # in the city; later nobody begins the day
_SOON = timedelta(days=2)


async def send_digests(database: Database, now: datetime, *, policy: Policy) -> int:
    """Tell who has something to do, once on every working day; how many digests were due.

    The message's key is the occasion: whoever wakes first writes it.
    """
    local = now.astimezone(policy.zone)
    if not (policy.workdays.is_worked(local.date()) and _BEGINS <= local.time() < _ENDS):
        return 0
    async with database.transaction() as connection:
        due = [each for each in await officers.list_all(connection) if _wants(each, now)]
        keys = {_key(each, local): each for each in due}
        known = {row.dedup_key for row in await outbox.list_by_keys(connection, list(keys))}
        new = {key: each for key, each in keys.items() if key not in known}
        messages = [
            message
            for key, officer in new.items()
            if (message := await _digest(UnitOfWork(connection, now, policy), officer, key))
            is not None
        ]
        await outbox.enqueue_messages(connection, messages, now)
    return len(messages)


def _wants(officer: Officer, now: datetime) -> bool:
    working = officer.active and officer.on_duty and officer.role in WORKERS
    return working and not is_away(officer, now)


def _key(officer: Officer, local: datetime) -> str:
    return f"digest:{local:%Y-%m-%d}:{officer.id}"


async def _digest(work: UnitOfWork, officer: Officer, key: str) -> outbox.OutboxMessage | None:
    """The digest of an officer, and of the unit for its leaders; None when nothing waits."""
    mine = await casework.count_waiting_cases(
        work.connection, work.now, work.now + _SOON, assignee_id=officer.id
    )
    paragraphs = [Words("digest.mine", mine)] if any(mine.values()) else []
    buttons = [Button(Words("digest.see.mine"), "cases:mine=")] if paragraphs else []
    if officer.role in LEADERS:
        unit = get_visible_unit(officer)
        ours = await casework.count_waiting_cases(
            work.connection, work.now, work.now + _SOON, unit_code=unit
        )
        if any(ours.values()):
            params: dict[str, Param] = {**ours, "unit": name_police(officer.unit_code)}
            paragraphs.append(Words("digest.unit", params))
            buttons.append(Button(Words("digest.see.unit"), "cases:unit="))
    if not paragraphs:
        return None
    return outbox.OutboxMessage(
        dedup_key=key,
        kind="digest",
        chat_id=officer.chat_id,
        priority=outbox.Priority.REMINDER,
        language=work.policy.default_language,
        screen=Screen((Words("digest.text"), *paragraphs), tuple(buttons)).to_json(),
        expires_at=work.now + timedelta(hours=12),
        critical=False,
    )
