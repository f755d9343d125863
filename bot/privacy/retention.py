"""Retention: warn residents of the erasure of closed submissions, and erase them in time.

An erased submission keeps its code, kind, unit and times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_resident
from storage import audit, erasure, submissions
from storage.models import ErasureReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.core.policy import Policy
    from storage.database import Database
    from storage.models import Kind

_PAGE = 100

OUTLIVED = "data.outlived"


@dataclass(frozen=True)
class RetentionPeriods:
    """The time that closed submissions are kept, by kind, and the warning time before."""

    kept: Mapping[Kind, timedelta]
    warning: timedelta


async def apply_retention(
    database: Database, periods: RetentionPeriods, now: datetime, *, policy: Policy
) -> int:
    """Warn of and erase submissions that are due; return the number of erased ones.

    Each page is a transaction. Only closed submissions are due. A submission is only erased if its
    resident was warned at least the warning period before.
    """
    erased = 0
    for kind, kept in periods.kept.items():
        while await _warn_page(database, kind, now - kept + periods.warning, now, policy):
            pass
        while page := await _erase_page(database, kind, now - kept, now - periods.warning, now):
            erased += page
    return erased


async def _warn_page(
    database: Database, kind: Kind, closed_before: datetime, now: datetime, policy: Policy
) -> int:
    async with database.transaction() as connection:
        due = await erasure.list_submissions_to_warn(connection, [kind], closed_before, _PAGE)
        for submission in due:
            words = Words("retention.warning", {"code": submission.code})
            await to_resident.notify_resident(
                UnitOfWork(connection, now, policy),
                submission,
                "outlived",
                (words,),
                occasion=str(submission.closed_at),
                always=True,
            )
            await submissions.update_submission(connection, submission, warned_at=now)
    return len(due)


async def _erase_page(
    database: Database, kind: Kind, closed_before: datetime, warned_before: datetime, now: datetime
) -> int:
    async with database.transaction() as connection:
        due = await erasure.list_expired_submissions(
            connection, [kind], closed_before, warned_before, _PAGE
        )
        for submission in due:
            await erasure.erase_submission(
                connection,
                submission,
                now,
                state=submission.state,
                reason=ErasureReason.RETENTION,
            )
            await audit.append_entry(
                connection, OUTLIVED, now, role=audit.SYSTEM, submission_id=submission.id
            )
        if due:
            await erasure.compact_search_index(connection)
    return len(due)
