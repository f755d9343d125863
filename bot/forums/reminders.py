"""Reminding of forums: whoever wakes looks what is due, and each is reminded of each offset once.

Nothing is reckoned beforehand: what is due follows from the forum's start, the offsets and `now`,
so that a moved forum, a clock that jumps and a machine that was off need no repair.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.preferences import Preferences
from bot.core.unit_of_work import UnitOfWork
from bot.forums.attendance import rules
from bot.forums.attendance.screens import show_reminder
from bot.notifications import to_resident
from bot.notifications.message import Addressee
from storage import attendance, forum_reminders
from storage.models import ForumState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.core.policy import Policy
    from bot.core.screen import Screen
    from storage.database import Database
    from storage.models import Forum, Registration, Reminder

_PAGE = 200  # registrations in one transaction
_SLACK = timedelta(days=1)  # a day on the calendar may have 25 hours


async def send_reminders(
    database: Database, usual: Sequence[int], now: datetime, *, policy: Policy
) -> bool:
    """Put the reminders that are due into the outbox, page by page; whether there were any.

    `usual` are the minutes before the start at which those are reminded who chose nothing else.
    """
    offsets = sorted({*rules.OFFSETS, *usual})
    until = now + timedelta(minutes=offsets[-1]) + _SLACK
    async with database.reading() as connection:
        soon = await attendance.list_starting_forums(connection, now, until)
        due = [
            (forum.id, offset)
            for forum in soon
            for offset in _unfinished(
                forum, offsets, await forum_reminders.map_reminders(connection, forum), now, policy
            )
        ]
    found = False
    for forum_id, offset in due:
        more = True
        while more:
            async with database.transaction() as connection:
                put, more = await _expand(
                    UnitOfWork(connection, now, policy), forum_id, offset, usual
                )
            found = found or put
    return found


def _unfinished(
    forum: Forum,
    offsets: Sequence[int],
    marks: dict[int, Reminder],
    now: datetime,
    policy: Policy,
) -> list[int]:
    """The offsets that have come and that not everybody was looked at for, the nearest first."""
    return [
        offset
        for offset in offsets
        if rules.compute_reminder_time(forum.starts_at, offset, policy.zone) <= now
        and (offset not in marks or marks[offset].finished_at is None)
    ]


async def _expand(
    work: UnitOfWork, forum_id: int, offset: int, usual: Sequence[int]
) -> tuple[bool, bool]:
    """Look at a page of those who come; whether some were reminded, and whether there are more.

    The forum is held: it cannot be moved meanwhile, and no other replica is at it.
    """
    forum = await attendance.lock_forum(work.connection, forum_id)
    if forum is None or forum.state is not ForumState.PUBLISHED:
        return False, False
    marks = await forum_reminders.map_reminders(work.connection, forum)
    if offset not in _unfinished(forum, [offset], marks, work.now, work.policy):
        return False, False
    if offset not in marks:
        await forum_reminders.add_reminder(work.connection, forum, offset, work.now, finished=False)
    cursor = marks[offset].cursor if offset in marks else 0
    since = marks[0].created_at if 0 in marks else forum.published_at or forum.created_at
    page = await attendance.list_expected(work.connection, forum_id, cursor, _PAGE)
    told = [row for row in page if _is_due(forum, row, offset, usual, since, work.now, work.policy)]
    await to_resident.remind_attendees(
        work, forum, offset, await _list_reminders(work, forum, told)
    )
    is_last = len(page) < _PAGE
    cursor = page[-1].id if page else cursor
    await forum_reminders.update_reminder(
        work.connection, forum, offset, cursor, work.now if is_last else None
    )
    return bool(told), not is_last


def _is_due(
    forum: Forum,
    row: Registration,
    offset: int,
    usual: Sequence[int],
    since: datetime,
    now: datetime,
    policy: Policy,
) -> bool:
    """Whether this is the reminder that somebody is to have now."""
    offsets = usual if row.offsets is None else row.offsets
    since = max(since, row.registered_at)
    return offset == rules.find_due_offset(forum.starts_at, offsets, policy.zone, since, now)


async def _list_reminders(
    work: UnitOfWork, forum: Forum, registrations: Sequence[Registration]
) -> list[tuple[Addressee, Screen]]:
    """Return the reminders of some registrations.

    A reminder waits for the end of quiet hours, unless the forum begins in them.
    """
    chat_ids = {row.id: work.policy.pseudonyms.decrypt_chat_id(row.sealed) for row in registrations}
    chats = await attendance.map_conversations(work.connection, chat_ids.values())
    reminders = []
    for row in registrations:
        chat = chats.get(chat_ids[row.id])
        preferences = Preferences.of(chat.preferences if chat else {})
        earliest = preferences.earliest(work.now, work.policy.zone)
        recipient = Addressee(
            row.alias,
            chat.language if chat else row.language,
            row.sealed,
            not_before=earliest if earliest < forum.starts_at else work.now,
        )
        reminders.append((recipient, show_reminder(forum, row)))
    return reminders
