"""Announcing: what is said of a forum is put into the outbox, chunk by chunk, by whoever wakes.

The row says how far it has come, and moves with each chunk; the outbox's key lets nobody hear
anything twice, however they were found.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.core.preferences import FORUMS, Preferences
from bot.core.unit_of_work import UnitOfWork
from bot.forums.planning.screens import show_announcement
from bot.notifications import to_resident
from bot.notifications.message import Addressee
from storage import attendance, audit, forums, outbox
from storage.models import ForumState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from sqlalchemy import Select

    from bot.core.policy import Policy
    from storage.database import Database
    from storage.models import Announcement, Forum

ANNOUNCED = "forum.announced"
_CHUNK = 1000  # recipients in one transaction
_MANY = 20_000  # messages, after which the database counts anew what it has
_AFTERWARDS = timedelta(days=14)  # how long what is not about the start may wait

_OF_THE_START = frozenset({"notice", "moved"})  # what is said of when and where it starts

# In which state of the forum each is still true.
_TRUE_IN = {
    "notice": {ForumState.PUBLISHED},
    "moved": {ForumState.PUBLISHED},
    "postponed": {ForumState.POSTPONED},
    "cancelled": {ForumState.CANCELLED},
    "results": {ForumState.REPORTED, ForumState.CLOSED},
}


async def expand_announcements(database: Database, now: datetime, *, policy: Policy) -> int:
    """Put what is announced into the outbox, to the end; how many messages."""
    put = counted = 0
    while True:
        async with database.transaction() as connection:
            announcement = await forums.lock_next_announcement(connection, now)
            if announcement is not None:
                put += await _chunk(UnitOfWork(connection, now, policy), announcement)
            if put - counted >= _MANY or (announcement is None and put >= _MANY):
                await outbox.refresh_statistics(connection)
                counted = put
            if announcement is None:
                return put


async def _chunk(work: UnitOfWork, announcement: Announcement) -> int:
    """Put one chunk into the outbox, and say how far it has come."""
    number = announcement.id
    forum = await attendance.get_forum(work.connection, announcement.forum_id)
    if not _is_true(announcement, forum, work.now):
        await forums.update_announcement(work.connection, number, cancelled_at=work.now)
        return 0
    sources = _sources(announcement, forum)
    if announcement.source >= len(sources):
        await forums.update_announcement(work.connection, number, finished_at=work.now)
        return 0
    found = await forums.list_recipients(
        work.connection, sources[announcement.source], announcement.cursor, _CHUNK
    )
    recipients, left_out = await _select_recipients(work, announcement, forum, found)
    await to_resident.send_announcement(
        work,
        announcement,
        recipients,
        show_announcement(announcement.kind, forum),
        expires_at=_get_expiry(work, announcement.kind, forum),
    )
    left_out += announcement.left_out
    if len(found) < _CHUNK:
        place = {"source": announcement.source + 1, "cursor": 0}
    else:
        place = {"cursor": found[-1].id}
    await forums.update_announcement(work.connection, number, left_out=left_out, **place)
    return len(recipients)


def _is_true(announcement: Announcement, forum: Forum, now: datetime) -> bool:
    if forum.state not in _TRUE_IN[announcement.kind]:
        return False
    if announcement.kind in _OF_THE_START:
        return announcement.version == forum.start_version and now < forum.starts_at
    return True


def _sources(announcement: Announcement, forum: Forum) -> Sequence[Select[Any]]:
    """Who hears of it: who wants to hear of the area, who attends; of results who gave opinions."""
    attending = forums.select_attendees(forum.id)
    if announcement.kind == "results":
        return attending, forums.select_submitters(forum.code)
    wanting = forums.select_subscribers(forum.area, CITY, forum.topics)
    return (wanting,) if announcement.kind == "notice" else (wanting, attending)


def _get_expiry(work: UnitOfWork, kind: str, forum: Forum) -> datetime:
    """Return the time after which an announcement is of no use any more."""
    return forum.starts_at if kind in _OF_THE_START else work.now + _AFTERWARDS


async def _select_recipients(
    work: UnitOfWork,
    announcement: Announcement,
    forum: Forum,
    found: Sequence[forums.AnnouncementRecipient],
) -> tuple[list[Addressee], int]:
    """Return those who want the announcement, and the number of those who do not.

    A person who switched such news off, or hid this forum, is told only if they attend it. Nothing
    is sent in quiet hours, unless the announcement would expire in them.
    """
    chat_ids = {each.alias: work.policy.pseudonyms.decrypt_chat_id(each.sealed) for each in found}
    chats = await attendance.map_conversations(work.connection, chat_ids.values())
    until = _get_expiry(work, announcement.kind, forum)
    is_news = announcement.kind != "results" and announcement.source == 0
    recipients, unwilling = {}, set()
    for each in found:
        chat = chats.get(chat_ids[each.alias])
        preferences = Preferences.of(chat.preferences if chat else {})
        hides = forum.code in (chat.preferences.get("hidden", ()) if chat else ())
        if is_news and (hides or FORUMS in preferences.muted):
            unwilling.add(each.alias)
            continue
        earliest = preferences.earliest(work.now, work.policy.zone)
        recipients[each.alias] = Addressee(
            each.alias,
            chat.language if chat else each.language,
            each.sealed,
            not_before=earliest if earliest < until else work.now,
        )
    if unwilling:
        unwilling -= await forums.filter_attending(work.connection, forum.id, unwilling)
    return list(recipients.values()), len(unwilling)


async def stop_announcements(work: UnitOfWork, forum: Forum, *, kinds: Collection[str]) -> None:
    """Announce no further, neither to anybody nor in the channel, what has not gone out yet."""
    said = await forums.list_announcements(work.connection, forum.id)
    subjects = [(each.kind, each.version) for each in said if each.kind in kinds]
    await to_resident.cancel_channel_posts(work, forum, subjects)
    await forums.cancel_announcements(work.connection, forum.id, work.now, kinds=kinds)


async def announce_forum(work: UnitOfWork, forum: Forum, kind: str) -> None:
    """Have something of a forum announced: to everybody concerned, and to a channel if one is set.

    What was announced before and is no longer true is stopped.
    """
    if kind != "results":
        others = {"notice", "moved", "postponed", "cancelled"} - {kind}
        await stop_announcements(work, forum, kinds=others)
    version = forum.start_version if kind in _OF_THE_START else forum.version
    await forums.add_announcement(
        work.connection,
        {
            "forum_id": forum.id,
            "kind": kind,
            "version": version,
            "due_at": work.now,
            "created_at": work.now,
        },
    )
    await to_resident.post_in_channel(
        work,
        forum,
        (kind, version),
        show_announcement(kind, forum, buttons=False),
        expires_at=_get_expiry(work, kind, forum),
    )
    await audit.append_entry(
        work.connection,
        ANNOUNCED,
        work.now,
        role=audit.SYSTEM,
        details={"forum": forum.code, "kind": kind, "version": version},
    )
