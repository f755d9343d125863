"""Templates: the beginnings of answers that a unit often gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework.permissions import DISTRIBUTORS, READERS
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from storage import audit, casework, officers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.requests import Chat
    from storage.models import Officer, Template

ADDED, DROPPED = "template.added", "template.dropped"  # the actions in the audit log


async def list_officer_templates(
    connection: AsyncConnection, chat_id: int
) -> tuple[Officer, Sequence[Template]] | None:
    """Return a chat's officer and the templates that they may use.

    Return None if the chat has no officer who reads cases.
    """
    officer = await officers.find_officer(connection, chat_id)
    if officer is None or officer.role not in READERS:
        return None
    return officer, await casework.list_templates(connection, (officer.unit_code, CITY))


def may_change(officer: Officer, template: Template | None = None) -> bool:
    """Return True if an officer may add templates to their unit or, if given, delete `template`."""
    is_own = template is None or template.unit_code == officer.unit_code
    return officer.role in DISTRIBUTORS and is_own


async def begin_template(work: UnitOfWork, chat: Chat) -> Mapping[str, Any]:
    """Return no facts. Raises Refused unless the officer of the chat may add templates."""
    officer = await officers.find_officer(work.connection, chat.id)
    if officer is None or not may_change(officer):
        raise Refused(Words("templates.refused"))
    return {}


async def add_template(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Store a template for the officer's unit; raise Refused if they may not."""
    await begin_template(work, chat)
    officer = await officers.find_officer(work.connection, chat.id)
    assert officer is not None
    await casework.add_template(
        work.connection,
        {
            "unit_code": officer.unit_code,
            "name": answers["name"],
            "text": answers["text"],
            "created_by": officer.id,
            "created_at": work.now,
        },
    )
    await audit.append_entry(
        work.connection, ADDED, work.now, role=officer.role, actor_id=officer.id
    )


async def delete_template(work: UnitOfWork, chat_id: int, template_id: int | None) -> None:
    """Delete a template of the officer's unit. Raises Refused if there is none they may delete."""
    officer = await officers.find_officer(work.connection, chat_id)
    refused = Refused(Words("templates.not_yours"))
    if officer is None or template_id is None or not may_change(officer):
        raise refused
    if not await casework.delete_template(work.connection, template_id, officer.unit_code):
        raise refused
    await audit.append_entry(
        work.connection, DROPPED, work.now, role=officer.role, actor_id=officer.id
    )
