"""The simulator as an HTTP server: Bot API, files, control interface, chat page."""

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
from bot.simulator.host_check import is_local_request
from bot.simulator.http_listener import ABORT_CONNECTION, HttpListener
from bot.simulator.person_actions import PersonActions
from bot.simulator.webhook_delivery import WebhookDeliveries

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import Receive, Scope, Send

    from bot.simulator.api_types import Json
    from bot.simulator.state import SimulatorState


class Simulator:
    """A simulated Telegram on a loopback address. Use it with `async with`."""

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, tokens: Collection[str] | None = None
    ) -> None:
        """Take the address and the accepted tokens. Port 0 is any free port.

        Without tokens every well-formed token is accepted.
        """
        self._gateway = Gateway(tokens)
        self.people = PersonActions(self._gateway.state)
        self._control = build_control_app(self._gateway, self.people)
        self._listener = HttpListener(self, host, port)
        self._host = f"[{host}]" if ":" in host else host
        self._session: ClientSession | None = None
        self._webhooks: WebhookDeliveries | None = None
        self.url = ""

    @property
    def state(self) -> SimulatorState:
        """The state of the simulated Telegram."""
        return self._gateway.state

    @property
    def gateway(self) -> Gateway:
        """The handler of Bot API requests, with faults, rate limits and journal."""
        return self._gateway

    def list_control_routes(self) -> list[Route]:
        """Return the routes of the control interface."""
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

    def list_messages(self, chat_id: int) -> list[Json]:
        """Return the current messages of a chat, oldest first."""
        return list(self.state.get_chat(chat_id).messages.values())

    async def wait_until_delivered(self) -> None:
        """Wait until all updates so far are confirmed by polling or accepted by a webhook."""
        waits = [
            account.updates.wait_until_confirmed(account.updates.last_id)
            for account in self.state.list_accounts()
        ]
        await asyncio.gather(*waits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request as an ASGI application."""
        path: str = scope["path"]
        if not is_local_request(scope["headers"]):
            await _send_response(send, build_error_response(ApiError("Forbidden", 403)))
        elif path.startswith("/bot"):
            await self._serve_method(path, scope, receive, send)
        elif path.startswith("/file/bot"):
            await _send_response(send, self._read_file(path))
        else:
            await self._control(scope, receive, send)

    async def _serve_method(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        client = ClientConnection(receive)
        try:
            await _send_response(send, await self._handle_method(path, scope, receive, client))
        except ConnectionDropped:
            scope[ABORT_CONNECTION]()
            await client.watch_disconnect()
        finally:
            client.stop_watching()

    async def _handle_method(
        self, path: str, scope: Scope, receive: Receive, client: ClientConnection
    ) -> ApiResponse:
        try:
            token, _, method = path[4:].partition("/")
            bot = self._gateway.authenticate_bot(token)
            body = await request_body.read_body(scope, receive)
        except ApiError as error:
            return build_error_response(error)
        return await self._gateway.handle_request(bot, method, body, client)

    def _read_file(self, path: str) -> ApiResponse:
        token, _, file_path = path.removeprefix("/file/bot").partition("/")
        try:
            self._gateway.authenticate_bot(token)
        except ApiError as error:
            return build_error_response(error)
        stored = self.state.files.get_by_path(file_path)
        if stored is None:
            return build_error_response(ApiError("Not Found", 404))
        return ApiResponse(200, stored.content, b"application/octet-stream")


async def _send_response(send: Send, response: ApiResponse) -> None:
    headers = [
        (b"content-type", response.content_type),
        (b"content-length", b"%d" % len(response.body)),
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
