"""Officers who are away for some days, and who does their work meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.casework.permissions import WORKERS, is_away
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from storage import audit, officers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.requests import Chat
    from storage.models import Officer

AWAY = "officer.away"
_MOST = 24  # buttons
NOBODY = "nobody"


async def begin_absence(work: UnitOfWork, chat: Chat) -> Mapping[str, Any]:
    """The colleagues who may stand in; raises Refused for who is no officer."""
    officer = await officers.find_officer(work.connection, chat.id)
    if officer is None:
        raise Refused(Words("errors.unknown_command"))
    found = await _colleagues(work, officer)
    return {"@officers": [[str(each.id), each.name] for each in found[:_MOST]]}


async def finish_absence(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Be away for some days; raises Refused when the substitute cannot be one any more."""
    officer = await officers.find_officer(work.connection, chat.id)
    if officer is None:
        raise Refused(Words("errors.unknown_command"))
    chosen = answers["substitute"]
    colleagues = {str(each.id): each.id for each in await _colleagues(work, officer)}
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


async def _colleagues(work: UnitOfWork, officer: Officer) -> list[Officer]:
    """Who of the same unit works on cases and is there."""
    return [
        each
        for each in await officers.list_active(work.connection, (officer.unit_code,))
        if each.role in WORKERS and each.id != officer.id and not is_away(each, work.now)
    ]
