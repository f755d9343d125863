"""The simulator as a server: the Bot API, files, the control interface, the chat page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from starlette.routing import Route

from bot.simulator import request_body
from bot.simulator.api_types import ApiError
from bot.simulator.client_connection import ClientConnection
from bot.simulator.control import build_control_app
from bot.simulator.gateway import ApiResponse, ConnectionDropped, Gateway, build_error_response
from bot.simulator.http_listener import HANG_UP, HttpListener
from bot.simulator.person_actions import PersonActions
from bot.simulator.webhook_delivery import WebhookDeliveries

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import Receive, Scope, Send

    from bot.simulator.api_types import Json
    from bot.simulator.state import SimulatorState


class Simulator:
    """A Telegram of one's own, on loopback, while the `async with` lasts."""

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, tokens: Collection[str] | None = None
    ) -> None:
        """`port` 0 is any free one; without tokens every well-formed one registers a bot."""
        self._gateway = Gateway(tokens)
        self.people = PersonActions(self._gateway.world)
        self._control = build_control_app(self._gateway, self.people)
        self._listener = HttpListener(self, host, port)
        self._host = f"[{host}]" if ":" in host else host
        self._session: ClientSession | None = None
        self._webhooks: WebhookDeliveries | None = None
        self.url = ""

    @property
    def world(self) -> SimulatorState:
        """All there is in it."""
        return self._gateway.world

    @property
    def gateway(self) -> Gateway:
        """The way of the bots' requests, with its faults, limits and journal."""
        return self._gateway

    def control_routes(self) -> list[Route]:
        """The calls of the control interface."""
        return [route for route in self._control.routes if isinstance(route, Route)]

    async def __aenter__(self) -> Self:
        connector = TCPConnector(limit=0)
        self._session = ClientSession(connector=connector, cookie_jar=DummyCookieJar())
        try:
            port = await self._listener.start()
        except OSError:
            await self._session.close()
            raise
        self._webhooks = WebhookDeliveries(self._gateway, self._session)
        self.url = f"http://{self._host}:{port}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._gateway.stop()
        if self._webhooks is not None:
            await self._webhooks.close()
        await self._listener.stop()
        if self._session is not None:
            await self._session.close()

    def messages(self, chat_id: int) -> list[Json]:
        """A chat's messages as they stand, oldest first."""
        return list(self.world.chat(chat_id).messages.values())

    async def delivered(self) -> None:
        """Return when every update so far was confirmed by polling or taken by a webhook."""
        waits = [
            account.updates.confirmed(account.updates.last_id) for account in self.world.everybody()
        ]
        await asyncio.gather(*waits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        path: str = scope["path"]
        if path.startswith("/bot"):
            await self._serve_method(path, scope, receive, send)
        elif path.startswith("/file/bot"):
            await _send(send, self._file(path))
        else:
            await self._control(scope, receive, send)

    async def _serve_method(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        caller = ClientConnection(receive)
        try:
            await _send(send, await self._answer(path, scope, receive, caller))
        except ConnectionDropped:
            scope[HANG_UP]()
            await caller.gone()
        finally:
            caller.close()

    async def _answer(
        self, path: str, scope: Scope, receive: Receive, caller: ClientConnection
    ) -> ApiResponse:
        try:
            token, _, method = path[4:].partition("/")
            bot = self._gateway.bot(token)
            body = await request_body.read_body(scope, receive)
        except ApiError as refused:
            return build_error_response(refused)
        return await self._gateway.answer(bot, method, body, caller)

    def _file(self, path: str) -> ApiResponse:
        token, _, place = path.removeprefix("/file/bot").partition("/")
        try:
            self._gateway.bot(token)
        except ApiError as refused:
            return build_error_response(refused)
        stored = self.world.files.at(place)
        if stored is None:
            return build_error_response(ApiError("Not Found", 404))
        return ApiResponse(200, stored.content, b"application/octet-stream")


async def _send(send: Send, answer: ApiResponse) -> None:
    headers = [
        (b"content-type", answer.content_type),
        (b"content-length", b"%d" % len(answer.body)),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
