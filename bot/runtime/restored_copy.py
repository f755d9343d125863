"""Start the bot on a restored copy of the database, without sending everything again.

A copy is older than what was sent since it was made. So it is held before the bot starts on it, and
what is due when the hold ends counts as what may have been sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.runtime.jobs import JOBS
from storage import holds

if TYPE_CHECKING:
    from bot.runtime.jobs import JobContext


async def enqueue_everything_due(context: JobContext) -> list[tuple[str, bool, int]]:
    """Write the messages that became due while the database was away, and send none.

    Return the numbers of all unfinished messages as (kind, is sent again, number).
    """
    counted: list[tuple[str, bool, int]] | None = None
    while True:
        async with context.database.reading() as connection:
            before, counted = counted, await holds.count_unfinished(connection)
        if counted == before:
            return counted
        for job in JOBS:
            if job.enqueues:
                await job.run(context)


async def release_database(context: JobContext) -> None:
    """End the hold. Receipts, answers and alerts will be sent with a mark, the rest is reviewed.

    Call `enqueue_everything_due` first: what is due later is sent as usual.
    """
    async with context.database.transaction() as connection:
        await holds.end_hold(connection, context.clock())
