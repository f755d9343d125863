"""Queries of planners: the list of their forums, and one forum with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.core.screen import Words
from bot.forums.planning.actions import ACTIONS_BY_NAME, list_allowed
from bot.forums.planning.forum_action import ForumAccess
from bot.forums.planning.proposals import show_proposal
from bot.forums.shared.planning_permissions import find_planned_forum, find_planner
from storage import attendance, forum_sessions, forums, officers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.unit_of_work import UnitOfWork
    from bot.forums.planning.forum_action import ForumAction
    from storage.forum_sessions import SessionCounts
    from storage.forums import AnnouncementProgress
    from storage.models import Announcement, Commitment, Forum, Officer

PAGE_SIZE = 8  # forums on one page of a list


@dataclass(frozen=True)
class ForumPlan:
    """A forum as its planners see it.

    `actions` are those that the officer may perform now. `progress` counts the messages of all
    `announcements`. `seats` is the number of taken places. `previous_commitments` were made at the
    host unit's last forum. `proposal` shows the change that a second person has to confirm.
    """

    forum: Forum
    actions: Sequence[ForumAction]
    announcements: Sequence[Announcement]
    progress: AnnouncementProgress
    seats: int
    submissions: SessionCounts
    commitments: Sequence[Commitment]
    previous_commitments: Sequence[Commitment]
    proposal: tuple[Words, ...] = ()


async def list_plans(
    connection: AsyncConnection, chat_id: int, skip: int
) -> Sequence[Forum] | None:
    """Return the forums that the person of a chat plans, latest start first.

    The first `skip` are left out. At most PAGE_SIZE + 1 are returned, to see if there is another
    page. Return None for a person who plans no forums.
    """
    officer = await find_planner(connection, chat_id)
    if officer is None:
        return None
    unit = None if officer.unit_code == CITY else officer.unit_code
    return await forums.list_forums_of(connection, unit, skip=skip, max_rows=PAGE_SIZE + 1)


async def load_plan(work: UnitOfWork, chat_id: int, forum_code: str) -> ForumPlan | None:
    """Return a forum for one of its planners; None for anybody else."""
    planned = await find_planned_forum(work.connection, chat_id, forum_code)
    if planned is None:
        return None
    officer, forum = planned
    announcements = await forums.list_announcements(work.connection, forum.id)
    ids = [announcement.id for announcement in announcements]
    return ForumPlan(
        forum,
        list_allowed(officer, forum, work.now),
        announcements,
        await forums.count_progress(work.connection, ids),
        await attendance.count_places_taken(work.connection, forum.id),
        await forum_sessions.count_outcomes(work.connection, forum.id, forum.code),
        await attendance.list_commitments(work.connection, forum.id),
        await forums.list_previous_commitments(work.connection, forum),
        await _show_proposal(work, officer, forum),
    )


async def _show_proposal(work: UnitOfWork, officer: Officer, forum: Forum) -> tuple[Words, ...]:
    if forum.proposal is None:
        return ()
    action = ACTIONS_BY_NAME[forum.proposal["action"]]
    (proposer,) = await officers.list_by_ids(work.connection, [forum.proposal["by"]]) or (None,)
    name = proposer.name if proposer else "–"
    waiting = Words("forum.proposed", {"action": Words(f"forum.do.{action.name}"), "officer": name})
    access = ForumAccess(officer, forum, work.now)
    return (waiting, *await show_proposal(work, access, action))
