"""Attending a forum: a place or a number in the waiting list, the door, what comes after.

Places are given while the forum's row is held: what two do at once, they do one after the other.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.forums.attendance import rules
from bot.forums.attendance.screens import show_confirmation, show_moved_up
from bot.notifications import to_resident
from storage import attendance, audit, forum_reminders, officers, residents
from storage.models import Category, ForumState, RegistrationState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.requests import Chat
    from storage.database import Database
    from storage.models import Commitment, Forum, Officer, Registration

REGISTERED, LEFT = "attendance.registered", "attendance.cancelled"
CHECKED_IN, REFUSED, RATED = "attendance.checked_in", "attendance.refused", "attendance.rated"

_GONE = Words("attend.gone")
_PAGE = 200  # registrations in one transaction
_CODE = re.compile(r"[A-Za-z0-9]{1,16}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True)
class ForumView:
    """A forum as one person sees it: `mine` is their registration, if it was not cancelled.

    `number` is theirs in the waiting list. `came` is how many people are there, for who lets them
    in; None for everybody else.
    """

    forum: Forum
    taken: int
    mine: Registration | None
    number: int
    came: int | None
    promises: Sequence[Commitment]


async def load_facts(work: UnitOfWork, chat: Chat) -> Mapping[str, Any]:
    """Which notice the resident agreed to, and where their opinions were from."""
    resident = await residents.find_resident(
        work.connection, work.policy.pseudonyms.list_aliases(chat.id, named=True)
    )
    agreed = {"@agreed": resident.consent_version} if resident else {}
    return {**agreed, "@areas": chat.preferences.get("areas", [])}


async def view_forum(work: UnitOfWork, chat_id: int, code: str) -> ForumView | None:
    """A published forum as the person of a chat sees it."""
    forum = (
        await attendance.find_published_forum(work.connection, code)
        if _CODE.fullmatch(code)
        else None
    )
    if forum is None:
        return None
    number = forum.id
    mine = await _mine(
        work.connection, forum, work.policy.pseudonyms.list_aliases(chat_id, named=True)
    )
    waits = mine is not None and mine.state is RegistrationState.WAITING
    officer = await officers.find_officer(work.connection, chat_id)
    return ForumView(
        forum,
        await attendance.count_places_taken(work.connection, number),
        mine,
        await attendance.get_waiting_number(work.connection, mine) if mine and waits else 0,
        await attendance.count_attended(work.connection, number)
        if rules.checks_in(officer, forum)
        else None,
        await attendance.list_commitments(work.connection, number),
    )


async def _mine(
    connection: AsyncConnection, forum: Forum, aliases: Collection[int]
) -> Registration | None:
    row = await attendance.find_registration(connection, forum.id, aliases)
    return None if row is None or row.state is RegistrationState.CANCELLED else row


async def register_attendee(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Give somebody a place with all their people, or a number in the waiting list; and say which.

    Raises Refused when registering is over or they are registered already.
    """
    forum = await _held(work.connection, answers["@code"])
    if forum is None or not rules.is_open(forum, work.now):
        raise Refused(_GONE)
    aliases = work.policy.pseudonyms.list_aliases(chat.id, named=True)
    before = await attendance.find_registration(work.connection, forum.id, aliases)
    if before is not None:
        if before.state is not RegistrationState.CANCELLED:
            raise Refused(Words("attend.already"))
        await attendance.delete_registration(
            work.connection, before.id
        )  # who comes again stands at the end
    address = work.policy.pseudonyms.make_address(chat.id, named=True)
    row_id = await attendance.add_registration(
        work.connection,
        {
            "forum_id": forum.id,
            "alias": address.alias,
            "sealed": address.sealed,
            "language": chat.language,
            "people": int(answers["people"]),
            "category": Category(answers["category"]),
            "state": RegistrationState.WAITING,
            "token": secrets.token_urlsafe(16),
            "offsets": None,
            "registered_at": work.now,
        },
    )
    await _move_up(work, forum, silent=row_id)
    row = await attendance.find_registration(work.connection, forum.id, aliases)
    assert row is not None
    number = await attendance.get_waiting_number(work.connection, row)
    await to_resident.notify_attendee(
        work, forum, row, "attend", show_confirmation(forum, row, number)
    )
    await _write(work, REGISTERED, forum, people=row.people, state=row.state)


async def _held(connection: AsyncConnection, code: str) -> Forum | None:
    forum = await attendance.find_published_forum(connection, code)
    return None if forum is None else await attendance.lock_forum(connection, forum.id)


async def _move_up(work: UnitOfWork, forum: Forum, *, silent: int | None = None) -> None:
    """Give free places to the waiting list, and tell who gets one, but for the row `silent`."""
    if not rules.is_open(forum, work.now):
        return
    free = rules.count_free_places(
        forum.capacity, await attendance.count_places_taken(work.connection, forum.id)
    )
    line = await attendance.list_waiting(work.connection, forum.id)
    for row in rules.select_from_waiting_list(free, line):
        await attendance.update_registration(
            work.connection, row.id, state=RegistrationState.REGISTERED
        )
        if row.id != silent:
            await to_resident.notify_attendee(
                work, forum, row, "moved_up", show_moved_up(forum, row)
            )


async def _write(
    work: UnitOfWork,
    action: str,
    forum: Forum,
    officer: Officer | None = None,
    **details: Any,
) -> None:
    await audit.append_entry(
        work.connection,
        action,
        work.now,
        role=officer.role if officer else audit.RESIDENT,
        actor_id=officer.id if officer else None,
        details={"forum": forum.code, **details},
    )


async def cancel_registration(work: UnitOfWork, chat_id: int, code: str) -> bool:
    """Give up one's place, which goes to the waiting list; whether there was one to give up."""
    forum = await _held(work.connection, code)
    if forum is None:
        return False
    mine = await _mine(
        work.connection, forum, work.policy.pseudonyms.list_aliases(chat_id, named=True)
    )
    if mine is None or mine.state is RegistrationState.ATTENDED:
        return False
    await attendance.update_registration(
        work.connection, mine.id, state=RegistrationState.CANCELLED
    )
    await forum_reminders.cancel_reminders_of(work.connection, forum.id, mine.alias, work.now)
    await _move_up(work, forum)
    await _write(work, LEFT, forum, people=mine.people)
    return True


async def set_party_size(work: UnitOfWork, chat_id: int, code: str, people: int) -> None:
    """Come with another number of people. In the line one keeps one's place.

    Raises Refused, and nothing is changed, when more have a place than there is room for.
    """
    forum = await _held(work.connection, code)
    if forum is None or not rules.is_open(forum, work.now) or not 1 <= people <= rules.MAX_PEOPLE:
        raise Refused(_GONE)
    mine = await _mine(
        work.connection, forum, work.policy.pseudonyms.list_aliases(chat_id, named=True)
    )
    if mine is None or mine.state is RegistrationState.ATTENDED:
        raise Refused(_GONE)
    free = rules.count_free_places(
        forum.capacity, await attendance.count_places_taken(work.connection, forum.id)
    )
    more = people - mine.people
    has_a_place = mine.state is RegistrationState.REGISTERED
    if has_a_place and free is not None and more > max(0, free):
        raise Refused(Words("attend.too_many", {"left": free}))
    await attendance.update_registration(work.connection, mine.id, people=people)
    await _move_up(work, forum)


async def set_reminder_offset(
    work: UnitOfWork, chat_id: int, code: str, offset: int, *, wanted: bool
) -> None:
    """Be reminded so many minutes before the start too, or no longer."""
    found, usual = await view_forum(work, chat_id, code), work.policy.reminder_minutes
    if found is None or found.mine is None or offset not in {*rules.OFFSETS, *usual}:
        raise Refused(_GONE)
    chosen = set(usual if found.mine.offsets is None else found.mine.offsets) - {offset}
    offsets = sorted({*chosen, offset} if wanted else chosen, reverse=True)
    await attendance.update_registration(work.connection, found.mine.id, offsets=offsets)


async def rate_forum(work: UnitOfWork, chat_id: int, code: str, score: int) -> bool:
    """Say how a forum was; whether one was there. Saying it again replaces what was said."""
    found = await view_forum(work, chat_id, code)
    if found is None or found.mine is None or not rules.was_there(found.forum, found.mine):
        return False
    await attendance.update_registration(work.connection, found.mine.id, rating=score)
    await _write(work, RATED, found.forum, rating=score)
    return True


@dataclass(frozen=True)
class CheckInResult:
    """What became of a ticket at the door: the key of its text, the registration, the counter."""

    outcome: str
    forum: Forum
    row: Registration
    came: int
    taken: int


async def scan_ticket(
    work: UnitOfWork, chat_id: int, token: str
) -> CheckInResult | ForumView | None:
    """Somebody follows a ticket's link: who lets people in has let them in by it.

    Whose ticket it is gets a view of it; anybody else None, and an officer who may not is on
    record.
    """
    row = (
        await attendance.find_registration_by_token(work.connection, token)
        if _TOKEN.fullmatch(token)
        else None
    )
    forum = None if row is None else await attendance.lock_forum(work.connection, row.forum_id)
    row = await attendance.find_registration_by_token(
        work.connection, token
    )  # as it is now that the forum is held
    if row is None or forum is None:
        return None
    officer = await officers.find_officer(work.connection, chat_id)
    if not rules.checks_in(officer, forum):
        if row.alias in work.policy.pseudonyms.list_aliases(chat_id, named=True):
            return await view_forum(work, chat_id, forum.code)
        if officer is not None:
            await _write(work, REFUSED, forum, officer)
        return None
    outcome = await _admit(work, forum, row)
    if outcome == "welcome":
        await _write(work, CHECKED_IN, forum, officer, people=row.people)
    number = forum.id
    came = await attendance.count_attended(work.connection, number)
    return CheckInResult(
        outcome, forum, row, came, await attendance.count_places_taken(work.connection, number)
    )


async def _admit(work: UnitOfWork, forum: Forum, row: Registration) -> str:
    if row.state in {RegistrationState.WAITING, RegistrationState.CANCELLED}:
        return str(row.state)
    if row.state is RegistrationState.REGISTERED and not rules.doors_are_open(forum, work.now):
        return "closed"
    return "welcome" if await attendance.check_in(work.connection, row.token, work.now) else "again"


async def handle_forum_change(work: UnitOfWork, forum: Forum) -> None:
    """Call it in the transaction that changes a forum, with the forum as it is then.

    What waits to remind of an older start, or of a forum that is not held as announced, is never
    sent; reminders are reckoned from the new start, and none is made up for that was due before
    this moment. Where there is more room the waiting list moves up.
    """
    holds = forum.state is ForumState.PUBLISHED
    number = forum.id
    version = forum.start_version if holds else None
    await forum_reminders.cancel_reminders(
        work.connection, number, work.now, but_of_version=version
    )
    if holds:
        await forum_reminders.add_reminder(work.connection, forum, 0, work.now, finished=True)
        await attendance.lock_forum(work.connection, number)
        await _move_up(work, forum)


async def forget_attendee(work: UnitOfWork, aliases: Collection[int]) -> None:
    """Erase that somebody attends, attended or wants to hear of forums, and what they were told.

    Free places go to the waiting list.
    """
    for row in await attendance.list_registrations(work.connection, aliases):
        forum = await attendance.lock_forum(work.connection, row.forum_id)
        await _erase(work.connection, row)
        if forum is not None:
            await _move_up(work, forum)
    await attendance.delete_subscriptions(work.connection, aliases)
    await attendance.delete_registration_messages(work.connection, aliases)


async def _erase(connection: AsyncConnection, row: Registration) -> None:
    """Of who was there the number of people stays, for the statistics; of others nothing."""
    if row.state is RegistrationState.ATTENDED:
        await attendance.anonymise_registration(connection, row.id)
    else:
        await attendance.delete_registration(connection, row.id)


async def erase_expired_registrations(database: Database, before: datetime) -> None:
    """Erase who attended forums that began before a moment, page by page."""
    while True:
        async with database.transaction() as connection:
            page = await attendance.list_expired_registrations(connection, before, _PAGE)
            for row in page:
                await _erase(connection, row)
            await attendance.delete_registration_messages(
                connection, [row.alias for row in page], before
            )
        if len(page) < _PAGE:
            return
