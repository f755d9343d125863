"""Services of registrations for a forum: make, change, cancel, rate.

The forum is locked while places are given, so that a place is never given twice.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from bot.core.addresses import load_address
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.forums.attendance import rules
from bot.forums.attendance.screens import show_confirmation
from bot.forums.attendance.views import find_own_registration, load_forum_view
from bot.forums.attendance.waiting_list import give_free_places
from bot.forums.shared.forum_audit import append_forum_entry
from bot.notifications.to_resident import notify_attendee
from storage import attendance, consents, forum_reminders, forums
from storage.models import AttendeeCategory, RegistrationState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.requests import Chat
    from storage.models import Forum, Registration

# The actions in the audit log.
REGISTERED = "attendance.registered"
CANCELLED = "attendance.cancelled"
RATED = "attendance.rated"


async def load_facts(work: UnitOfWork, chat: Chat) -> Mapping[str, Any]:
    """Return the facts "@agreed" (the version of the notice) and "@areas" (the last areas)."""
    consent = await consents.find_consent(
        work.connection, work.policy.pseudonyms.list_consent_keys(chat.id)
    )
    agreed = {"@agreed": consent.version} if consent else {}
    return {**agreed, "@areas": list(chat.preferences.areas)}


async def register_attendee(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Register a person and the people with them: all get places, or all are on the waiting list.

    A message confirms the result. `answers` are "@code", "people" and "category". Raises Refused if
    registration is over, the hall is too small, or the person is registered already.
    """
    forum = await _lock_forum(work.connection, answers["@code"])
    if forum is None or not rules.is_registration_open(forum, work.now):
        raise Refused(Words("attend.gone"))
    _check_party_size(forum, int(answers["people"]))
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat.id, named=True)
    earlier = await attendance.find_registration(work.connection, forum.id, pseudonyms)
    if earlier is not None:
        if earlier.state is not RegistrationState.CANCELLED:
            raise Refused(Words("attend.already"))
        # The new row has a greater id: a person who comes again is at the end of the waiting list.
        await attendance.delete_registration(work.connection, earlier.id)
    registration_id = await _add_registration(work, forum, chat, answers)
    await give_free_places(work, forum, silent_id=registration_id)
    registration = await attendance.find_registration(work.connection, forum.id, pseudonyms)
    assert registration is not None
    queue_position = await attendance.get_waiting_number(work.connection, registration)
    screen = show_confirmation(forum, registration, queue_position)
    await notify_attendee(work, forum, registration, "attend", screen)
    await append_forum_entry(
        work, REGISTERED, forum, people=registration.people, state=registration.state
    )


def _check_party_size(forum: Forum, people: int) -> None:
    """Raise Refused for more people than the hall holds: they would wait for ever."""
    if forum.capacity is not None and people > forum.capacity:
        raise Refused(Words("attend.larger_than_hall", {"most": forum.capacity}))


async def _add_registration(
    work: UnitOfWork, forum: Forum, chat: Chat, answers: Mapping[str, Any]
) -> int:
    address = await load_address(work, chat.id, named=True)
    return await attendance.add_registration(
        work.connection,
        {
            "forum_id": forum.id,
            "alias": address.pseudonym,
            "sealed": address.encrypted_chat_id,
            "language": chat.language,
            "people": int(answers["people"]),
            "category": AttendeeCategory(answers["category"]),
            "state": RegistrationState.WAITING,
            "token": secrets.token_urlsafe(16),
            "offsets": None,
            "registered_at": work.now,
        },
    )


async def _lock_forum(connection: AsyncConnection, forum_code: str) -> Forum | None:
    forum = await forums.find_published_forum(connection, forum_code)
    return None if forum is None else await attendance.lock_forum(connection, forum.id)


async def _find_changeable(
    work: UnitOfWork, chat_id: int, forum: Forum | None
) -> Registration | None:
    """Return the person's registration unless they came already."""
    if forum is None:
        return None
    mine = await find_own_registration(work, chat_id, forum.id)
    return None if mine is None or mine.state is RegistrationState.ATTENDED else mine


async def cancel_registration(work: UnitOfWork, chat_id: int, forum_code: str) -> bool:
    """Cancel a registration and give its places to the waiting list.

    Return False if there is no registration that can be cancelled.
    """
    forum = await _lock_forum(work.connection, forum_code)
    mine = await _find_changeable(work, chat_id, forum)
    if forum is None or mine is None:
        return False
    await attendance.update_registration(
        work.connection, mine.id, state=RegistrationState.CANCELLED
    )
    # While the keys are rotated, a reminder may have another pseudonym than the registration.
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat_id, named=True)
    await forum_reminders.cancel_reminders_of(work.connection, forum.id, pseudonyms, work.now)
    await give_free_places(work, forum)
    await append_forum_entry(work, CANCELLED, forum, people=mine.people)
    return True


async def set_party_size(work: UnitOfWork, chat_id: int, forum_code: str, people: int) -> None:
    """Change the number of people of a registration. The place in the waiting list stays the same.

    A person who gets places by it is not notified: the answer shows the places.

    Raises Refused if a person with a place asks for more places than are free, and for more people
    than the hall holds.
    """
    forum = await _lock_forum(work.connection, forum_code)
    mine = await _find_changeable(work, chat_id, forum)
    if forum is None or mine is None or not rules.is_registration_open(forum, work.now):
        raise Refused(Words("attend.gone"))
    if not 1 <= people <= rules.MAX_PEOPLE:
        raise Refused(Words("attend.gone"))
    if people > mine.people:
        _check_party_size(forum, people)
    taken = await attendance.count_places_taken(work.connection, forum.id)
    free = rules.count_free_places(forum.capacity, taken)
    has_place = mine.state is RegistrationState.REGISTERED
    if has_place and free is not None and people - mine.people > max(0, free):
        raise Refused(Words("attend.too_many", {"left": free}))
    await attendance.update_registration(work.connection, mine.id, people=people)
    await give_free_places(work, forum, silent_id=mine.id)


async def set_reminder_offset(
    work: UnitOfWork, chat_id: int, forum_code: str, offset: int, *, wanted: bool
) -> None:
    """Add a reminder `offset` minutes before the start if it is `wanted`; remove it otherwise.

    Raises Refused without a registration, and for an offset that cannot be chosen.
    """
    view, usual = await load_forum_view(work, chat_id, forum_code), work.policy.reminder_minutes
    if view is None or view.mine is None or offset not in {*rules.REMINDER_OFFSETS, *usual}:
        raise Refused(Words("attend.gone"))
    others = set(usual if view.mine.offsets is None else view.mine.offsets) - {offset}
    offsets = sorted({*others, offset} if wanted else others, reverse=True)
    await attendance.update_registration(work.connection, view.mine.id, offsets=offsets)


async def rate_forum(work: UnitOfWork, chat_id: int, forum_code: str, score: int) -> bool:
    """Store the rating of a forum by a person; a later rating replaces it.

    Return False if the person was not checked in.
    """
    view = await load_forum_view(work, chat_id, forum_code)
    if view is None or view.mine is None or not rules.was_there(view.forum, view.mine):
        return False
    await attendance.update_registration(work.connection, view.mine.id, rating=score)
    await append_forum_entry(work, RATED, view.forum, rating=score)
    return True
