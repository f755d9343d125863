"""Handle a Bot API request: token, faults, validation, rate limits, method, journal."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from bot.simulator.api_types import ApiError, DescribedResult, UploadedFile
from bot.simulator.client_connection import ClientConnection
from bot.simulator.faults import Faults
from bot.simulator.journal import Journal
from bot.simulator.long_polling import LongPolling
from bot.simulator.methods import METHODS
from bot.simulator.rate_limits import RateLimits, SimulatedRates
from bot.simulator.state import SimulatorState
from bot.simulator.validation import load_method_models

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.simulator.api_types import Json
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.faults import Fault
    from bot.simulator.request_body import RequestBody
    from bot.simulator.validation import MethodModel

_TOKEN_PATTERN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_JSON = b"application/json"
_MODELS: dict[str, MethodModel] = load_method_models([*METHODS, "getUpdates"])
_METHODS = {name.lower(): method for name, method in METHODS.items()}
_ERROR_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """An HTTP response to a bot."""

    status: int
    body: bytes
    content_type: bytes = _JSON


class ConnectionDropped(Exception):
    """The connection must be closed without a response."""


class Gateway:
    """Handles the requests of all bots."""

    def __init__(self, tokens: Collection[str] | None = None) -> None:
        """Take the accepted tokens. Without them every well-formed token is accepted."""
        self.state = SimulatorState()
        self.faults = Faults()
        self.rate_limits = RateLimits()
        self.journal = Journal()
        self.stopping = asyncio.Event()
        self._polling = LongPolling(self.stopping)
        self._tokens = frozenset(tokens) if tokens else None
        for token in tokens or ():
            self.state.register_bot(token)

    def stop(self) -> None:
        """Wake all waiting requests, so that they end."""
        self.stopping.set()
        self.state.events.notifier.notify_all()
        for account in self.state.accounts.values():
            account.updates.notifier.notify_all()

    def reset(self) -> None:
        """Delete everything except the registered bots."""
        self.faults.clear()
        self.rate_limits.configure(SimulatedRates())
        self.journal.clear()
        self.state.reset()

    def authenticate_bot(self, token: str) -> BotAccount:
        """Return the bot with a token. Raises ApiError for a wrong token, as Telegram does."""
        account = self.state.accounts.get(token)
        if account is not None:
            return account
        if not _TOKEN_PATTERN.fullmatch(token):
            raise ApiError("Not Found", 404)
        if self._tokens is not None:
            raise ApiError("Unauthorized", 401)
        return self.state.register_bot(token)

    async def handle_request(
        self, bot: BotAccount, method: str, body: RequestBody, client: ClientConnection
    ) -> ApiResponse:
        """Return the response to a request. Raises ConnectionDropped if it must get none."""
        name = method.lower()
        model = _MODELS.get(name)
        if model is None:
            return self._reject_request(method, body.params, ApiError("Not Found", 404))
        chat_id = body.params.get("chat_id")
        fault = self.faults.match_request(name, chat_id, "before")
        if fault is None:
            response = await self._execute_method(bot, name, model, body, client)
            fault = (
                self.faults.match_request(name, chat_id, "after")
                if response.status == 200
                else None
            )
            if fault is None:
                return response
        return await self._apply_fault(fault, model.name, body.params, client)

    async def _execute_method(
        self,
        bot: BotAccount,
        name: str,
        model: MethodModel,
        body: RequestBody,
        client: ClientConnection,
    ) -> ApiResponse:
        """Validate and execute a request, and add it to the journal."""
        try:
            params = model.read_parameters(body.params, body.uploads)
            if name == "getupdates":
                updates = await self._polling.get_updates(bot, params, client)
                content = (
                    b'{"ok":true,"result":[' + b",".join(update.body for update in updates) + b"]}"
                )
            else:
                self.rate_limits.check_request(bot.user.id, name, params, self.state.clock.now())
                content = _encode_success(_METHODS[name](self.state, bot, params))
        except ApiError as error:
            return self._reject_request(model.name, body.params, error)
        self.journal.add_request(self.state.clock.now(), model.name, params, 200)
        return ApiResponse(200, content)

    def _reject_request(self, method: str, params: Json, error: ApiError) -> ApiResponse:
        """Add a rejected request to the journal; return its response."""
        response = build_error_response(error)
        self.journal.add_request(
            self.state.clock.now(), method, params, response.status, error.description
        )
        return response

    async def _apply_fault(
        self, fault: Fault, method: str, params: Json, client: ClientConnection
    ) -> ApiResponse:
        """Add a fault to the journal; return its response. Raises ConnectionDropped."""
        now = self.state.clock.now()
        if fault.kind in ("hang", "drop"):
            self.journal.add_request(now, method, params, 0, f"fault: {fault.kind}")
            if fault.kind == "hang":
                await self._wait_until_disconnect(client)
            raise ConnectionDropped
        if fault.kind == "html":
            self.journal.add_request(now, method, params, fault.status or 200, "fault: html")
            return ApiResponse(fault.status or 200, _ERROR_PAGE, b"text/html")
        status, content = fault.build_response()
        self.journal.add_request(now, method, params, status, content["description"])
        return ApiResponse(status, orjson.dumps(content))

    async def _wait_until_disconnect(self, client: ClientConnection) -> None:
        stopping = asyncio.ensure_future(self.stopping.wait())
        either: list[asyncio.Future[Any]] = [stopping, client.watch_disconnect()]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()


def build_error_response(error: ApiError) -> ApiResponse:
    """Return the response for an error."""
    content: Json = {
        "ok": False,
        "error_code": error.code,
        "description": error.description,
    }
    if error.parameters:
        content["parameters"] = error.parameters
    return ApiResponse(error.code, orjson.dumps(content))


def _encode_success(result: object) -> bytes:
    if isinstance(result, DescribedResult):
        content: Json = {"ok": True, "result": result.result, "description": result.description}
        return orjson.dumps(content)
    return b'{"ok":true,"result":' + orjson.dumps(result) + b"}"


def encode_value(value: Any) -> Any:
    """Return the JSON of an uploaded file; for `orjson.dumps(default=...)`."""
    if isinstance(value, UploadedFile):
        return value.as_json()
    raise TypeError
