"""Entries about forums in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage import audit

if TYPE_CHECKING:
    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Forum, Officer


async def append_forum_entry(
    work: UnitOfWork, action: str, forum: Forum, officer: Officer | None = None, **details: Any
) -> None:
    """Append an audit entry about a forum. Without an officer, the actor is an unnamed resident.

    `details` are JSON values without text that a person wrote; the forum's code is added to them.
    """
    await audit.append_entry(
        work.connection,
        action,
        work.now,
        role=officer.role if officer else audit.RESIDENT,
        actor_id=officer.id if officer else None,
        details={"forum": forum.code, **details},
    )
