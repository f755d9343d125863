"""Lists of cases for officers, the search, the statistics, and the export of open cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.casework.permissions import READERS, get_visible_unit
from bot.core.search_text import make_search_query
from bot.core.text_folding import fold_text
from bot.core.typed_numbers import parse_number
from bot.core.unit_of_work import UnitOfWork
from storage import audit, casework, officers, submissions
from storage import search as find_words
from storage.models import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.casework import CaseStatistics
    from storage.models import Officer, Submission

EXPORTED = "case.exported"  # an action of the audit log: open cases were exported
MAX_EXPORTED = 5000  # cases in one file
# The roles that may read the statistics.
_LATEST_DUE = 2**35  # seconds since 1970, in the year 3058: no due date is later
STATISTICS_READERS = READERS | {Role.ORGANISER, Role.OBSERVER}

PAGE_SIZE = 8  # cases on one page of a list
FILTERS = ("unit", "mine", "new", "overdue", "proposed", "recused")  # the lists of open cases


@dataclass(frozen=True)
class CasePage:
    """A page of cases. `more` is the data of the button to the next page; "" on the last page."""

    cases: Sequence[Submission]
    more: str


async def list_cases(
    work: UnitOfWork, chat_id: int, *, which: str = "unit", after: str = ""
) -> CasePage | None:
    """Return a page of the open cases that an officer may see, earliest due date first.

    `which` is one of FILTERS. `after` is the cursor from the data of the button to this page, ""
    for the first page. Returns None if the chat has no officer who reads cases.
    """
    officer = await _find_reader(work.connection, chat_id)
    if officer is None:
        return None
    found = await submissions.list_open_cases(
        work.connection,
        get_visible_unit(officer),
        which=which,
        officer=officer,
        now=work.now,
        after=_parse_cursor(after),
        max_rows=PAGE_SIZE + 1,
    )
    shown = found[:PAGE_SIZE]
    more = f"{which}={_make_cursor(shown[-1])}" if len(found) > PAGE_SIZE else ""
    return CasePage(shown, more)


async def search_cases(connection: AsyncConnection, chat_id: int, words: str) -> CasePage | None:
    """Return the cases whose texts have all these words and that an officer may open.

    Returns None if the chat has no officer who reads cases.
    """
    officer = await _find_reader(connection, chat_id)
    if officer is None:
        return None
    # Texts of earlier releases do not hold the common form of telephone numbers.
    for query in dict.fromkeys((make_search_query(words), fold_text(words))):
        found = await find_words.find_submissions(
            connection, query, get_visible_unit(officer), officer, 2 * PAGE_SIZE
        )
        if found:
            break
    return CasePage(found, "")


async def load_statistics(
    work: UnitOfWork, chat_id: int, days: int
) -> tuple[str, CaseStatistics] | None:
    """Return the code of an officer's unit, and the statistics of its last `days` days.

    For an officer of the city they are of all units. Returns None unless the officer's role reads
    cases or statistics.
    """
    officer = await officers.find_officer(work.connection, chat_id)
    if officer is None or officer.role not in STATISTICS_READERS:
        return None
    since = work.now - timedelta(days=days)
    return officer.unit_code, await casework.compute_statistics(
        work.connection, officer, get_visible_unit(officer), since, work.now
    )


async def list_exported_cases(work: UnitOfWork, chat_id: int) -> Sequence[Submission] | None:
    """Return the open cases for a file of an officer, and record the export in the audit log.

    Returns None if the chat has no officer who reads cases.
    """
    officer = await _find_reader(work.connection, chat_id)
    if officer is None:
        return None
    found = await submissions.list_open_cases(
        work.connection,
        get_visible_unit(officer),
        officer=officer,
        now=work.now,
        max_rows=MAX_EXPORTED,
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


async def _list_open_cases(
    work: UnitOfWork, officer: Officer, **options: Any
) -> Sequence[Submission]:
    """Return open cases that an officer may see; `options` are those of the query."""
    return await submissions.list_open_cases(
        work.connection, get_visible_unit(officer), officer=officer, now=work.now, **options
    )


async def _find_reader(connection: AsyncConnection, chat_id: int) -> Officer | None:
    officer = await officers.find_officer(connection, chat_id)
    return officer if officer is not None and officer.role in READERS else None


def _make_cursor(case: Submission) -> str:
    """Return the due time in whole seconds and the id: where a page ends."""
    return f"{int(case.due_at.timestamp())}-{case.id}"


def _parse_cursor(after: str) -> tuple[datetime, int] | None:
    """Return the due time and the id in a cursor; None if it is not a cursor."""
    due, number = map(parse_number, after.partition("-")[::2])
    if due is None or number is None or due > _LATEST_DUE:
        return None
    return datetime.fromtimestamp(due, UTC), number
