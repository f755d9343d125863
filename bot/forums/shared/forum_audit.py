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
    """Append an entry about a forum. Without an officer it is about a resident, who is not named.

    `details` are JSON values that nobody wrote as text; the forum's code is added to them.
    """
    await audit.append_entry(
        work.connection,
        action,
        work.now,
        role=officer.role if officer else audit.RESIDENT,
        actor_id=officer.id if officer else None,
        details={"forum": forum.code, **details},
    )
