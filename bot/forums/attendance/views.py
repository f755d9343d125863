"""A published forum as one person sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.forums.attendance import rules
from storage import attendance, forums, officers
from storage.models import RegistrationState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Commitment, Forum, Registration

_CODE = re.compile(r"[A-Za-z0-9]{1,16}")


@dataclass(frozen=True)
class ForumView:
    """A forum as one person sees it.

    - `taken`: the number of taken places, including those of people who have come.
    - `mine`: the person's registration, None if there is none or it was cancelled.
    - `queue_position`: its place in the waiting list, from 1; 0 if it is not in it.
    - `came`: the number of people checked in, for officers at the door; None for everybody else.
    """

    forum: Forum
    taken: int
    mine: Registration | None
    queue_position: int
    came: int | None
    commitments: Sequence[Commitment]


@dataclass(frozen=True)
class CheckInResult:
    """The result of a scanned ticket.

    `outcome` is the last part of the text's key: "welcome", "again" (checked in before), "closed"
    (too early or too late), "waiting" or "cancelled". `came` is the number of people checked in,
    `taken` the number of taken places.
    """

    outcome: str
    forum: Forum
    registration: Registration
    came: int
    taken: int


async def load_forum_view(work: UnitOfWork, chat_id: int, forum_code: str) -> ForumView | None:
    """Return a published forum as the person of a chat sees it; None for an unknown code."""
    if not _CODE.fullmatch(forum_code):
        return None
    forum = await forums.find_published_forum(work.connection, forum_code)
    if forum is None:
        return None
    mine = await find_own_registration(work, chat_id, forum.id)
    is_waiting = mine is not None and mine.state is RegistrationState.WAITING
    officer = await officers.find_officer(work.connection, chat_id)
    return ForumView(
        forum,
        await attendance.count_places_taken(work.connection, forum.id),
        mine,
        await attendance.get_waiting_number(work.connection, mine) if mine and is_waiting else 0,
        await attendance.count_attended(work.connection, forum.id)
        if rules.may_check_people_in(officer, forum)
        else None,
        await attendance.list_commitments(work.connection, forum.id),
    )


async def find_own_registration(
    work: UnitOfWork, chat_id: int, forum_id: int
) -> Registration | None:
    """Return the registration of a chat's person; None if there is none or it was cancelled."""
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat_id, named=True)
    registration = await attendance.find_registration(work.connection, forum_id, pseudonyms)
    if registration is None or registration.state is RegistrationState.CANCELLED:
        return None
    return registration
