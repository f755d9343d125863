"""Who somebody is before a case, read from the database in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework.actions import CaseAccess
from bot.casework.permissions import may_open
from bot.core.unit_of_work import UnitOfWork
from storage import casework, officers, submissions

if TYPE_CHECKING:
    pass


async def find_case_access(work: UnitOfWork, chat_id: int, code: str) -> CaseAccess | None:
    """The officer of a chat before the case with a code; None when they may not open it."""
    officer = await officers.find_officer(work.connection, chat_id)
    case = await submissions.find_submission(work.connection, code)
    if officer is None or case is None:
        return None
    recused = await casework.list_recused(work.connection, case.id)
    if not may_open(officer, case, recused):
        return None
    answer = await submissions.find_newest_answer(work.connection, case.id)
    stands_for = frozenset(await officers.list_substituted(work.connection, officer.id, work.now))
    return CaseAccess(officer, case, answer, stands_for, recused)
