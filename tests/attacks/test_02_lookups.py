"""Number 2: somebody who is no officer asks for a case, and the audit log keeps who it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.models import Audit
from storage.statements import table
from tests.attacks.stolen_copy import steal_copy
from tests.town.forums import CODE, publish_forum

if TYPE_CHECKING:
    import io

    from tests.town.town import Town

# What a person may send or press, who is no officer, about a case and about a forum.
LOOKUPS = (
    "/case {code}",
    "/vuviec {code}",
    "/tracuu {code}",
    "/cases",
    "/forum {forum}",
    "/search x",
)
PRESSES = ("case:open={code}", "case:accept={code}", "forum:open={forum}", "forum:cancel={forum}")


@pytest.mark.parametrize("identity", ["unnamed", "channel"])
async def test_a_lookup_by_an_author_names_nobody(
    town: Town, log: io.StringIO, identity: str
) -> None:
    """The author of a case tries to open it as officers do. The refusal has no chat id."""
    await town.officer("Bình")
    ann = town.resident("Ann")
    code = await ann.gives("Mất xe ở chợ.", identity=identity)
    await publish_forum(town)
    for lookup in LOOKUPS:
        await ann.says(lookup.format(code=code, forum=CODE))
        town.advance(hours=1)  # more attempts of one hour are only counted
    for data in PRESSES:
        await ann.presses_data(data.format(code=code, forum=CODE))
        town.advance(hours=1)
    copy = await steal_copy(town.app.database)
    refusals = [row for row in copy.tables["audit"] if row["action"].endswith("refused")]
    assert len(refusals) >= 4
    assert {(row["actor_role"], row["actor_id"]) for row in refusals} == {("none", None)}
    assert copy.find_number(ann.id) == []
    assert str(ann.id) not in log.getvalue()


async def test_an_officer_who_is_refused_is_named(town: Town) -> None:
    """The audit log still says which officer tried what is not allowed."""
    binh = await town.officer("Bình", unit="11407")
    code = await town.resident("Ann").gives("Mất xe.", area="Phường Lê Chân")
    await binh.presses_data(f"case:propose={code}")
    async with town.app.database.reading() as connection:
        rows = (await connection.execute(table(Audit).select())).all()
    assert [row.actor_id for row in rows if row.action.endswith("refused")] != [None]
