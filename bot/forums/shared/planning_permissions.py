"""Permissions of planners of forums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.core.refusals import append_refusal
from storage import forums, officers
from storage.models import Role

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Forum, Officer

# The roles that plan forums, and those that approve them.
PLANNERS = frozenset({Role.ORGANISER, Role.APPROVER, Role.COORDINATOR})
DECIDERS = frozenset({Role.APPROVER, Role.COORDINATOR})

# The key of the text for somebody who may not plan a forum, and the action in the audit log.
REFUSED = "forum.refused"

_MAX_CODE = 16  # characters of a code that is looked up
_MAX_RECORDED = 32  # characters of an action or a code in the audit log


def may_plan(officer: Officer, forum: Forum) -> bool:
    """Return True if an officer may plan this forum: a planner of the host unit or the city."""
    return officer.role in PLANNERS and officer.unit_code in (forum.host_unit, CITY)


async def find_planner(connection: AsyncConnection, chat_id: int) -> Officer | None:
    """Return the officer of a chat; None unless the officer's role plans forums."""
    officer = await officers.find_officer(connection, chat_id)
    return officer if officer is not None and officer.role in PLANNERS else None


async def find_planned_forum(
    connection: AsyncConnection, chat_id: int, forum_code: str
) -> tuple[Officer, Forum] | None:
    """Return the officer of a chat and the forum with a code; None unless they may plan it."""
    officer = await officers.find_officer(connection, chat_id)
    forum = await forums.find_forum(connection, forum_code[:_MAX_CODE])
    if officer is None or forum is None or not may_plan(officer, forum):
        return None
    return officer, forum


async def record_refusal(work: UnitOfWork, chat_id: int, action: str, forum_code: str) -> None:
    """Append an audit entry: the person of a chat tried an action that is not allowed.

    `action` and `forum_code` come from a button and may be any text.
    """
    details = {"action": action[:_MAX_RECORDED], "forum": forum_code[:_MAX_RECORDED]}
    await append_refusal(work, REFUSED, chat_id, details)
