"""Migration 0019: files of earlier releases are checked again, and none is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from storage import migrations
from storage.models import EvidenceState
from tests.attacks.hostile_files import REFUSED
from tests.attacks.test_15_malware import open_case, submit
from tests.marked_files import MARKED_FILES
from tests.storage.upgrades import list_rows
from tests.stories.test_evidence import list_attachments

if TYPE_CHECKING:
    from storage.database import Database
    from tests.town.town import Town


async def test_stored_files_wait_and_others_keep_their_state(old_database: Database) -> None:
    """Of the rows of a filled database."""
    await migrations.migrate(old_database, "0018")
    async with old_database.transaction() as connection:
        first = "(SELECT min(id) FROM attachment)"
        await connection.exec_driver_sql(
            "UPDATE attachment SET state = 'stored', original = 'originals/1', served = 'served/1'"
        )
        await connection.exec_driver_sql(
            f"UPDATE attachment SET state = 'refused' WHERE id = {first}"  # noqa: S608 - no values
        )
    await migrations.migrate(old_database)
    found = await list_rows(
        old_database, "SELECT state, original, served FROM attachment ORDER BY id"
    )
    rows: list[Any] = [tuple(row) for row in found]
    assert rows == [
        ("refused", "originals/1", "served/1"),
        *[("waiting", "originals/1", None)] * (len(found) - 1),
    ]
    assert len(found) == 2


@pytest.mark.parametrize("name", ["don.doc", "mo.pdf", "doi-ten.txt"])
async def test_a_dangerous_file_of_an_earlier_release_is_shown_no_more(
    town: Town, name: str
) -> None:
    """Its original stays in the store, because it was taken then; a harmless file is shown."""
    officer, dangerous = await town.officer("Binh"), REFUSED[name]()
    code = await submit(town.resident("Ann"), MARKED_FILES["don.pdf"](), "don.pdf")
    other = await submit(town.resident("Chi"), MARKED_FILES["don.pdf"](), "don.pdf")
    first, _second = await list_attachments(town)
    await town.app.store.put_file(first.original, dangerous)
    async with town.app.database.transaction() as connection:
        await connection.exec_driver_sql(
            "UPDATE attachment SET state = 'waiting', served = NULL"  # as the migration does
        )
    town.advance(minutes=6)  # the lease of the first fetch is over
    await town.settle()
    first, second = await list_attachments(town)
    assert (first.state, second.state) == (EvidenceState.DANGEROUS, EvidenceState.STORED)
    assert await open_case(town, officer, code) == []
    assert len(await open_case(town, officer, other)) == 1
    assert await town.app.store.read_file(first.original) == dangerous
