"""Audit entries about refused actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage import audit, officers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.unit_of_work import UnitOfWork


async def append_refusal(
    work: UnitOfWork,
    name: str,
    chat_id: int,
    details: Mapping[str, Any],
    *,
    submission_id: int | None = None,
) -> None:
    """Append an audit entry: the person of a chat tried an action that is not allowed.

    `name` is the entry's action, such as "case.refused". `details` are JSON values.
    """
    officer = await officers.find_officer(work.connection, chat_id)
    await audit.append_entry(
        work.connection,
        name,
        work.now,
        role=officer.role if officer else "none",
        actor_id=officer.id if officer else chat_id,
        submission_id=submission_id,
        details=details,
    )
