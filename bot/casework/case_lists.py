"""What officers look up: lists of cases, cases by words, numbers, a file of cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.casework.permissions import READERS, get_visible_unit
from bot.core.text_folding import fold_text
from bot.core.unit_of_work import UnitOfWork
from storage import audit, casework, officers, submissions
from storage import search as find_words
from storage.models import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.casework import CaseStatistics
    from storage.models import Officer, Submission

EXPORTED = "case.exported"
MOST_EXPORTED = 5000  # cases in one file
_SEE_NUMBERS = READERS | {Role.ORGANISER, Role.OBSERVER}

PAGE = 8  # cases on one page of a list
FILTERS = ("unit", "mine", "new", "overdue", "proposed")


@dataclass(frozen=True)
class CasePage:
    """Some cases, and where the next page begins, if there is one."""

    cases: Sequence[Submission]
    more: str


async def list_cases(
    work: UnitOfWork, chat_id: int, *, which: str = "unit", after: str = ""
) -> CasePage | None:
    """The open cases of an officer's unit (of all, for the city's), or some of them.

    None for who is no officer. The most pressing first; `after` is where the last page ended.
    """
    officer = await _reader(work.connection, chat_id)
    if officer is None:
        return None
    found = await submissions.list_open_cases(
        work.connection,
        get_visible_unit(officer),
        which=which,
        officer=officer,
        now=work.now,
        after=_place(after),
        most=PAGE + 1,
    )
    shown = found[:PAGE]
    more = f"{which}={_after(shown[-1])}" if len(found) > PAGE else ""
    return CasePage(shown, more)


async def search_cases(connection: AsyncConnection, chat_id: int, words: str) -> CasePage | None:
    """Cases with all these words, of those that the officer may open; None if no officer."""
    officer = await _reader(connection, chat_id)
    if officer is None:
        return None
    found = await find_words.find_submissions(
        connection, fold_text(words), get_visible_unit(officer), officer, 2 * PAGE
    )
    return CasePage(found, "")


async def load_statistics(
    work: UnitOfWork, chat_id: int, days: int
) -> tuple[str, CaseStatistics] | None:
    """The unit and the numbers of its last days, of the whole city for the city's officers.

    None for who is no officer. Numbers only: organisers and observers see them too.
    """
    officer = await officers.find_officer(work.connection, chat_id)
    if officer is None or officer.role not in _SEE_NUMBERS:
        return None
    since = work.now - timedelta(days=days)
    return officer.unit_code, await casework.compute_statistics(
        work.connection, get_visible_unit(officer), since, work.now
    )


async def list_exported_cases(work: UnitOfWork, chat_id: int) -> Sequence[Submission] | None:
    """The open cases that an officer may see, to be put into a file; audited.

    None for who is no officer.
    """
    officer = await _reader(work.connection, chat_id)
    if officer is None:
        return None
    found = await submissions.list_open_cases(
        work.connection,
        get_visible_unit(officer),
        officer=officer,
        now=work.now,
        most=MOST_EXPORTED,
    )
    await audit.append_entry(
        work.connection,
        EXPORTED,
        work.now,
        role=officer.role,
        actor_id=officer.id,
        details={"cases": len(found)},
    )
    return found


async def _reader(connection: AsyncConnection, chat_id: int) -> Officer | None:
    officer = await officers.find_officer(connection, chat_id)
    return officer if officer is not None and officer.role in READERS else None


def _after(case: Submission) -> str:
    return f"{int(case.due_at.timestamp())}-{case.id}"


def _place(after: str) -> tuple[datetime, int] | None:
    """Where the last page ended; due times are whole seconds."""
    due, _, number = after.partition("-")
    if not (due.isdecimal() and number.isdecimal()):
        return None
    return datetime.fromtimestamp(int(due), UTC), int(number)
