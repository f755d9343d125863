"""The clock is read at the edge only; everything below receives `now` as an argument."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import time_machine
from sqlalchemy import select
from sqlmodel import SQLModel

from tests.town.settings import START

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_every_stored_time_is_the_injected_one(town: Town) -> None:
    """While the machine's clock is ten years ahead, every stored time is the town's."""
    with time_machine.travel(datetime(2036, 6, 1, tzinfo=UTC), tick=True):
        await town.officer("Binh", unit="11407")
        ann = town.resident("Ann")
        await ann.gives("Mất xe đạp ở ngõ 5.", area="Phường An Biên")
        await ann.says("/mine")
    times = 0
    async with town.app.database.reading() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for row in await connection.execute(select(table)):
                stored = [value for value in row if isinstance(value, datetime)]
                times += len(stored)
                assert all(START.year <= each.year <= START.year + 1 for each in stored), row
    assert times >= 8
