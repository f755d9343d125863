"""Tests of faults, rate limits and the journal of requests."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from bot.simulator.rate_limits import SimulatedRates
from bot.simulator.server import Simulator
from tests.simulator.api_client import TOKEN, ApiClient


async def test_a_fault_applies_to_its_method_and_chat_until_its_count(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """Other requests succeed."""
    ben = simulator.state.add_user(first_name="Ben").id
    simulator.people.start_bot(ben)
    await client.post_control(
        "/sim/faults",
        {"kind": "429", "method": "sendMessage", "chat_id": ann, "count": 2, "retry_after": 7},
    )
    await client.call("getMe")
    await client.call("sendMessage", chat_id=ben, text="x")
    for _ in range(2):
        status, answer = await client.request("sendMessage", chat_id=ann, text="x")
        assert (status, answer["error_code"]) == (429, 429)
        assert answer["description"] == "Too Many Requests: retry after 7"
        assert answer["parameters"] == {"retry_after": 7}
    await client.call("sendMessage", chat_id=ann, text="x")


@pytest.mark.parametrize(
    ("fault", "status", "description"),
    [
        ({"kind": "403"}, 403, "Forbidden: bot was blocked by the user"),
        ({"kind": "5xx"}, 502, "Bad Gateway"),
        ({"kind": "5xx", "status": 504}, 504, "Bad Gateway"),
        ({"kind": "error", "status": 418, "description": "teapot"}, 418, "teapot"),
    ],
)
async def test_a_fault_gives_an_error_response_of_telegram(
    client: ApiClient,
    simulator: Simulator,
    ann: int,
    fault: dict[str, Any],
    status: int,
    description: str,
) -> None:
    """The status and the description are Telegram's; the request is not executed."""
    before = len(simulator.list_messages(ann))
    await client.post_control("/sim/faults", fault)
    got, answer = await client.request("sendMessage", chat_id=ann, text="x")
    assert (got, answer["error_code"], answer["description"]) == (status, status, description)
    assert len(simulator.list_messages(ann)) == before


async def test_a_fault_can_follow_the_execution(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """The message is posted, although the bot gets an error."""
    await client.post_control("/sim/faults", {"kind": "drop", "when": "after"})
    with pytest.raises(aiohttp.ClientError):
        await client.request("sendMessage", chat_id=ann, text="sent")
    assert simulator.list_messages(ann)[-1]["text"] == "sent"
    await client.call("getMe")


async def test_a_fault_can_return_an_html_page(client: ApiClient, ann: int) -> None:
    """As a proxy between the bot and Telegram may do."""
    await client.post_control("/sim/faults", {"kind": "html"})
    async with client.http.get(f"{client.url}/bot{TOKEN}/getMe") as response:
        assert response.status == 200
        assert response.content_type == "text/html"


async def test_a_hanging_request_ends_when_the_simulator_stops(ann: int) -> None:
    """The connection is closed at once, without a response."""
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as http:
        async with Simulator(tokens=[TOKEN]) as simulator:
            simulator.gateway.faults.add_fault("hang", count=None)
            client = ApiClient(simulator.url, http)
            hanging = asyncio.ensure_future(client.request("getMe"))
            while not (await client.request_control("GET", "/sim/journal"))[1]["entries"]:
                assert not hanging.done()
            begin = loop.time()
        assert loop.time() - begin < 1
        with pytest.raises(aiohttp.ClientError):
            await hanging


async def test_waiting_requests_end_when_the_simulator_stops() -> None:
    """getUpdates and the request for events get a response at once."""
    async with aiohttp.ClientSession() as http:
        async with Simulator(tokens=[TOKEN]) as simulator:
            client = ApiClient(simulator.url, http)
            polling = asyncio.ensure_future(client.call("getUpdates", timeout=50))
            following = asyncio.ensure_future(client.request_control("GET", "/sim/events?wait=50"))
            await client.call("getMe")
        assert await polling == []
        assert (await following)[1]["events"] == []


async def test_faults_are_listed_and_removed(client: ApiClient, ann: int) -> None:
    """One fault, or all."""
    first = (await client.post_control("/sim/faults", {"kind": "403", "count": None}))["fault_id"]
    await client.post_control("/sim/faults", {"kind": "5xx", "method": "getme", "count": None})
    _, answer = await client.request_control("GET", "/sim/faults")
    assert [one["kind"] for one in answer["faults"]] == ["403", "5xx"]
    await client.request_control("DELETE", f"/sim/faults/{first}")
    assert (await client.request("getMe"))[0] == 502
    await client.request_control("DELETE", "/sim/faults")
    await client.call("getMe")
    assert (await client.request_control("DELETE", f"/sim/faults/{first}"))[0] == 404
    status, answer = await client.request_control("POST", "/sim/faults", {"kind": "fire"})
    assert (status, "hang" in answer["error"]) == (400, True)


async def test_a_private_chat_is_limited_to_one_message_a_second(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """After a burst of three. Other methods are not counted."""
    await client.post_control("/sim/limits", {"enabled": True})
    for _ in range(3):
        await client.call("sendMessage", chat_id=ann, text="x")
    status, answer = await client.request("sendMessage", chat_id=ann, text="x")
    assert status == 429
    assert answer["parameters"] == {"retry_after": 1}
    await client.call("getMe")
    simulator.state.clock.advance(1)
    await client.call("sendMessage", chat_id=ann, text="x")


async def test_a_group_is_limited_to_20_messages_a_minute(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """The error has the seconds to wait."""
    simulator.gateway.rate_limits.configure(SimulatedRates(enabled=True))
    group = simulator.state.add_chat("group", "Office")
    for _ in range(20):
        await client.call("sendMessage", chat_id=group.id, text="x")
    status, answer = await client.request("sendMessage", chat_id=group.id, text="x")
    assert status == 429
    assert 55 <= answer["parameters"]["retry_after"] <= 60
    simulator.state.clock.advance(60)
    await client.call("sendMessage", chat_id=group.id, text="x")


async def test_a_bot_is_limited_to_30_messages_a_second(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """The limit counts all chats together."""
    simulator.gateway.rate_limits.configure(SimulatedRates(enabled=True, global_per_second=5))
    people = [simulator.state.add_user(first_name="P").id for _ in range(6)]
    for one in people:
        simulator.people.start_bot(one)
    statuses = [(await client.request("sendMessage", chat_id=one, text="x"))[0] for one in people]
    assert statuses == [200] * 5 + [429]


async def test_the_journal_lists_every_request(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """With parameters and status; filtered by method, chat or id."""
    await client.call("sendMessage", chat_id=ann, text="x")
    await client.call_refused("sendMessage", chat_id=ann, text="")
    await client.call("getMe")
    _, answer = await client.request_control(
        "GET", f"/sim/journal?method=sendMessage&chat_id={ann}"
    )
    good, wrong = answer["entries"]
    assert good["params"] == {"chat_id": ann, "text": "x"}
    assert (good["status"], good["ok"], good["description"]) == (200, True, None)
    assert (wrong["status"], wrong["ok"]) == (400, False)
    assert wrong["description"] == "Bad Request: message text is empty"
    _, later = await client.request_control("GET", f"/sim/journal?after={wrong['id']}&limit=5")
    assert [one["method"] for one in later["entries"]] == ["getMe"]
    await client.request_control("DELETE", "/sim/journal")
    assert (await client.request_control("GET", "/sim/journal"))[1]["entries"] == []
