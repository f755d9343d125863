"""The waiting list of a forum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.forums.attendance import rules
from bot.forums.attendance.screens import show_moved_up
from bot.notifications.to_resident import notify_attendee
from storage import attendance
from storage.models import RegistrationState

if TYPE_CHECKING:
    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Forum


async def give_free_places(
    work: UnitOfWork,
    forum: Forum,
    *,
    silent_id: int | None = None,
    announcement_id: int | None = None,
) -> None:
    """Give the free places to the waiting list, and notify those who get one.

    The registration `silent_id` is not notified. The notice replaces the announcement with
    `announcement_id`, which tells the time and the place too. The caller has locked the forum, so
    that no place is given twice.
    """
    if not rules.is_registration_open(forum, work.now):
        return
    taken = await attendance.count_places_taken(work.connection, forum.id)
    free = rules.count_free_places(forum.capacity, taken)
    waiting = await attendance.list_waiting(work.connection, forum.id)
    for registration in rules.select_from_waiting_list(free, waiting):
        await attendance.update_registration(
            work.connection, registration.id, state=RegistrationState.REGISTERED
        )
        if registration.id != silent_id:
            screen = show_moved_up(forum, registration)
            await notify_attendee(
                work, forum, registration, "moved_up", screen, announcement_id=announcement_id
            )
