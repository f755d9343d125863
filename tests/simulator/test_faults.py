"""Faults, rates, the journal: what the stage does to the bots' requests."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from bot.simulator.rate_limits import SimulatedRates
from bot.simulator.server import Simulator
from tests.simulator.line import TOKEN, Line


async def test_a_fault_meets_its_method_and_chat_as_often_as_it_says(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """Others pass."""
    ben = simulator.state.add_user(first_name="Ben").id
    simulator.people.start_bot(ben)
    await line.stage(
        "/sim/faults",
        {"kind": "429", "method": "sendMessage", "chat_id": ann, "count": 2, "retry_after": 7},
    )
    await line.ok("getMe")
    await line.ok("sendMessage", chat_id=ben, text="x")
    for _ in range(2):
        status, answer = await line.raw("sendMessage", chat_id=ann, text="x")
        assert (status, answer["error_code"]) == (429, 429)
        assert answer["description"] == "Too Many Requests: retry after 7"
        assert answer["parameters"] == {"retry_after": 7}
    await line.ok("sendMessage", chat_id=ann, text="x")


@pytest.mark.parametrize(
    ("fault", "status", "description"),
    [
        ({"kind": "403"}, 403, "Forbidden: bot was blocked by the user"),
        ({"kind": "5xx"}, 502, "Bad Gateway"),
        ({"kind": "5xx", "status": 504}, 504, "Bad Gateway"),
        ({"kind": "error", "status": 418, "description": "teapot"}, 418, "teapot"),
    ],
)
async def test_a_fault_answers_in_telegrams_form(
    line: Line, simulator: Simulator, ann: int, fault: dict[str, Any], status: int, description: str
) -> None:
    """With its status and words; the method had no effect."""
    before = len(simulator.list_messages(ann))
    await line.stage("/sim/faults", fault)
    got, answer = await line.raw("sendMessage", chat_id=ann, text="x")
    assert (got, answer["error_code"], answer["description"]) == (status, status, description)
    assert len(simulator.list_messages(ann)) == before


async def test_a_fault_may_come_after_the_effect(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """The message is there, the bot does not know."""
    await line.stage("/sim/faults", {"kind": "drop", "when": "after"})
    with pytest.raises(aiohttp.ClientError):
        await line.raw("sendMessage", chat_id=ann, text="sent")
    assert simulator.list_messages(ann)[-1]["text"] == "sent"
    await line.ok("getMe")


async def test_a_page_comes_instead_of_an_answer(line: Line, ann: int) -> None:
    """As from a proxy that thinks it helps."""
    await line.stage("/sim/faults", {"kind": "html"})
    async with line.http.get(f"{line.url}/bot{TOKEN}/getMe") as response:
        assert response.status == 200
        assert response.content_type == "text/html"


async def test_a_hanging_request_ends_with_the_simulator(ann: int) -> None:
    """Quickly, without an answer."""
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as http:
        async with Simulator(tokens=[TOKEN]) as simulator:
            simulator.gateway.faults.add_fault("hang", count=None)
            line = Line(simulator.url, http)
            hanging = asyncio.ensure_future(line.raw("getMe"))
            while not (await line.control("GET", "/sim/journal"))[1]["entries"]:
                assert not hanging.done()
            begin = loop.time()
        assert loop.time() - begin < 1
        with pytest.raises(aiohttp.ClientError):
            await hanging


async def test_a_long_poll_and_a_follower_end_with_the_simulator() -> None:
    """Each with an answer, at once."""
    async with aiohttp.ClientSession() as http:
        async with Simulator(tokens=[TOKEN]) as simulator:
            line = Line(simulator.url, http)
            polling = asyncio.ensure_future(line.ok("getUpdates", timeout=50))
            following = asyncio.ensure_future(line.control("GET", "/sim/events?wait=50"))
            await line.ok("getMe")
        assert await polling == []
        assert (await following)[1]["events"] == []


async def test_faults_can_be_seen_and_removed(line: Line, ann: int) -> None:
    """One by one, or all."""
    first = (await line.stage("/sim/faults", {"kind": "403", "count": None}))["fault_id"]
    await line.stage("/sim/faults", {"kind": "5xx", "method": "getme", "count": None})
    _, answer = await line.control("GET", "/sim/faults")
    assert [one["kind"] for one in answer["faults"]] == ["403", "5xx"]
    await line.control("DELETE", f"/sim/faults/{first}")
    assert (await line.raw("getMe"))[0] == 502
    await line.control("DELETE", "/sim/faults")
    await line.ok("getMe")
    assert (await line.control("DELETE", f"/sim/faults/{first}"))[0] == 404
    status, answer = await line.control("POST", "/sim/faults", {"kind": "fire"})
    assert (status, "hang" in answer["error"]) == (400, True)


async def test_a_private_chat_takes_a_message_a_second(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """After a small burst; asking costs nothing."""
    await line.stage("/sim/limits", {"enabled": True})
    for _ in range(3):
        await line.ok("sendMessage", chat_id=ann, text="x")
    status, answer = await line.raw("sendMessage", chat_id=ann, text="x")
    assert status == 429
    assert answer["parameters"] == {"retry_after": 1}
    await line.ok("getMe")
    simulator.state.clock.advance(1)
    await line.ok("sendMessage", chat_id=ann, text="x")


async def test_a_group_takes_twenty_a_minute(line: Line, simulator: Simulator, ann: int) -> None:
    """And names how long to wait."""
    simulator.gateway.rate_limits.configure(SimulatedRates(enabled=True))
    group = simulator.state.add_chat("group", "Office")
    for _ in range(20):
        await line.ok("sendMessage", chat_id=group.id, text="x")
    status, answer = await line.raw("sendMessage", chat_id=group.id, text="x")
    assert status == 429
    assert 55 <= answer["parameters"]["retry_after"] <= 60
    simulator.state.clock.advance(60)
    await line.ok("sendMessage", chat_id=group.id, text="x")


async def test_all_chats_together_take_thirty_a_second(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """However many they are."""
    simulator.gateway.rate_limits.configure(SimulatedRates(enabled=True, global_per_second=5))
    people = [simulator.state.add_user(first_name="P").id for _ in range(6)]
    for one in people:
        simulator.people.start_bot(one)
    statuses = [(await line.raw("sendMessage", chat_id=one, text="x"))[0] for one in people]
    assert statuses == [200] * 5 + [429]


async def test_the_journal_keeps_every_request(line: Line, simulator: Simulator, ann: int) -> None:
    """What was asked, what was answered, by method, chat and place."""
    await line.ok("sendMessage", chat_id=ann, text="x")
    await line.refusal("sendMessage", chat_id=ann, text="")
    await line.ok("getMe")
    _, answer = await line.control("GET", f"/sim/journal?method=sendMessage&chat_id={ann}")
    good, wrong = answer["entries"]
    assert good["params"] == {"chat_id": ann, "text": "x"}
    assert (good["status"], good["ok"], good["description"]) == (200, True, None)
    assert (wrong["status"], wrong["ok"]) == (400, False)
    assert wrong["description"] == "Bad Request: message text is empty"
    _, later = await line.control("GET", f"/sim/journal?after={wrong['id']}&limit=5")
    assert [one["method"] for one in later["entries"]] == ["getMe"]
    await line.control("DELETE", "/sim/journal")
    assert (await line.control("GET", "/sim/journal"))[1]["entries"] == []
