"""Permissions of planners: who plans a forum and who decides about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import CITY
from storage import audit, forums, officers
from storage.models import Role

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Forum, Officer

PLANNERS = frozenset({Role.ORGANISER, Role.APPROVER, Role.COORDINATOR})
DECIDERS = frozenset({Role.APPROVER, Role.COORDINATOR})

# The key of the text for somebody who may not plan a forum, and the action in the audit log.
REFUSED = "forum.refused"

_MAX_CODE = 16  # characters of a code that is looked up
_MAX_RECORDED = 32  # characters of an action or a code in the audit log


def may_plan(officer: Officer, forum: Forum) -> bool:
    """Return True if an officer plans this forum: as a planner of the host unit or of the city."""
    return officer.role in PLANNERS and officer.unit_code in (forum.host_unit, CITY)


async def find_planner(connection: AsyncConnection, chat_id: int) -> Officer | None:
    """Return the officer of a chat; None unless they plan forums."""
    officer = await officers.find_officer(connection, chat_id)
    return officer if officer is not None and officer.role in PLANNERS else None


async def find_planned_forum(
    connection: AsyncConnection, chat_id: int, code: str
) -> tuple[Officer, Forum] | None:
    """Return the officer of a chat and the forum with a code; None unless they plan it."""
    officer = await officers.find_officer(connection, chat_id)
    forum = await forums.find_forum(connection, code[:_MAX_CODE])
    if officer is None or forum is None or not may_plan(officer, forum):
        return None
    return officer, forum


async def record_refusal(work: UnitOfWork, chat_id: int, action: str, code: str) -> None:
    """Write into the audit log that somebody tried what they may not do, or not now.

    `action` and `code` come from a button and may be anything.
    """
    officer = await officers.find_officer(work.connection, chat_id)
    await audit.append_entry(
        work.connection,
        REFUSED,
        work.now,
        role=officer.role if officer else "none",
        actor_id=officer.id if officer else chat_id,
        details={"action": action[:_MAX_RECORDED], "forum": code[:_MAX_RECORDED]},
    )
