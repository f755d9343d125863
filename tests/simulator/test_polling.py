"""Tests of getUpdates: confirmation, waiting, conflicts, kinds of updates."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.simulator.server import Simulator
from tests.simulator.api_client import TOKEN, ApiClient


def list_texts(updates: list[dict[str, Any]]) -> list[str]:
    """Return the texts of the messages in updates."""
    return [one["message"]["text"] for one in updates]


async def test_updates_are_returned_until_they_are_confirmed(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """An offset confirms the updates with a lower id."""
    for word in ("a", "b", "c"):
        simulator.people.send_text(ann, word)
    first = await client.call("getUpdates", limit=2)
    assert list_texts(first) == ["a", "b"]
    assert await client.call("getUpdates", limit=2) == first
    offset = first[1]["update_id"] + 1
    assert list_texts(await client.call("getUpdates", offset=offset)) == ["c"]
    assert list_texts(await client.call("getUpdates")) == ["c"]


async def test_a_negative_offset_drops_all_but_the_newest_updates(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """-1 keeps one."""
    for word in ("a", "b", "c"):
        simulator.people.send_text(ann, word)
    assert list_texts(await client.call("getUpdates", offset=-1)) == ["c"]
    assert list_texts(await client.call("getUpdates")) == ["c"]


async def test_a_long_poll_ends_when_an_update_is_queued(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """Not before, and long before its timeout."""
    polling = asyncio.ensure_future(client.call("getUpdates", timeout=50))
    await client.call("getMe")
    assert not polling.done()
    simulator.people.send_text(ann, "now")
    assert list_texts(await polling) == ["now"]


async def test_a_second_poller_ends_the_first(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """The first gets a conflict error, the second gets the next update."""
    older = asyncio.ensure_future(client.request("getUpdates", timeout=50))
    await client.call("getMe")
    newer = asyncio.ensure_future(client.call("getUpdates", timeout=50))
    status, answer = await older
    assert status == 409
    assert answer["description"] == (
        "Conflict: terminated by other getUpdates request;"
        " make sure that only one bot instance is running"
    )
    simulator.people.send_text(ann, "x")
    assert list_texts(await newer) == ["x"]


async def test_a_disconnected_poller_loses_no_update(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """The next request gets the updates."""
    lost = asyncio.ensure_future(client.call("getUpdates", timeout=50))
    await client.call("getMe")
    lost.cancel()
    await asyncio.wait([lost])
    simulator.people.send_text(ann, "x")
    assert list_texts(await client.call("getUpdates", timeout=50)) == ["x"]


async def test_a_webhook_excludes_polling(client: ApiClient, ann: int) -> None:
    """A request that already waits gets a conflict error too."""
    waiting = asyncio.ensure_future(client.request("getUpdates", timeout=50))
    await client.call("getMe")
    await client.call("setWebhook", url="http://127.0.0.1:9/hook")
    words = (
        "Conflict: can't use getUpdates method while webhook is active;"
        " use deleteWebhook to delete the webhook first"
    )
    assert (await waiting)[1]["description"] == words
    assert await client.call_refused("getUpdates") == words
    await client.call("deleteWebhook")
    assert await client.call("getUpdates") == []


async def test_only_allowed_kinds_of_updates_are_queued(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """The kinds are stored for later requests. An empty list restores the default."""
    await client.call("getUpdates", allowed_updates=["edited_message"])
    act = simulator.people.send_text(ann, "a")
    assert act.message_id is not None
    simulator.people.edit_message(ann, act.message_id, "b")
    got = await client.call("getUpdates")
    assert [set(one) - {"update_id"} for one in got] == [{"edited_message"}]
    assert got[0]["edited_message"]["text"] == "b"
    await client.call("getUpdates", offset=got[0]["update_id"] + 1, allowed_updates=[])
    simulator.people.block_bot(ann)
    assert "my_chat_member" in (await client.call("getUpdates"))[0]


async def test_wait_until_delivered_waits_for_the_confirmation(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """An update that was returned but not confirmed is not yet delivered."""
    act = simulator.people.send_text(ann, "x")
    waiting = asyncio.ensure_future(simulator.wait_until_delivered())
    await client.call("getUpdates")
    assert not waiting.done()
    await client.call("getUpdates", offset=act.update_id + 1)
    await asyncio.wait_for(waiting, 5)


async def test_updates_before_the_first_bot_are_queued_for_it(
    client: ApiClient, simulator: Simulator
) -> None:
    """It gets them when it registers."""
    ben = simulator.state.add_user(first_name="Ben")
    simulator.people.send_text(ben.id, "early")
    assert list_texts(await client.call("getUpdates")) == ["early"]
    await client.call("sendMessage", chat_id=ben.id, text="hello")


async def test_a_raw_update_is_delivered_unchanged(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """It gets an update id if it has none."""
    act = simulator.people.send_update(ann, {"message": {"nonsense": True}})
    assert await client.call("getUpdates") == [
        {"update_id": act.update_id, "message": {"nonsense": True}}
    ]
    assert simulator.state.accounts[TOKEN].updates.last_id == act.update_id
