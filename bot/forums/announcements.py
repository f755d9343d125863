"""Announcements: writing the messages of an announcement into the outbox, chunk by chunk.

The row of an announcement stores the last recipient whose message was written. Each chunk is one
transaction, so another replica can continue after one stops. The deduplication key of a message
prevents that a person receives an announcement twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.core.preferences import FORUMS, Preferences
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.forums.announcement_screens import show_announcement
from bot.notifications import to_resident
from bot.notifications.message import Addressee
from bot.notifications.notice_kinds import schedule_notice
from storage import attendance, audit, conversations, forums, outbox
from storage.models import ForumState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from sqlalchemy import Select

    from bot.core.policy import Policy
    from storage.conversations import StoredChat
    from storage.database import Database
    from storage.forums import AnnouncementRecipient
    from storage.models import Announcement, Forum

ANNOUNCED = "forum.announced"  # the action in the audit log
_CHUNK = 1000  # recipients in one transaction
_STATISTICS_EVERY = 20_000  # messages, after which the database refreshes its statistics
_DAY = timedelta(hours=24)
_LIFETIME = timedelta(days=14)  # of an announcement that is not about the start

_ABOUT_START = frozenset({"notice", "moved"})  # announcements that say when and where it starts

# The states of the forum in which an announcement of a kind is still true.
_TRUE_IN = {
    "notice": {ForumState.PUBLISHED},
    "moved": {ForumState.PUBLISHED},
    "postponed": {ForumState.POSTPONED},
    "cancelled": {ForumState.CANCELLED},
    "results": {ForumState.REPORTED, ForumState.CLOSED},
}


async def expand_announcements(database: Database, now: datetime, *, policy: Policy) -> int:
    """Write the messages of all due announcements into the outbox; return how many messages."""
    written = counted = 0
    while True:
        async with database.transaction() as connection:
            announcement = await forums.lock_next_announcement(connection, now)
            if announcement is not None:
                written += await _write_chunk(UnitOfWork(connection, now, policy), announcement)
            is_finished = announcement is None
            is_many = written - counted >= _STATISTICS_EVERY
            if is_many or (is_finished and written >= _STATISTICS_EVERY):
                await outbox.refresh_statistics(connection)
                counted = written
            if is_finished:
                return written


async def _write_chunk(work: UnitOfWork, announcement: Announcement) -> int:
    """Write one chunk of messages, and move the announcement on; return how many messages."""
    forum = await attendance.get_forum(work.connection, announcement.forum_id)
    if not _is_true(announcement, forum, work.now):
        await forums.update_announcement(work.connection, announcement.id, cancelled_at=work.now)
        return 0
    sources = _list_sources(announcement, forum)
    if announcement.source >= len(sources):
        await forums.update_announcement(work.connection, announcement.id, finished_at=work.now)
        return 0
    recipients = await forums.list_recipients(
        work.connection, sources[announcement.source], announcement.cursor, _CHUNK
    )
    addressees, left_out = await _select_addressees(work, announcement, forum, recipients)
    await to_resident.send_announcement(
        work,
        announcement,
        addressees,
        show_announcement(announcement, forum),
        expires_at=_compute_expiry(work, announcement.kind, forum),
    )
    if len(recipients) < _CHUNK:
        position = {"source": announcement.source + 1, "cursor": 0}
    else:
        position = {"cursor": recipients[-1].id}
    await forums.update_announcement(
        work.connection, announcement.id, left_out=announcement.left_out + left_out, **position
    )
    return len(addressees)


def _is_true(announcement: Announcement, forum: Forum, now: datetime) -> bool:
    if forum.state not in _TRUE_IN[announcement.kind]:
        return False
    if announcement.kind in _ABOUT_START:
        return announcement.version == forum.start_version and now < forum.starts_at
    return True


def _list_sources(announcement: Announcement, forum: Forum) -> Sequence[Select[Any]]:
    """Return the queries of recipients, in the order in which they are expanded.

    Subscribers and attendees get news of the forum. Attendees and those who sent a submission for
    it get its results.
    """
    attendees = forums.select_attendees(forum.id)
    if announcement.kind == "results":
        return attendees, forums.select_submitters(forum.code)
    subscribers = forums.select_subscribers(forum.area, CITY, forum.topics)
    return (subscribers,) if announcement.kind == "notice" else (subscribers, attendees)


async def _select_addressees(
    work: UnitOfWork,
    announcement: Announcement,
    forum: Forum,
    recipients: Sequence[AnnouncementRecipient],
) -> tuple[list[Addressee], int]:
    """Return the recipients who want the announcement, and how many do not.

    Subscribers who muted news of forums or hid this one do not want it. They are counted unless
    they attend the forum, because attendees get the message as attendees.
    """
    chat_ids = {
        recipient.alias: work.policy.pseudonyms.decrypt_chat_id(recipient.sealed)
        for recipient in recipients
    }
    chats = await conversations.map_conversations(
        work.connection, work.policy.pseudonyms, chat_ids.values()
    )
    can_be_muted = announcement.kind != "results" and announcement.source == 0
    expires_at = _compute_expiry(work, announcement.kind, forum)
    addressees, unwilling = {}, set()
    for recipient in recipients:
        chat = chats.get(chat_ids[recipient.alias])
        if can_be_muted and _is_unwanted(forum, chat):
            unwilling.add(recipient.alias)
        else:
            addressees[recipient.alias] = _make_addressee(work, recipient, chat, expires_at)
    if unwilling:
        unwilling -= await forums.filter_attending(work.connection, forum.id, unwilling)
    return list(addressees.values()), len(unwilling)


def _is_unwanted(forum: Forum, chat: StoredChat | None) -> bool:
    if chat is None:
        return False
    preferences = Preferences.from_json(chat.preferences)
    return forum.code in preferences.hidden or FORUMS in preferences.muted


def _make_addressee(
    work: UnitOfWork,
    recipient: AnnouncementRecipient,
    chat: StoredChat | None,
    expires_at: datetime,
) -> Addressee:
    """Return where to send an announcement: after quiet hours, unless it expires in them."""
    preferences = Preferences.from_json(chat.preferences if chat else {})
    return Addressee(
        recipient.alias,
        chat.language if chat else recipient.language,
        recipient.sealed,
        not_before=schedule_notice(work, "forum", preferences, expires_at),
    )


def _compute_expiry(work: UnitOfWork, kind: str, forum: Forum) -> datetime:
    """Return the time after which an announcement is of no use."""
    return forum.starts_at if kind in _ABOUT_START else work.now + _LIFETIME


async def stop_announcements(work: UnitOfWork, forum: Forum, *, kinds: Collection[str]) -> None:
    """Cancel a forum's announcements of these kinds, and their messages that are not sent yet."""
    occasions = [
        (announcement.kind, announcement.version)
        for announcement in await forums.list_announcements(work.connection, forum.id)
        if announcement.kind in kinds
    ]
    await to_resident.cancel_channel_posts(work, forum, occasions)
    await forums.cancel_announcements(work.connection, forum.id, work.now, kinds=kinds)


async def check_number(work: UnitOfWork, forum: Forum, kind: str) -> None:
    """Raise Refused if a forum had as many announcements in 24 hours as the policy allows.

    A cancellation is always possible: people would come for nothing, and it is the last one.
    """
    if kind == "cancelled":
        return
    most = work.policy.announcements_a_day
    sent = await forums.list_announcements(work.connection, forum.id)
    recent = sorted(each.created_at for each in sent if each.created_at > work.now - _DAY)
    if len(recent) >= most:
        again = recent[-most] + _DAY
        raise Refused(Words("forum.too_many", {"announcements": most, "until": again}))


async def announce_forum(
    work: UnitOfWork, forum: Forum, kind: str, *, before: Forum | None = None
) -> int:
    """Store an announcement, for everybody concerned and for the channel if one is set.

    `kind` is "notice", "moved", "postponed", "cancelled" or "results". Earlier
    announcements that it makes outdated are cancelled. `before` is the forum before the change: if
    it moved, its former start and venue are announced too. Return the id of the announcement.
    Raises Refused for one announcement too many.
    """
    await check_number(work, forum, kind)
    if kind != "results":
        await stop_announcements(work, forum, kinds=_TRUE_IN.keys() - {"results", kind})
    version = forum.start_version if kind in _ABOUT_START else forum.version
    former = before if kind == "moved" else None
    announcement = await forums.add_announcement(
        work.connection,
        {
            "forum_id": forum.id,
            "kind": kind,
            "version": version,
            "due_at": work.now,
            "created_at": work.now,
            "former_start": former.starts_at if former else None,
            "former_venue": former.venue if former else None,
        },
    )
    await to_resident.post_in_channel(
        work,
        forum,
        (kind, version),
        show_announcement(announcement, forum, buttons=False),
        expires_at=_compute_expiry(work, kind, forum),
    )
    await audit.append_entry(
        work.connection,
        ANNOUNCED,
        work.now,
        role=audit.SYSTEM,
        details={"forum": forum.code, "kind": kind, "version": version},
    )
    return announcement.id
