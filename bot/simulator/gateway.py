"""The way of a Bot API request: token, faults, checks, limits, method, journal."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from bot.simulator.callers import Caller
from bot.simulator.faults import Faults
from bot.simulator.journal import Journal
from bot.simulator.limits import Limits, Rates
from bot.simulator.methods import METHODS
from bot.simulator.polling import Polling
from bot.simulator.validation import models
from bot.simulator.values import Refused, Told, Upload
from bot.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.simulator.accounts import Account
    from bot.simulator.bodies import Body
    from bot.simulator.faults import Fault
    from bot.simulator.validation import MethodModel
    from bot.simulator.values import Json

_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_JSON = b"application/json"
_MODELS: dict[str, MethodModel] = models([*METHODS, "getUpdates"])
_METHODS = {name.lower(): method for name, method in METHODS.items()}
_HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the bot."""

    status: int
    body: bytes
    content_type: bytes = _JSON


class Dropped(Exception):
    """The connection is to be closed without an answer."""


class Gateway:
    """Answers the requests of all bots."""

    def __init__(self, tokens: Collection[str] | None = None) -> None:
        """With tokens given, no others are taken."""
        self.world = World()
        self.faults = Faults()
        self.limits = Limits()
        self.journal = Journal()
        self.stopping = asyncio.Event()
        self._polling = Polling(self.stopping)
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
        self.limits.set(Rates())
        self.journal.clear()
        self.world.reset()

    def bot(self, token: str) -> Account:
        """The bot with a token; raises Refused as Telegram does for a wrong one."""
        account = self.world.accounts.get(token)
        if account is not None:
            return account
        if not _TOKEN.fullmatch(token):
            raise Refused("Not Found", 404)
        if self._tokens is not None:
            raise Refused("Unauthorized", 401)
        return self.world.register(token)

    async def answer(self, bot: Account, method: str, body: Body, caller: Caller) -> Answer:
        """One request's answer; raises Dropped when it is to get none."""
        name = method.lower()
        model = _MODELS.get(name)
        if model is None:
            return self._refusal(method, body.params, Refused("Not Found", 404))
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
        bot: Account,
        name: str,
        model: MethodModel,
        body: Body,
        caller: Caller,
    ) -> Answer:
        try:
            params = model.read(body.params, body.uploads)
            if name == "getupdates":
                found = await self._polling.updates(bot, params, caller)
                content = b'{"ok":true,"result":[' + b",".join(one.body for one in found) + b"]}"
            else:
                self.limits.check(bot.user.id, name, params, self.world.clock.now())
                content = _success(_METHODS[name](self.world, bot, params))
        except Refused as refused:
            return self._refusal(model.name, body.params, refused)
        self.journal.note(self.world.clock.now(), model.name, params, 200)
        return Answer(200, content)

    def _refusal(self, method: str, params: Json, refused: Refused) -> Answer:
        answer = refusal(refused)
        self.journal.note(
            self.world.clock.now(), method, params, answer.status, refused.description
        )
        return answer

    async def _faulty(self, fault: Fault, method: str, params: Json, caller: Caller) -> Answer:
        now = self.world.clock.now()
        if fault.kind in ("hang", "drop"):
            self.journal.note(now, method, params, 0, f"fault: {fault.kind}")
            if fault.kind == "hang":
                await self._hang(caller)
            raise Dropped
        if fault.kind == "html":
            self.journal.note(now, method, params, fault.status or 200, "fault: html")
            return Answer(fault.status or 200, _HTML, b"text/html")
        status, content = fault.answer()
        self.journal.note(now, method, params, status, content["description"])
        return Answer(status, orjson.dumps(content))

    async def _hang(self, caller: Caller) -> None:
        stopping = asyncio.ensure_future(self.stopping.wait())
        either: list[asyncio.Future[Any]] = [stopping, caller.gone()]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()


def refusal(refused: Refused) -> Answer:
    """A refusal in Telegram's form."""
    content: Json = {
        "ok": False,
        "error_code": refused.code,
        "description": refused.description,
    }
    if refused.parameters:
        content["parameters"] = refused.parameters
    return Answer(refused.code, orjson.dumps(content))


def _success(result: object) -> bytes:
    if isinstance(result, Told):
        content: Json = {"ok": True, "result": result.result, "description": result.description}
        return orjson.dumps(content)
    return b'{"ok":true,"result":' + orjson.dumps(result) + b"}"


def shown(value: Any) -> Any:
    """What JSON has no form for, for orjson: an upload."""
    if isinstance(value, Upload):
        return value.as_json()
    raise TypeError
