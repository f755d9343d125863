"""Start the bot on a restored copy of the database, without sending everything again.

The copy does not know what was sent after it was made. So it is held before the bot starts on it,
and a message that is due when the hold ends counts as one that may have been sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.runtime.jobs import JOBS
from storage import holds

if TYPE_CHECKING:
    from bot.runtime.jobs import JobContext


async def enqueue_everything_due(context: JobContext) -> list[tuple[str, bool, int]]:
    """Write the messages that became due since the copy was made, and send none.

    Return how many messages are unfinished, as (kind, is sent again, number).
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
