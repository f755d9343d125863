"""Effects of a forum's change on registrations: reminders and the waiting list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.forums.attendance.waiting_list import give_free_places
from storage import attendance, forum_reminders
from storage.models import ForumState

if TYPE_CHECKING:
    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Forum


async def handle_forum_change(
    work: UnitOfWork, forum: Forum, *, announcement_id: int | None = None
) -> None:
    """Cancel reminders that are not true any more, and give new places to the waiting list.

    `announcement_id` is the id of the announcement of the change. Who gets a place gets one message
    that tells both.

    Call it in the transaction that changes a published forum, with the forum after the change.
    """
    is_published = forum.state is ForumState.PUBLISHED
    await forum_reminders.cancel_reminders(
        work.connection,
        forum.id,
        work.now,
        but_of_version=forum.start_version if is_published else None,
    )
    if is_published:
        await attendance.lock_forum(work.connection, forum.id)
        await give_free_places(work, forum, announcement_id=announcement_id)
