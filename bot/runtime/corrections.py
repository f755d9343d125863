"""Cases whose kind or topic officers corrected, as examples for the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.classification.corrections import format_example
from storage.submissions import list_reclassified

if TYPE_CHECKING:
    from storage.database import Database


async def list_corrected_cases(database: Database) -> bytes:
    """Return the cases as JSON lines: the text that the resident wrote, and the labels of now.

    Erased cases have no text and are left out. So are those with a protected author: a text can
    tell who wrote it.
    """
    async with database.reading() as connection:
        cases = await list_reclassified(connection)
    return b"".join(
        format_example(case.text, danger=case.urgent, kind=case.kind, topics=case.topics)
        for case in cases
    )
