"""Absences: an officer is away for some days, and a substitute does their work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.casework.permissions import CASE_WORKER_ROLES, is_away
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from storage import audit, officers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.requests import Chat
    from storage.models import Officer

AWAY = "officer.away"  # the action in the audit log
_MAX_BUTTONS = 24  # colleagues who are offered as substitutes
NOBODY = "nobody"  # the answer to the step "substitute" if the officer chose no substitute


async def begin_absence(work: UnitOfWork, chat: Chat) -> Mapping[str, Any]:
    """Return the fact "@officers": the colleagues who may be the substitute, at most 24.

    Raises Refused if the chat has no officer.
    """
    officer = await officers.find_officer(work.connection, chat.id)
    if officer is None:
        raise Refused(Words("errors.unknown_command"))
    colleagues = await _list_colleagues(work, officer)
    return {"@officers": [[str(each.id), each.name] for each in colleagues[:_MAX_BUTTONS]]}


async def finish_absence(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Store an absence that begins now, from the answers "days" and "substitute".

    Raises Refused if the chat has no officer, or the substitute cannot be chosen any more.
    """
    officer = await officers.find_officer(work.connection, chat.id)
    if officer is None:
        raise Refused(Words("errors.unknown_command"))
    chosen = answers["substitute"]
    colleagues = {str(each.id): each.id for each in await _list_colleagues(work, officer)}
    if chosen != NOBODY and chosen not in colleagues:
        raise Refused(Words("case.no_such_officer"))
    substitute, until = colleagues.get(chosen), work.now + timedelta(days=int(answers["days"]))
    await officers.update_officer(
        work.connection, officer.id, substitute_id=substitute, away_until=until
    )
    await audit.append_entry(
        work.connection,
        AWAY,
        work.now,
        role=officer.role,
        actor_id=officer.id,
        details={"until": until.isoformat(), "substitute": substitute},
    )


async def _list_colleagues(work: UnitOfWork, officer: Officer) -> list[Officer]:
    """Return the officers of the unit who work on cases and are not away."""
    return [
        each
        for each in await officers.list_active(work.connection, (officer.unit_code,))
        if each.role in CASE_WORKER_ROLES and each.id != officer.id and not is_away(each, work.now)
    ]
