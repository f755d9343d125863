"""Attending a forum: a place or a number in the waiting list, the door, what comes after.

Places are given while the forum's row is held: what two do at once, they do one after the other.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.conversation.engine import Refused
from bot.core.screen import Words
from bot.forums.attendance import rules
from bot.forums.attendance.screens import show_confirmation, show_moved_up
from storage import attendance, audit, forum_reminders, officers, outbox, residents
from storage.models import Category, ForumState, RegistrationState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.engine import Chat
    from bot.core.policy import Policy
    from bot.core.screen import Screen
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


async def load_facts(
    connection: AsyncConnection, chat: Chat, _now: datetime, *, policy: Policy
) -> Mapping[str, Any]:
    """Which notice the resident agreed to, and where their opinions were from."""
    resident = await residents.find_resident(
        connection, policy.pseudonyms.list_aliases(chat.id, named=True)
    )
    agreed = {"@agreed": resident.consent_version} if resident else {}
    return {**agreed, "@areas": chat.preferences.get("areas", [])}


async def view_forum(
    connection: AsyncConnection, chat_id: int, code: str, *, policy: Policy
) -> ForumView | None:
    """A published forum as the person of a chat sees it."""
    forum = (
        await attendance.find_published_forum(connection, code) if _CODE.fullmatch(code) else None
    )
    if forum is None:
        return None
    number = forum.id
    mine = await _mine(connection, forum, policy.pseudonyms.list_aliases(chat_id, named=True))
    waits = mine is not None and mine.state is RegistrationState.WAITING
    officer = await officers.find_officer(connection, chat_id)
    return ForumView(
        forum,
        await attendance.count_places_taken(connection, number),
        mine,
        await attendance.get_waiting_number(connection, mine) if mine and waits else 0,
        await attendance.count_attended(connection, number)
        if rules.checks_in(officer, forum)
        else None,
        await attendance.list_commitments(connection, number),
    )


async def _mine(
    connection: AsyncConnection, forum: Forum, aliases: Collection[int]
) -> Registration | None:
    row = await attendance.find_registration(connection, forum.id, aliases)
    return None if row is None or row.state is RegistrationState.CANCELLED else row


async def register_attendee(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Give somebody a place with all their people, or a number in the waiting list; and say which.

    Raises Refused when registering is over or they are registered already.
    """
    forum = await _held(connection, answers["@code"])
    if forum is None or not rules.is_open(forum, now):
        raise Refused(_GONE)
    aliases = policy.pseudonyms.list_aliases(chat.id, named=True)
    before = await attendance.find_registration(connection, forum.id, aliases)
    if before is not None:
        if before.state is not RegistrationState.CANCELLED:
            raise Refused(Words("attend.already"))
        await attendance.delete_registration(
            connection, before.id
        )  # who comes again stands at the end
    address = policy.pseudonyms.make_address(chat.id, named=True)
    row_id = await attendance.add_registration(
        connection,
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
            "registered_at": now,
        },
    )
    await _move_up(connection, forum, now, silent=row_id)
    row = await attendance.find_registration(connection, forum.id, aliases)
    assert row is not None
    number = await attendance.get_waiting_number(connection, row)
    await _tell(connection, forum, row, "attend", show_confirmation(forum, row, number), now)
    await _write(connection, REGISTERED, forum, now, people=row.people, state=row.state)


async def _held(connection: AsyncConnection, code: str) -> Forum | None:
    forum = await attendance.find_published_forum(connection, code)
    return None if forum is None else await attendance.lock_forum(connection, forum.id)


async def _move_up(
    connection: AsyncConnection, forum: Forum, now: datetime, *, silent: int | None = None
) -> None:
    """Give free places to the waiting list, and tell who gets one, but for the row `silent`."""
    if not rules.is_open(forum, now):
        return
    free = rules.count_free_places(
        forum.capacity, await attendance.count_places_taken(connection, forum.id)
    )
    line = await attendance.list_waiting(connection, forum.id)
    for row in rules.select_from_waiting_list(free, line):
        await attendance.update_registration(connection, row.id, state=RegistrationState.REGISTERED)
        if row.id != silent:
            await _tell(connection, forum, row, "moved_up", show_moved_up(forum, row), now)


async def _tell(
    connection: AsyncConnection,
    forum: Forum,
    row: Registration,
    what: str,
    screen: Screen,
    now: datetime,
) -> None:
    """Tell somebody of their registration what they cannot do without."""
    message = outbox.OutboxMessage(
        dedup_key=f"{what}:{forum.id}:{row.id}:{int(now.timestamp() * 1000)}",
        chat_id=row.alias,
        sealed=row.sealed,
        priority=outbox.Priority.REPLY,
        language=row.language,
        screen=screen.to_json(),
        expires_at=forum.starts_at,
    )
    await outbox.enqueue_messages(connection, [message], now)


async def _write(
    connection: AsyncConnection,
    action: str,
    forum: Forum,
    now: datetime,
    officer: Officer | None = None,
    **details: Any,
) -> None:
    await audit.append_entry(
        connection,
        action,
        now,
        role=officer.role if officer else audit.RESIDENT,
        actor_id=officer.id if officer else None,
        details={"forum": forum.code, **details},
    )


async def cancel_registration(
    connection: AsyncConnection, chat_id: int, code: str, now: datetime, *, policy: Policy
) -> bool:
    """Give up one's place, which goes to the waiting list; whether there was one to give up."""
    forum = await _held(connection, code)
    if forum is None:
        return False
    mine = await _mine(connection, forum, policy.pseudonyms.list_aliases(chat_id, named=True))
    if mine is None or mine.state is RegistrationState.ATTENDED:
        return False
    await attendance.update_registration(connection, mine.id, state=RegistrationState.CANCELLED)
    await forum_reminders.cancel_reminders_of(connection, forum.id, mine.alias, now)
    await _move_up(connection, forum, now)
    await _write(connection, LEFT, forum, now, people=mine.people)
    return True


async def set_party_size(
    connection: AsyncConnection,
    chat_id: int,
    code: str,
    people: int,
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Come with another number of people. In the line one keeps one's place.

    Raises Refused, and nothing is changed, when more have a place than there is room for.
    """
    forum = await _held(connection, code)
    if forum is None or not rules.is_open(forum, now) or not 1 <= people <= rules.MOST_PEOPLE:
        raise Refused(_GONE)
    mine = await _mine(connection, forum, policy.pseudonyms.list_aliases(chat_id, named=True))
    if mine is None or mine.state is RegistrationState.ATTENDED:
        raise Refused(_GONE)
    free = rules.count_free_places(
        forum.capacity, await attendance.count_places_taken(connection, forum.id)
    )
    more = people - mine.people
    has_a_place = mine.state is RegistrationState.REGISTERED
    if has_a_place and free is not None and more > max(0, free):
        raise Refused(Words("attend.too_many", {"left": free}))
    await attendance.update_registration(connection, mine.id, people=people)
    await _move_up(connection, forum, now)


async def set_reminder_offset(
    connection: AsyncConnection,
    chat_id: int,
    code: str,
    offset: int,
    *,
    wanted: bool,
    policy: Policy,
    usual: Sequence[int],
) -> None:
    """Be reminded so many minutes before the start too, or no longer."""
    found = await view_forum(connection, chat_id, code, policy=policy)
    if found is None or found.mine is None or offset not in {*rules.OFFSETS, *usual}:
        raise Refused(_GONE)
    chosen = set(usual if found.mine.offsets is None else found.mine.offsets) - {offset}
    offsets = sorted({*chosen, offset} if wanted else chosen, reverse=True)
    await attendance.update_registration(connection, found.mine.id, offsets=offsets)


async def rate_forum(
    connection: AsyncConnection,
    chat_id: int,
    code: str,
    score: int,
    now: datetime,
    *,
    policy: Policy,
) -> bool:
    """Say how a forum was; whether one was there. Saying it again replaces what was said."""
    found = await view_forum(connection, chat_id, code, policy=policy)
    if found is None or found.mine is None or not rules.was_there(found.forum, found.mine):
        return False
    await attendance.update_registration(connection, found.mine.id, rating=score)
    await _write(connection, RATED, found.forum, now, rating=score)
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
    connection: AsyncConnection, chat_id: int, token: str, now: datetime, *, policy: Policy
) -> CheckInResult | ForumView | None:
    """Somebody follows a ticket's link: who lets people in has let them in by it.

    Whose ticket it is gets a view of it; anybody else None, and an officer who may not is on
    record.
    """
    row = (
        await attendance.find_registration_by_token(connection, token)
        if _TOKEN.fullmatch(token)
        else None
    )
    forum = None if row is None else await attendance.lock_forum(connection, row.forum_id)
    row = await attendance.find_registration_by_token(
        connection, token
    )  # as it is now that the forum is held
    if row is None or forum is None:
        return None
    officer = await officers.find_officer(connection, chat_id)
    if not rules.checks_in(officer, forum):
        if row.alias in policy.pseudonyms.list_aliases(chat_id, named=True):
            return await view_forum(connection, chat_id, forum.code, policy=policy)
        if officer is not None:
            await _write(connection, REFUSED, forum, now, officer)
        return None
    outcome = await _admit(connection, forum, row, now)
    if outcome == "welcome":
        await _write(connection, CHECKED_IN, forum, now, officer, people=row.people)
    number = forum.id
    came = await attendance.count_attended(connection, number)
    return CheckInResult(
        outcome, forum, row, came, await attendance.count_places_taken(connection, number)
    )


async def _admit(
    connection: AsyncConnection, forum: Forum, row: Registration, now: datetime
) -> str:
    if row.state in {RegistrationState.WAITING, RegistrationState.CANCELLED}:
        return str(row.state)
    if row.state is RegistrationState.REGISTERED and not rules.doors_are_open(forum, now):
        return "closed"
    return "welcome" if await attendance.check_in(connection, row.token, now) else "again"


async def handle_forum_change(connection: AsyncConnection, forum: Forum, now: datetime) -> None:
    """Call it in the transaction that changes a forum, with the forum as it is then.

    What waits to remind of an older start, or of a forum that is not held as announced, is never
    sent; reminders are reckoned from the new start, and none is made up for that was due before
    this moment. Where there is more room the waiting list moves up.
    """
    holds = forum.state is ForumState.PUBLISHED
    number = forum.id
    version = forum.start_version if holds else None
    await forum_reminders.cancel_reminders(connection, number, now, but_of_version=version)
    if holds:
        await forum_reminders.add_reminder(connection, forum, 0, now, finished=True)
        await attendance.lock_forum(connection, number)
        await _move_up(connection, forum, now)


async def forget_attendee(
    connection: AsyncConnection, aliases: Collection[int], now: datetime
) -> None:
    """Erase that somebody attends, attended or wants to hear of forums, and what they were told.

    Free places go to the waiting list.
    """
    for row in await attendance.list_registrations(connection, aliases):
        forum = await attendance.lock_forum(connection, row.forum_id)
        await _erase(connection, row)
        if forum is not None:
            await _move_up(connection, forum, now)
    await attendance.delete_subscriptions(connection, aliases)
    await attendance.delete_registration_messages(connection, aliases)


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
