"""Tests of webhooks: order, repetition, methods in responses, settings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.simulator.server import Simulator
from tests.simulator.api_client import ApiClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.simulator.api_types import SentUpdates


@dataclass
class WebhookServer:
    """A bot's webhook. It records requests and returns the responses that a test has set."""

    url: str = ""
    updates: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    responses: list[web.Response] = field(default_factory=list)
    held_chats: dict[int, asyncio.Event] = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_request(self, request: web.Request) -> web.Response:
        """Record an update; wait if its chat is held; return the next response, by default 200."""
        update = await request.json()
        self.updates.append(update)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.arrived.set()
        chat = update.get("message", {}).get("chat", {}).get("id")
        if chat in self.held_chats:
            await self.held_chats[chat].wait()
        return self.responses.pop(0) if self.responses else web.Response()

    def list_texts(self) -> list[str]:
        """Return the texts of the received messages, oldest first."""
        return [one["message"]["text"] for one in self.updates]


@pytest.fixture
async def webhook() -> AsyncIterator[WebhookServer]:
    """A running webhook, which is not yet set."""
    made = WebhookServer()
    app = web.Application()
    app.router.add_post("/hook", made.handle_request)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/hook"))
        yield made


async def wait_until_delivered(simulator: Simulator) -> None:
    """Wait at most 10 seconds until all updates are delivered."""
    await asyncio.wait_for(simulator.wait_until_delivered(), 10)


async def test_an_update_is_posted_with_the_secret(
    client: ApiClient, simulator: Simulator, webhook: WebhookServer, ann: int
) -> None:
    """Also an update that was queued before the webhook was set."""
    simulator.people.send_text(ann, "before")
    await client.call("setWebhook", url=webhook.url, secret_token="s3-cret_")
    simulator.people.send_text(ann, "after")
    await wait_until_delivered(simulator)
    assert webhook.list_texts() == ["before", "after"]
    assert webhook.secrets == ["s3-cret_", "s3-cret_"]


async def test_a_refused_update_is_posted_again_before_the_next(
    client: ApiClient, simulator: Simulator, webhook: WebhookServer, ann: int
) -> None:
    """The order within a chat is kept. getWebhookInfo has the last error."""
    webhook.responses = [web.Response(status=500), web.Response(status=302)]
    await client.call("setWebhook", url=webhook.url)
    for word in ("a", "b"):
        simulator.people.send_text(ann, word)
    await wait_until_delivered(simulator)
    assert webhook.list_texts() == ["a", "a", "a", "b"]
    info = await client.call("getWebhookInfo")
    assert info["last_error_message"].startswith("Wrong response from the webhook: 302")
    assert info["pending_update_count"] == 0
    assert info["last_error_date"] > 0


async def test_one_chat_does_not_wait_for_another(
    client: ApiClient, simulator: Simulator, webhook: WebhookServer, ann: int
) -> None:
    """Ben's update is posted while Ann's is being handled. Ann's next update waits."""
    ben = simulator.state.add_user(first_name="Ben").id
    webhook.held_chats[ann] = asyncio.Event()
    await client.call("setWebhook", url=webhook.url)
    simulator.people.send_text(ann, "a1")
    await webhook.arrived.wait()
    webhook.arrived.clear()
    simulator.people.send_text(ann, "a2")
    simulator.people.send_text(ben, "b1")
    await webhook.arrived.wait()
    assert webhook.list_texts() == ["a1", "b1"]
    assert (await client.call("getWebhookInfo"))["pending_update_count"] >= 2
    webhook.held_chats[ann].set()
    await wait_until_delivered(simulator)
    assert webhook.list_texts() == ["a1", "b1", "a2"]


async def test_max_connections_limits_parallel_requests(
    client: ApiClient, simulator: Simulator, webhook: WebhookServer, ann: int
) -> None:
    """With one connection, the chats are served one after another."""
    ben = simulator.state.add_user(first_name="Ben").id
    webhook.held_chats[ann] = asyncio.Event()
    await client.call("setWebhook", url=webhook.url, max_connections=1)
    simulator.people.send_text(ann, "a")
    await webhook.arrived.wait()
    simulator.people.send_text(ben, "b")
    await client.call("getMe")
    assert webhook.list_texts() == ["a"]
    webhook.held_chats[ann].set()
    await wait_until_delivered(simulator)
    assert webhook.list_texts() == ["a", "b"]


async def test_a_method_in_the_response_is_executed(
    client: ApiClient, simulator: Simulator, webhook: WebhookServer, ann: int
) -> None:
    """It is validated like a request of the bot."""
    reply = {"method": "sendMessage", "chat_id": ann, "text": "<b>hi</b>", "parse_mode": "HTML"}
    webhook.responses = [
        web.json_response(reply),
        web.json_response({**reply, "wrong": 1}),
        web.Response(text="not JSON", content_type="application/json"),
    ]
    await client.call("setWebhook", url=webhook.url)
    for word in ("a", "b", "c"):
        simulator.people.send_text(ann, word)
    await wait_until_delivered(simulator)
    said = [one["text"] for one in simulator.list_messages(ann) if one["from"]["is_bot"]]
    assert said == ["hi"]
    calls = simulator.gateway.journal.list_requests(method="sendMessage")
    assert [one.status for one in calls] == [200, 400]


async def test_pending_updates_can_be_dropped(
    client: ApiClient, simulator: Simulator, webhook: WebhookServer, ann: int
) -> None:
    """By a parameter of setWebhook."""
    simulator.people.send_text(ann, "old")
    await client.call("setWebhook", url=webhook.url, drop_pending_updates=True)
    simulator.people.send_text(ann, "new")
    await wait_until_delivered(simulator)
    assert webhook.list_texts() == ["new"]


async def test_updates_are_delivered_after_the_webhook_was_unreachable(
    client: ApiClient, simulator: Simulator, webhook: WebhookServer, ann: int
) -> None:
    """Nothing listens at the first URL."""
    await client.call("setWebhook", url="http://127.0.0.1:9/hook")
    act: SentUpdates = simulator.people.send_text(ann, "x")
    while "last_error_message" not in (info := await client.call("getWebhookInfo")):
        pass
    assert info["last_error_message"].startswith("Connection failed")
    await client.call("setWebhook", url=webhook.url)
    await wait_until_delivered(simulator)
    assert [one["update_id"] for one in webhook.updates] == [act.update_id]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"url": "ftp://127.0.0.1/"}, "An HTTPS URL must be provided for webhook"),
        ({"url": "https://example.org/"}, "the simulator posts to loopback addresses only"),
        ({"secret_token": "no spaces"}, "secret token contains unallowed characters"),
    ],
)
async def test_an_invalid_webhook_is_refused(
    client: ApiClient, ann: int, params: dict[str, str], words: str
) -> None:
    """The URL or the secret is invalid."""
    given = {"url": "http://127.0.0.1:9/", **params}
    assert (await client.call_refused("setWebhook", **given)).endswith(words)


async def test_a_retry_waits_for_the_seconds_of_retry_after(
    client: ApiClient, simulator: Simulator, webhook: WebhookServer, ann: int
) -> None:
    """The response of the webhook has the header Retry-After."""
    webhook.responses = [web.Response(status=503, headers={"Retry-After": "0.4"})]
    await client.call("setWebhook", url=webhook.url)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    simulator.people.send_text(ann, "x")
    await wait_until_delivered(simulator)
    assert loop.time() - begin >= 0.4
