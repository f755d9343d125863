"""The check-in: a ticket's QR code is scanned at the door, or by its owner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.refusals import append_refusal
from bot.core.unit_of_work import UnitOfWork
from bot.forums.attendance import rules
from bot.forums.attendance.views import CheckInResult, load_forum_view
from bot.forums.shared.forum_audit import append_forum_entry
from storage import attendance, officers
from storage.models import RegistrationState

if TYPE_CHECKING:
    from bot.core.requests import Request
    from bot.forums.attendance.views import ForumView
    from storage.models import Forum, Registration

CHECKED_IN, REFUSED = "attendance.checked_in", "attendance.refused"  # actions in the audit log
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,32}")


async def scan_ticket(
    work: UnitOfWork, chat_id: int, token: str
) -> CheckInResult | ForumView | None:
    """Handle the scan of a ticket's QR code by the person of a chat.

    For an officer at the door, check the ticket in and return the result. For the ticket's owner,
    return the view of the forum. Return None for anybody else.
    """
    if not _TOKEN.fullmatch(token):
        return None
    registration = await attendance.find_registration_by_token(work.connection, token)
    if registration is None:
        return None
    forum = await attendance.lock_forum(work.connection, registration.forum_id)
    # Read again: it may have changed before the forum was locked.
    registration = await attendance.find_registration_by_token(work.connection, token)
    if registration is None or forum is None:
        return None
    officer = await officers.find_officer(work.connection, chat_id)
    if not rules.may_check_people_in(officer, forum):
        if registration.alias in work.policy.pseudonyms.list_pseudonyms(chat_id, named=True):
            return await load_forum_view(work, chat_id, forum.code)
        return None
    outcome = await _check_in(work, forum, registration)
    if outcome == "welcome":
        await append_forum_entry(work, CHECKED_IN, forum, officer, people=registration.people)
    return CheckInResult(
        outcome,
        forum,
        registration,
        await attendance.count_attended(work.connection, forum.id),
        await attendance.count_places_taken(work.connection, forum.id),
    )


async def record_refusal(work: UnitOfWork, request: Request) -> None:
    """Write a refused scan into the audit log, or count it, with the code of the forum."""
    details = {}
    if _TOKEN.fullmatch(request.argument):
        found = await attendance.find_registration_by_token(work.connection, request.argument)
        if found is not None:
            details["forum"] = (await attendance.get_forum(work.connection, found.forum_id)).code
    await append_refusal(work, REFUSED, request.chat.id, details)


async def _check_in(work: UnitOfWork, forum: Forum, registration: Registration) -> str:
    """Store that people came, if they may come in now; return the outcome."""
    if registration.state in {RegistrationState.WAITING, RegistrationState.CANCELLED}:
        return str(registration.state)
    has_place = registration.state is RegistrationState.REGISTERED
    if has_place and not rules.doors_are_open(forum, work.now):
        return "closed"
    is_first = await attendance.check_in(work.connection, registration.token, work.now)
    return "welcome" if is_first else "again"
