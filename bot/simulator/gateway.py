"""The way of a Bot API request: token, faults, checks, limits, method, journal."""

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
from bot.simulator.rate_limits import RateLimits, RateLimitSettings
from bot.simulator.state import SimulatorState
from bot.simulator.validation import load_method_models

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.simulator.api_types import Json
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.faults import Fault
    from bot.simulator.request_body import RequestBody
    from bot.simulator.validation import MethodModel

_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_JSON = b"application/json"
_MODELS: dict[str, MethodModel] = load_method_models([*METHODS, "getUpdates"])
_METHODS = {name.lower(): method for name, method in METHODS.items()}
_HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """What goes back to the bot."""

    status: int
    body: bytes
    content_type: bytes = _JSON


class ConnectionDropped(Exception):
    """The connection is to be closed without an answer."""


class Gateway:
    """Answers the requests of all bots."""

    def __init__(self, tokens: Collection[str] | None = None) -> None:
        """With tokens given, no others are taken."""
        self.world = SimulatorState()
        self.faults = Faults()
        self.limits = RateLimits()
        self.journal = Journal()
        self.stopping = asyncio.Event()
        self._polling = LongPolling(self.stopping)
        self._tokens = frozenset(tokens) if tokens else None
        for token in tokens or ():
            self.world.register(token)

    def stop(self) -> None:
        """End whatever waits."""
        self.stopping.set()
        self.world.events.bell.ring()
        for account in self.world.accounts.values():
            account.updates.bell.ring()

    def reset(self) -> None:
        """Forget all but the registered bots."""
        self.faults.clear()
        self.limits.set(RateLimitSettings())
        self.journal.clear()
        self.world.reset()

    def bot(self, token: str) -> BotAccount:
        """The bot with a token; raises Refused as Telegram does for a wrong one."""
        account = self.world.accounts.get(token)
        if account is not None:
            return account
        if not _TOKEN.fullmatch(token):
            raise ApiError("Not Found", 404)
        if self._tokens is not None:
            raise ApiError("Unauthorized", 401)
        return self.world.register(token)

    async def answer(
        self, bot: BotAccount, method: str, body: RequestBody, caller: ClientConnection
    ) -> ApiResponse:
        """One request's answer; raises Dropped when it is to get none."""
        name = method.lower()
        model = _MODELS.get(name)
        if model is None:
            return self._refusal(method, body.params, ApiError("Not Found", 404))
        chat_id = body.params.get("chat_id")
        fault = self.faults.take(name, chat_id, "before")
        if fault is None:
            answer = await self._work(bot, name, model, body, caller)
            fault = self.faults.take(name, chat_id, "after") if answer.status == 200 else None
            if fault is None:
                return answer
        return await self._faulty(fault, model.name, body.params, caller)

    async def _work(
        self,
        bot: BotAccount,
        name: str,
        model: MethodModel,
        body: RequestBody,
        caller: ClientConnection,
    ) -> ApiResponse:
        try:
            params = model.read(body.params, body.uploads)
            if name == "getupdates":
                found = await self._polling.updates(bot, params, caller)
                content = b'{"ok":true,"result":[' + b",".join(one.body for one in found) + b"]}"
            else:
                self.limits.check(bot.user.id, name, params, self.world.clock.now())
                content = _success(_METHODS[name](self.world, bot, params))
        except ApiError as refused:
            return self._refusal(model.name, body.params, refused)
        self.journal.note(self.world.clock.now(), model.name, params, 200)
        return ApiResponse(200, content)

    def _refusal(self, method: str, params: Json, refused: ApiError) -> ApiResponse:
        answer = build_error_response(refused)
        self.journal.note(
            self.world.clock.now(), method, params, answer.status, refused.description
        )
        return answer

    async def _faulty(
        self, fault: Fault, method: str, params: Json, caller: ClientConnection
    ) -> ApiResponse:
        now = self.world.clock.now()
        if fault.kind in ("hang", "drop"):
            self.journal.note(now, method, params, 0, f"fault: {fault.kind}")
            if fault.kind == "hang":
                await self._hang(caller)
            raise ConnectionDropped
        if fault.kind == "html":
            self.journal.note(now, method, params, fault.status or 200, "fault: html")
            return ApiResponse(fault.status or 200, _HTML, b"text/html")
        status, content = fault.answer()
        self.journal.note(now, method, params, status, content["description"])
        return ApiResponse(status, orjson.dumps(content))

    async def _hang(self, caller: ClientConnection) -> None:
        stopping = asyncio.ensure_future(self.stopping.wait())
        either: list[asyncio.Future[Any]] = [stopping, caller.gone()]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()


def build_error_response(refused: ApiError) -> ApiResponse:
    """A refusal in Telegram's form."""
    content: Json = {
        "ok": False,
        "error_code": refused.code,
        "description": refused.description,
    }
    if refused.parameters:
        content["parameters"] = refused.parameters
    return ApiResponse(refused.code, orjson.dumps(content))


def _success(result: object) -> bytes:
    if isinstance(result, DescribedResult):
        content: Json = {"ok": True, "result": result.result, "description": result.description}
        return orjson.dumps(content)
    return b'{"ok":true,"result":' + orjson.dumps(result) + b"}"


def encode_value(value: Any) -> Any:
    """What JSON has no form for, for orjson: an upload."""
    if isinstance(value, UploadedFile):
        return value.as_json()
    raise TypeError
