"""Reminders of forums to registered people.

Due reminders are computed from the forum's start, the offsets that the person chose, and `now`.
No reminder is stored in advance, so a moved forum or a stopped bot leaves no wrong reminder. An
offset is a number of minutes before the start.
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
from bot.notifications.notice_kinds import schedule_notice
from storage import attendance, conversations, forum_reminders
from storage.models import ForumState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.core.policy import Policy
    from bot.core.screen import Screen
    from storage.conversations import StoredChat
    from storage.database import Database
    from storage.models import Forum, Registration, Reminder

_PAGE = 200  # registrations in one transaction
_SLACK = timedelta(days=1)  # a day on the calendar may have 25 hours


async def send_reminders(database: Database, now: datetime, *, policy: Policy) -> bool:
    """Write the reminders that are due into the outbox, page by page.

    Return True if there were any.
    """
    due = await _list_due_offsets(database, now, policy)
    is_any_sent = False
    for forum_id, offset in due:
        has_more = True
        while has_more:
            async with database.transaction() as connection:
                work = UnitOfWork(connection, now, policy)
                is_sent, has_more = await _write_page(work, forum_id, offset)
            is_any_sent = is_any_sent or is_sent
    return is_any_sent


async def _list_due_offsets(
    database: Database, now: datetime, policy: Policy
) -> list[tuple[int, int]]:
    """Return (forum id, offset) for the offsets that are due and not expanded to the end."""
    offsets = sorted({*rules.REMINDER_OFFSETS, *policy.reminder_minutes})
    until = now + timedelta(minutes=offsets[-1]) + _SLACK
    due = []
    async with database.reading() as connection:
        for forum in await attendance.list_starting_forums(connection, now, until):
            reminders = await forum_reminders.map_reminders(connection, forum)
            due += [
                (forum.id, offset)
                for offset in offsets
                if _is_unfinished(forum, offset, reminders, now, policy)
            ]
    return due


def _is_unfinished(
    forum: Forum, offset: int, reminders: Mapping[int, Reminder], now: datetime, policy: Policy
) -> bool:
    """Return True if an offset has come, and not all registrations were looked at for it."""
    if rules.compute_reminder_time(forum.starts_at, offset, policy.zone) > now:
        return False
    return offset not in reminders or reminders[offset].finished_at is None


async def _write_page(work: UnitOfWork, forum_id: int, offset: int) -> tuple[bool, bool]:
    """Write the reminders of one page of registrations.

    Return whether there were any, and whether there is another page. The forum is locked, so that
    it is not moved meanwhile, and no other replica writes the same page.
    """
    forum = await attendance.lock_forum(work.connection, forum_id)
    if forum is None or forum.state is not ForumState.PUBLISHED:
        return False, False
    reminders = await forum_reminders.map_reminders(work.connection, forum)
    if not _is_unfinished(forum, offset, reminders, work.now, work.policy):
        return False, False
    if offset not in reminders:
        await forum_reminders.add_reminder(work.connection, forum, offset, work.now)
    cursor = reminders[offset].cursor if offset in reminders else 0
    page = await attendance.list_expected(work.connection, forum_id, cursor, _PAGE)
    due = [registration for registration in page if _is_due(work, forum, registration, offset)]
    await to_resident.remind_attendees(work, forum, offset, await _make_reminders(work, forum, due))
    is_last = len(page) < _PAGE
    await forum_reminders.update_reminder(
        work.connection,
        forum,
        offset,
        page[-1].id if page else cursor,
        work.now if is_last else None,
    )
    return bool(due), not is_last


def _is_due(work: UnitOfWork, forum: Forum, registration: Registration, offset: int) -> bool:
    """Return True if this is the reminder that a registered person is to get now."""
    chosen = registration.offsets
    offsets = work.policy.reminder_minutes if chosen is None else chosen
    since = max(forum.start_known_since or forum.created_at, registration.registered_at)
    return offset == rules.find_due_offset(
        forum.starts_at, offsets, work.policy.zone, since, work.now
    )


async def _make_reminders(
    work: UnitOfWork, forum: Forum, registrations: Sequence[Registration]
) -> list[tuple[Addressee, Screen]]:
    """Return the reminders of some registrations, with where to send them."""
    chat_ids = {
        registration.id: work.policy.pseudonyms.decrypt_chat_id(registration.sealed)
        for registration in registrations
    }
    chats = await conversations.map_conversations(
        work.connection, work.policy.pseudonyms, chat_ids.values()
    )
    return [
        (
            _make_addressee(work, forum, registration, chats.get(chat_ids[registration.id])),
            show_reminder(forum, registration),
        )
        for registration in registrations
    ]


def _make_addressee(
    work: UnitOfWork, forum: Forum, registration: Registration, chat: StoredChat | None
) -> Addressee:
    """Return where to send a reminder: after quiet hours, unless the forum starts in them."""
    preferences = Preferences.from_json(chat.preferences if chat else {})
    return Addressee(
        registration.alias,
        chat.language if chat else registration.language,
        registration.sealed,
        not_before=schedule_notice(work, "remind", preferences, forum.starts_at),
    )
