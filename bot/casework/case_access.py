"""Who somebody is before a case, read from the database in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework.actions import CaseAccess
from bot.casework.permissions import may_open
from storage import casework, officers, submissions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


async def find_case_access(
    connection: AsyncConnection, chat_id: int, code: str, now: datetime
) -> CaseAccess | None:
    """The officer of a chat before the case with a code; None when they may not open it."""
    officer = await officers.find_officer(connection, chat_id)
    case = await submissions.find_submission(connection, code)
    if officer is None or case is None:
        return None
    recused = await casework.list_recused(connection, case.id)
    if not may_open(officer, case, recused):
        return None
    answer = await submissions.find_newest_answer(connection, case.id)
    stands_for = frozenset(await officers.list_substituted(connection, officer.id, now))
    return CaseAccess(officer, case, answer, stands_for, recused)
