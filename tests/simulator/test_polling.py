"""getUpdates: what is confirmed, what comes again, who is told to go."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.simulator.server import Simulator
from tests.simulator.line import TOKEN, Line


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [one["message"]["text"] for one in updates]


async def test_updates_come_again_until_they_are_confirmed(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """An offset confirms what came before it."""
    for word in ("a", "b", "c"):
        simulator.people.send_text(ann, word)
    first = await line.ok("getUpdates", limit=2)
    assert texts(first) == ["a", "b"]
    assert await line.ok("getUpdates", limit=2) == first
    offset = first[1]["update_id"] + 1
    assert texts(await line.ok("getUpdates", offset=offset)) == ["c"]
    assert texts(await line.ok("getUpdates")) == ["c"]


async def test_a_negative_offset_forgets_all_but_the_newest(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """-1 keeps one."""
    for word in ("a", "b", "c"):
        simulator.people.send_text(ann, word)
    assert texts(await line.ok("getUpdates", offset=-1)) == ["c"]
    assert texts(await line.ok("getUpdates")) == ["c"]


async def test_a_long_poll_ends_when_something_comes(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """Not before, and long before its timeout."""
    polling = asyncio.ensure_future(line.ok("getUpdates", timeout=50))
    await line.ok("getMe")
    assert not polling.done()
    simulator.people.send_text(ann, "now")
    assert texts(await polling) == ["now"]


async def test_the_older_of_two_pollers_is_sent_away(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """The newer one gets what comes."""
    older = asyncio.ensure_future(line.raw("getUpdates", timeout=50))
    await line.ok("getMe")
    newer = asyncio.ensure_future(line.ok("getUpdates", timeout=50))
    status, answer = await older
    assert status == 409
    assert answer["description"] == (
        "Conflict: terminated by other getUpdates request;"
        " make sure that only one bot instance is running"
    )
    simulator.people.send_text(ann, "x")
    assert texts(await newer) == ["x"]


async def test_a_poller_that_hung_up_disturbs_nobody(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """What it was not given comes to the next."""
    lost = asyncio.ensure_future(line.ok("getUpdates", timeout=50))
    await line.ok("getMe")
    lost.cancel()
    await asyncio.wait([lost])
    simulator.people.send_text(ann, "x")
    assert texts(await line.ok("getUpdates", timeout=50)) == ["x"]


async def test_a_webhook_excludes_polling(line: Line, ann: int) -> None:
    """Even for one who waits already."""
    waiting = asyncio.ensure_future(line.raw("getUpdates", timeout=50))
    await line.ok("getMe")
    await line.ok("setWebhook", url="http://127.0.0.1:9/hook")
    words = (
        "Conflict: can't use getUpdates method while webhook is active;"
        " use deleteWebhook to delete the webhook first"
    )
    assert (await waiting)[1]["description"] == words
    assert await line.refusal("getUpdates") == words
    await line.ok("deleteWebhook")
    assert await line.ok("getUpdates") == []


async def test_only_wanted_kinds_come_and_the_wish_is_remembered(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """An empty list is the default again."""
    await line.ok("getUpdates", allowed_updates=["edited_message"])
    act = simulator.people.send_text(ann, "a")
    assert act.message_id is not None
    simulator.people.edit_message(ann, act.message_id, "b")
    got = await line.ok("getUpdates")
    assert [set(one) - {"update_id"} for one in got] == [{"edited_message"}]
    assert got[0]["edited_message"]["text"] == "b"
    await line.ok("getUpdates", offset=got[0]["update_id"] + 1, allowed_updates=[])
    simulator.people.block_bot(ann)
    assert "my_chat_member" in (await line.ok("getUpdates"))[0]


async def test_delivered_waits_for_the_confirmation(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """Being given an update is not yet having it."""
    act = simulator.people.send_text(ann, "x")
    waiting = asyncio.ensure_future(simulator.wait_until_delivered())
    await line.ok("getUpdates")
    assert not waiting.done()
    await line.ok("getUpdates", offset=act.update_id + 1)
    await asyncio.wait_for(waiting, 5)


async def test_acts_before_any_bot_wait_for_the_first(line: Line, simulator: Simulator) -> None:
    """It gets them when it registers."""
    ben = simulator.state.add_user(first_name="Ben")
    simulator.people.send_text(ben.id, "early")
    assert texts(await line.ok("getUpdates")) == ["early"]
    await line.ok("sendMessage", chat_id=ben.id, text="hello")


async def test_a_raw_update_is_delivered_as_it_is(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """With an id where it has none."""
    act = simulator.people.send_update(ann, {"message": {"nonsense": True}})
    assert await line.ok("getUpdates") == [
        {"update_id": act.update_id, "message": {"nonsense": True}}
    ]
    assert simulator.state.accounts[TOKEN].updates.last_id == act.update_id
