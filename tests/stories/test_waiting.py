"""Opinions that were submitted while no officer was on duty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from bot.runtime import jobs
from storage import submissions
from storage.models import Submission
from storage.statements import table

if TYPE_CHECKING:
    from tests.town.town import Town

ROWS = table(Submission)
MANY = 230


async def test_all_waiting_opinions_are_alerted_once(town: Town) -> None:
    """More than one page of them; the first officer on duty is alerted of each."""
    await town.resident("Ann").gives("Đèn hỏng.")
    async with town.app.database.transaction() as connection:
        (first,) = (await connection.execute(select(ROWS))).mappings().all()
        copies = [
            {**{k: v for k, v in first.items() if k != "id"}, "code": f"HP-{n:04}-XXXX"}
            for n in range(MANY)
        ]
        await connection.execute(insert(ROWS), copies)
    officer = await town.officer("Binh")
    await jobs.assign_waiting_submissions(town.app.job_context)
    await jobs.assign_waiting_submissions(town.app.job_context)
    async with town.app.database.reading() as connection:
        assert await submissions.count_unalerted(connection) == 0
    for _ in range(5):
        await town.settle()
    assert sum("Xem nội dung" in str(m.get("reply_markup")) for m in officer.messages) == MANY + 1
