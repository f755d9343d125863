"""Post updates to webhooks: in order within a chat, several chats at the same time.

An update is posted again until the webhook accepts it.
"""

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

# Telegram waits longer before it retries. Tests and demonstrations need short delays.
_FIRST_DELAY = 0.1  # seconds
_MAX_DELAY = 2.0  # seconds
_TIMEOUT = ClientTimeout(total=60)


class WebhookDeliveries:
    """The deliveries for all bots that have a webhook."""

    def __init__(self, gateway: Gateway, session: ClientSession) -> None:
        self._gateway = gateway
        self._session = session
        self._deliveries: dict[int, WebhookDelivery] = {}
        self._stopped_tasks: set[asyncio.Task[None]] = set()
        gateway.state.on_webhook = self.update_delivery

    def update_delivery(self, bot: BotAccount) -> None:
        """Start, stop or redirect the delivery for a bot whose webhook has changed."""
        old = self._deliveries.pop(bot.user.id, None)
        if old is not None:
            self._stopped_tasks.update(old.stop())
        bot.updates.on_added = None
        if bot.webhook is not None:
            delivery = WebhookDelivery(self._gateway, self._session, bot, bot.webhook)
            self._deliveries[bot.user.id] = delivery
            bot.updates.on_added = delivery.queue_update
            for update in bot.updates.list_updates():
                delivery.queue_update(update)

    async def close(self) -> None:
        """Stop all deliveries. Updates that were not accepted stay in the queue."""
        self._gateway.state.on_webhook = lambda _bot: None
        for delivery in self._deliveries.values():
            self._stopped_tasks.update(delivery.stop())
        await asyncio.gather(*self._stopped_tasks, return_exceptions=True)


class WebhookDelivery:
    """Delivers the updates of one bot, with one task for each chat that has updates."""

    def __init__(
        self, gateway: Gateway, session: ClientSession, bot: BotAccount, webhook: Webhook
    ) -> None:
        self._gateway = gateway
        self._session = session
        self._bot = bot
        self._webhook = webhook
        self._queues: dict[object, deque[QueuedUpdate]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = asyncio.Semaphore(webhook.max_connections)

    def queue_update(self, update: QueuedUpdate) -> None:
        """Deliver an update after the earlier ones of its chat."""
        queue = self._queues.get(update.order_key)
        if queue is not None:
            queue.append(update)
            return
        self._queues[update.order_key] = deque((update,))
        task = asyncio.get_running_loop().create_task(self._deliver_chat(update.order_key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> set[asyncio.Task[None]]:
        """Cancel the delivery; return its tasks, which the caller must await."""
        for task in self._tasks:
            task.cancel()
        return set(self._tasks)

    async def _deliver_chat(self, key: object) -> None:
        queue = self._queues[key]
        while queue:
            await self._deliver_update(queue[0])
            queue.popleft()
        del self._queues[key]

    async def _deliver_update(self, update: QueuedUpdate) -> None:
        delay = _FIRST_DELAY
        while self._bot.updates.contains(update):
            async with self._connections:
                retry_after = await self._post_update(update)
            if retry_after is None:
                self._bot.updates.confirm_update(update.id)
                return
            await asyncio.sleep(max(delay, retry_after))
            delay = min(delay * 2, _MAX_DELAY)

    async def _post_update(self, update: QueuedUpdate) -> float | None:
        """Post an update. Return None if it was accepted, else the requested delay in seconds."""
        headers = {"Content-Type": "application/json"}
        if self._webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._webhook.secret_token
        try:
            async with self._session.post(
                self._webhook.url, data=update.body, headers=headers, timeout=_TIMEOUT, ssl=False
            ) as response:
                content = await response.read()
                if not 200 <= response.status < 300:
                    self._record_error(
                        f"Wrong response from the webhook: {response.status} {response.reason}"
                    )
                    return _parse_delay(response.headers.get("Retry-After"))
                content_type = response.headers.get("Content-Type", "")
        except TimeoutError:
            self._record_error("Read timeout expired")
            return 0.0
        except ClientError as error:
            self._record_error(f"Connection failed: {error}")
            return 0.0
        await self._execute_response(content, content_type)
        return None

    def _record_error(self, message: str) -> None:
        self._bot.webhook_error = WebhookError(self._gateway.state.now(), message)

    async def _execute_response(self, content: bytes, content_type: str) -> None:
        """Execute the method in a response, if there is one. As in Telegram, its result is lost."""
        with contextlib.suppress(ApiError):
            body = request_body.parse_body(content, content_type.lower().encode())
            params = dict(body.params)
            method = params.pop("method", None)
            if isinstance(method, str):
                await self._execute_method(method, params)

    async def _execute_method(self, method: str, params: Mapping[str, object]) -> None:
        with contextlib.suppress(ConnectionDropped):
            body = request_body.RequestBody(dict(params))
            await self._gateway.handle_request(self._bot, method, body, ClientConnection(None))


def _parse_delay(retry_after: str | None) -> float:
    """Return the seconds of the header Retry-After, 0.0 without a number."""
    try:
        return max(0.0, float(retry_after or 0))
    except ValueError:  # a date, which is ignored
        return 0.0
