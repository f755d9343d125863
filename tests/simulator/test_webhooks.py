"""Webhooks: in order, until taken, with the bot's answer in the response."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.simulator.server import Simulator
from tests.simulator.line import Line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.simulator.api_types import SentUpdates


@dataclass
class Hook:
    """A bot's end of the webhook, which answers as the test wishes."""

    url: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)
    held: dict[int, asyncio.Event] = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.seen.append(update)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.arrived.set()
        chat = update.get("message", {}).get("chat", {}).get("id")
        if chat in self.held:
            await self.held[chat].wait()
        return self.answers.pop(0) if self.answers else web.Response()

    def texts(self) -> list[str]:
        return [one["message"]["text"] for one in self.seen]


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    app = web.Application()
    app.router.add_post("/hook", made.take)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/hook"))
        yield made


async def done(simulator: Simulator) -> None:
    await asyncio.wait_for(simulator.wait_until_delivered(), 10)


async def test_an_update_is_posted_with_the_secret(
    line: Line, simulator: Simulator, hook: Hook, ann: int
) -> None:
    """What waited before the webhook was set comes as well."""
    simulator.people.send_text(ann, "before")
    await line.ok("setWebhook", url=hook.url, secret_token="s3-cret_")
    simulator.people.send_text(ann, "after")
    await done(simulator)
    assert hook.texts() == ["before", "after"]
    assert hook.secrets == ["s3-cret_", "s3-cret_"]


async def test_an_update_that_was_not_taken_comes_again_before_the_next(
    line: Line, simulator: Simulator, hook: Hook, ann: int
) -> None:
    """The order within a chat holds through failures, which getWebhookInfo tells of."""
    hook.answers = [web.Response(status=500), web.Response(status=302)]
    await line.ok("setWebhook", url=hook.url)
    for word in ("a", "b"):
        simulator.people.send_text(ann, word)
    await done(simulator)
    assert hook.texts() == ["a", "a", "a", "b"]
    info = await line.ok("getWebhookInfo")
    assert info["last_error_message"].startswith("Wrong response from the webhook: 302")
    assert info["pending_update_count"] == 0
    assert info["last_error_date"] > 0


async def test_one_chat_does_not_wait_for_another(
    line: Line, simulator: Simulator, hook: Hook, ann: int
) -> None:
    """Ben is served while Ann's update is being handled, and Ann's next one waits."""
    ben = simulator.state.add_user(first_name="Ben").id
    hook.held[ann] = asyncio.Event()
    await line.ok("setWebhook", url=hook.url)
    simulator.people.send_text(ann, "a1")
    await hook.arrived.wait()
    hook.arrived.clear()
    simulator.people.send_text(ann, "a2")
    simulator.people.send_text(ben, "b1")
    await hook.arrived.wait()
    assert hook.texts() == ["a1", "b1"]
    assert (await line.ok("getWebhookInfo"))["pending_update_count"] >= 2
    hook.held[ann].set()
    await done(simulator)
    assert hook.texts() == ["a1", "b1", "a2"]


async def test_no_more_are_under_way_than_the_bot_wants(
    line: Line, simulator: Simulator, hook: Hook, ann: int
) -> None:
    """With one connection chats go one after another."""
    ben = simulator.state.add_user(first_name="Ben").id
    hook.held[ann] = asyncio.Event()
    await line.ok("setWebhook", url=hook.url, max_connections=1)
    simulator.people.send_text(ann, "a")
    await hook.arrived.wait()
    simulator.people.send_text(ben, "b")
    await line.ok("getMe")
    assert hook.texts() == ["a"]
    hook.held[ann].set()
    await done(simulator)
    assert hook.texts() == ["a", "b"]


async def test_a_method_in_the_response_is_executed(
    line: Line, simulator: Simulator, hook: Hook, ann: int
) -> None:
    """As if the bot had called it, and as strictly checked."""
    reply = {"method": "sendMessage", "chat_id": ann, "text": "<b>hi</b>", "parse_mode": "HTML"}
    hook.answers = [
        web.json_response(reply),
        web.json_response({**reply, "wrong": 1}),
        web.Response(text="not JSON", content_type="application/json"),
    ]
    await line.ok("setWebhook", url=hook.url)
    for word in ("a", "b", "c"):
        simulator.people.send_text(ann, word)
    await done(simulator)
    said = [one["text"] for one in simulator.list_messages(ann) if one["from"]["is_bot"]]
    assert said == ["hi"]
    calls = simulator.gateway.journal.list_requests(method="sendMessage")
    assert [one.status for one in calls] == [200, 400]


async def test_pending_updates_can_be_dropped(
    line: Line, simulator: Simulator, hook: Hook, ann: int
) -> None:
    """Before they are posted anywhere."""
    simulator.people.send_text(ann, "old")
    await line.ok("setWebhook", url=hook.url, drop_pending_updates=True)
    simulator.people.send_text(ann, "new")
    await done(simulator)
    assert hook.texts() == ["new"]


async def test_a_bot_that_is_away_gets_them_when_it_is_back(
    line: Line, simulator: Simulator, hook: Hook, ann: int
) -> None:
    """Nothing listens at the first address."""
    await line.ok("setWebhook", url="http://127.0.0.1:9/hook")
    act: SentUpdates = simulator.people.send_text(ann, "x")
    while "last_error_message" not in (info := await line.ok("getWebhookInfo")):
        pass
    assert info["last_error_message"].startswith("Connection failed")
    await line.ok("setWebhook", url=hook.url)
    await done(simulator)
    assert [one["update_id"] for one in hook.seen] == [act.update_id]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"url": "ftp://127.0.0.1/"}, "An HTTPS URL must be provided for webhook"),
        ({"url": "https://example.org/"}, "the simulator posts to loopback addresses only"),
        ({"secret_token": "no spaces"}, "secret token contains unallowed characters"),
    ],
)
async def test_a_webhook_has_to_be_possible(
    line: Line, ann: int, params: dict[str, str], words: str
) -> None:
    """Addresses, secrets."""
    given = {"url": "http://127.0.0.1:9/", **params}
    assert (await line.refusal("setWebhook", **given)).endswith(words)


async def test_a_retry_waits_as_long_as_it_is_asked_to(
    line: Line, simulator: Simulator, hook: Hook, ann: int
) -> None:
    """Retry-After is honoured, in seconds."""
    hook.answers = [web.Response(status=503, headers={"Retry-After": "0.4"})]
    await line.ok("setWebhook", url=hook.url)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    simulator.people.send_text(ann, "x")
    await done(simulator)
    assert loop.time() - begin >= 0.4
