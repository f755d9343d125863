"""A group becomes a supergroup while messages to it are waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import casework
from storage.models import Role
from tests.town.group import Group
from tests.transport.rows import count_requests, enqueue, get_row, make_message

if TYPE_CHECKING:
    from tests.town.town import Town

WARD, NAMED = "11407", "Phường An Biên"


async def find_registered(town: Town) -> int | None:
    """Return the id of the ward's group."""
    async with town.app.database.reading() as connection:
        found = await casework.find_unit_chat(connection, WARD)
    return found.chat_id if found else None


@pytest.mark.parametrize("learns_by", ["refusal", "notice"])
async def test_fault_15_a_group_becomes_a_supergroup_while_messages_wait(
    town: Town, learns_by: str
) -> None:
    """Waiting messages and the unit's group are moved to the new chat once, however often it is
    reported, and whether the bot is first told of it or first refused.
    """
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    state = town.simulator.state
    old = state.add_chat("group", "An Biên", members=[leader.id])
    await leader.says_in(Group(town, old.id, {}), "/baotaiday")
    await enqueue(town, make_message("a", old.id, town.now))
    await town.deliver()

    new = state.migrate_group(old)
    updates = state.get_account().updates
    notices = [each.body for each in updates.list_updates()]
    updates.clear()
    before = count_requests(town, old.id)
    texts = ("draft.ended", "draft.none", "draft.ended")
    waiting = [
        make_message(k, old.id, town.now, words=w) for k, w in zip("bcd", texts, strict=True)
    ]
    await enqueue(town, *waiting, make_message("e", leader.id, town.now))
    if learns_by == "notice":
        for body in notices:
            assert await town.post(town.replica(0), body) == 200
    await town.deliver()
    assert await find_registered(town) == new.id
    for body in notices * 2:
        assert await town.post(town.replica(0), body) == 200
    town.advance(minutes=2)
    await town.deliver()

    rows = [await get_row(town, key) for key in "abcde"]
    assert [each.state.value for each in rows] == ["sent"] * 5
    assert [each.chat_id for each in rows] == [old.id, *[new.id] * 3, leader.id]
    assert not any(each.repeated for each in rows)
    assert count_requests(town, old.id) == before + (learns_by == "refusal")
    assert await find_registered(town) == new.id
    code = await town.resident("Ann").gives("Đèn hỏng.", area=NAMED)
    said = [each["text"] for each in town.simulator.list_messages(new.id) if "text" in each]
    assert code in said[-1]
    assert len(said) == 4
