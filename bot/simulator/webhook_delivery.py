"""Posting updates to webhooks: in order within a chat, chats at the same time, until taken."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.simulator import request_body
from bot.simulator.api_types import ApiError
from bot.simulator.bot_accounts import WebhookError
from bot.simulator.client_connection import ClientConnection
from bot.simulator.gateway import ConnectionDropped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.simulator.bot_accounts import BotAccount, Webhook
    from bot.simulator.gateway import Gateway
    from bot.simulator.update_queue import QueuedUpdate

# Telegram waits longer between its tries; a demonstration or a test has no time for that.
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
_PATIENCE = ClientTimeout(total=60)


class WebhookDeliveries:
    """Delivers the updates of every bot that has a webhook."""

    def __init__(self, gateway: Gateway, session: ClientSession) -> None:
        self._gateway = gateway
        self._session = session
        self._deliveries: dict[int, WebhookDelivery] = {}
        self._ended: set[asyncio.Task[None]] = set()
        gateway.world.on_webhook = self.changed

    def changed(self, bot: BotAccount) -> None:
        """Begin, end or redirect a bot's delivery after its webhook changed."""
        old = self._deliveries.pop(bot.user.id, None)
        if old is not None:
            self._ended.update(old.stop())
        bot.updates.on_added = None
        if bot.webhook is not None:
            delivery = WebhookDelivery(self._gateway, self._session, bot, bot.webhook)
            self._deliveries[bot.user.id] = delivery
            bot.updates.on_added = delivery.offer
            for update in bot.updates.all():
                delivery.offer(update)

    async def close(self) -> None:
        """End all deliveries; what was not taken stays in the queue."""
        self._gateway.world.on_webhook = lambda _bot: None
        for delivery in self._deliveries.values():
            self._ended.update(delivery.stop())
        await asyncio.gather(*self._ended, return_exceptions=True)


class WebhookDelivery:
    """One bot's webhook: a lane for each chat that has something to tell."""

    def __init__(
        self, gateway: Gateway, session: ClientSession, bot: BotAccount, webhook: Webhook
    ) -> None:
        self._gateway = gateway
        self._session = session
        self._bot = bot
        self._webhook = webhook
        self._lanes: dict[object, deque[QueuedUpdate]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(webhook.max_connections)

    def offer(self, update: QueuedUpdate) -> None:
        """Deliver it when its turn comes."""
        lane = self._lanes.get(update.lane)
        if lane is not None:
            lane.append(update)
            return
        self._lanes[update.lane] = deque((update,))
        task = asyncio.get_running_loop().create_task(self._run(update.lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> set[asyncio.Task[None]]:
        """Deliver nothing more; the tasks that end."""
        for task in self._tasks:
            task.cancel()
        return set(self._tasks)

    async def _run(self, key: object) -> None:
        lane = self._lanes[key]
        while lane:
            await self._deliver(lane[0])
            lane.popleft()
        del self._lanes[key]

    async def _deliver(self, update: QueuedUpdate) -> None:
        pause = _FIRST_PAUSE
        while self._bot.updates.has(update):
            async with self._places:
                asked = await self._post(update)
            if asked is None:
                self._bot.updates.confirm(update.id)
                return
            await asyncio.sleep(max(pause, asked))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _post(self, update: QueuedUpdate) -> float | None:
        """None when it was taken, else how many seconds the bot asks to wait."""
        headers = {"Content-Type": "application/json"}
        if self._webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._webhook.secret_token
        try:
            async with self._session.post(
                self._webhook.url, data=update.body, headers=headers, timeout=_PATIENCE, ssl=False
            ) as response:
                content = await response.read()
                if not 200 <= response.status < 300:
                    self._trouble(
                        f"Wrong response from the webhook: {response.status} {response.reason}"
                    )
                    return _seconds(response.headers.get("Retry-After"))
                kind = response.headers.get("Content-Type", "")
        except TimeoutError:
            self._trouble("Read timeout expired")
            return 0.0
        except ClientError as error:
            self._trouble(f"Connection failed: {error}")
            return 0.0
        await self._execute(content, kind)
        return None

    def _trouble(self, message: str) -> None:
        self._bot.trouble = WebhookError(self._gateway.world.now(), message)

    async def _execute(self, content: bytes, kind: str) -> None:
        """Do what the response asks for; as in Telegram, nobody hears how it went."""
        with contextlib.suppress(ApiError):
            body = request_body.parse_body(content, kind.lower().encode())
            params = dict(body.params)
            method = params.pop("method", None)
            if isinstance(method, str):
                await self._do(method, params)

    async def _do(self, method: str, params: Mapping[str, object]) -> None:
        with contextlib.suppress(ConnectionDropped):
            body = request_body.RequestBody(dict(params))
            await self._gateway.answer(self._bot, method, body, ClientConnection(None))


def _seconds(retry_after: str | None) -> float:
    try:
        return max(0.0, float(retry_after or 0))
    except ValueError:  # a date: not worth waiting for
        return 0.0
