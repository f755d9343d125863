"""Retention: erase closed submissions after a time, and warn their residents before.

An erased submission keeps its code, kind, unit and times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_resident
from bot.privacy import erasing
from storage import audit, erasure, submissions
from storage.models import ErasureReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.core.policy import Policy
    from storage.database import Database
    from storage.models import Kind

_PAGE = 100  # submissions in one transaction

RETENTION_ENDED = "data.outlived"  # an action of the audit log: a submission was erased


@dataclass(frozen=True)
class RetentionPeriods:
    """The times between closing and erasing a submission.

    - `kept`: for how long a closed submission is kept, by kind.
    - `warning`: how long before the erasure the resident is warned.
    """

    kept: Mapping[Kind, timedelta]
    warning: timedelta


async def apply_retention(
    database: Database, periods: RetentionPeriods, now: datetime, *, policy: Policy
) -> int:
    """Warn the residents of closed submissions, and erase submissions that are due.

    Return the number of erased submissions. Each page is a transaction. A submission is only erased
    if its resident was warned, at least `periods.warning` before.
    """
    erased = 0
    for kind, kept in periods.kept.items():
        while await _warn_page(database, kind, now - kept + periods.warning, now, policy):
            pass
        while page := await _erase_page(
            database, kind, now - kept, now - periods.warning, now, policy
        ):
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
            )
            await submissions.update_submission(connection, submission, warned_at=now)
    return len(due)


async def _erase_page(
    database: Database,
    kind: Kind,
    closed_before: datetime,
    warned_before: datetime,
    now: datetime,
    policy: Policy,
) -> int:
    async with database.transaction() as connection:
        due = await erasure.list_expired_submissions(
            connection, [kind], closed_before, warned_before, _PAGE
        )
        for submission in due:
            await erasing.erase_submission(
                UnitOfWork(connection, now, policy),
                submission,
                state=submission.state,
                reason=ErasureReason.RETENTION,
            )
            await audit.append_entry(
                connection, RETENTION_ENDED, now, role=audit.SYSTEM, submission_id=submission.id
            )
        if due:
            await erasure.compact_search_index(connection)
    return len(due)
