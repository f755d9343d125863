"""The word index, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text, update

from storage import officers, search
from storage.models import Submission
from storage.statements import table
from tests.bench.queries import BOSS, WARD, WARDEN, fill_database

if TYPE_CHECKING:
    from storage.database import Database
    from storage.models import Officer

ROWS = table(Submission)
OTHER = "11413"


async def search_codes(database: Database, unit: str | None, chat_id: int, words: str) -> list[str]:
    """Return the codes of all cases that the search finds for an officer."""
    async with database.reading() as connection:
        officer: Officer | None = await officers.find_officer(connection, chat_id)
        assert officer
        return [
            each.code
            for each in await search.find_submissions(connection, words, unit, officer, 500)
        ]


async def test_the_index_follows_a_case_to_another_unit(
    database: Database, database_url: str
) -> None:
    """The new unit finds the case, the old one does not, and the city does."""
    filled = await fill_database(database_url, 100)
    await filled.database.close()
    before = await search_codes(database, WARD, WARDEN, "hong")
    assert before
    async with database.transaction() as connection:
        moved = update(ROWS).where(ROWS.c.code == before[0]).values(handled_by=OTHER)
        await connection.execute(moved)
    assert await search_codes(database, WARD, WARDEN, "hong") == before[1:]
    assert before[0] in await search_codes(database, OTHER, BOSS, "hong")
    assert set(before) < set(await search_codes(database, None, BOSS, "hong"))


async def test_optimising_the_index_changes_no_result(
    database: Database, database_url: str
) -> None:
    """Its segments are merged into one."""
    filled = await fill_database(database_url, 100)
    await filled.database.close()
    async with database.transaction() as connection:
        for row in range(1, 40):
            await connection.execute(
                update(ROWS).where(ROWS.c.id == row).values(folded=f"ca {row}")
            )
    before = [await search_codes(database, None, BOSS, words) for words in ("hong", "ca", "ca 3")]
    await search.optimise_index(database)
    assert [
        await search_codes(database, None, BOSS, words) for words in ("hong", "ca", "ca 3")
    ] == before
    assert len(before[1]) == 39
    if database.is_sqlite:
        parts = text("SELECT count(DISTINCT segid) FROM submission_words_idx")
        async with database.reading() as connection:
            assert (await connection.execute(parts)).scalar_one() == 1
