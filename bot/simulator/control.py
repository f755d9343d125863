"""The control interface under /sim/, as docs/simulator.md describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import Route

from bot.simulator import control_forms
from bot.simulator.api_types import ControlError
from bot.simulator.gateway import encode_value
from bot.simulator.methods.profile import list_menu_commands
from bot.simulator.methods.webhooks import build_webhook_info
from bot.simulator.page_files import list_page_routes
from bot.simulator.rate_limits import RateLimitSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from bot.simulator.api_types import Json
    from bot.simulator.gateway import Gateway
    from bot.simulator.person_actions import PersonActions

    Handler = Callable[[Request], Awaitable[Json | Response]]

FormT = TypeVar("FormT", bound=control_forms.ControlForm)
_LONGEST_WAIT = 60.0
_ALBUM_ANSWER = ("update_ids",)


def build_control_app(gateway: Gateway, people: PersonActions) -> Starlette:
    """The ASGI application of everything that is not the Bot API."""
    stage = TestCalls(gateway)
    chats = ChatCalls(gateway)
    acts = ActionCalls(gateway, people)
    routes = [*chats.routes(), *stage.routes(), *acts.routes(), *list_page_routes()]
    missing = {404: _no_such_call, 405: _no_such_call}
    return Starlette(routes=routes, exception_handlers=missing)


def _answer(content: Json, status: int = 200) -> Response:
    body = orjson.dumps(content, default=encode_value, option=orjson.OPT_NON_STR_KEYS)
    headers = {"Cache-Control": "no-store"}
    return Response(body, status, headers, media_type="application/json")


def _route(path: str, *methods: tuple[str, Handler]) -> Route:
    """A path with a handler for each HTTP method; refusals become answers."""
    handlers = dict(methods)

    async def serve(request: Request) -> Response:
        handler = handlers.get(request.method) or handlers["GET"]
        try:
            found = await handler(request)
        except ControlError as refused:
            return _answer({"error": refused.error}, refused.status)
        return found if isinstance(found, Response) else _answer(found)

    return Route(path, serve, methods=list(handlers))


async def _form(request: Request, form: type[FormT]) -> FormT:
    """The body, JSON or a form with a `file`; NotPossible says which field is wrong."""
    given = await _given(request)
    try:
        return form.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ControlError(f"{place}: {first['msg']}" if place else first["msg"], 400) from None


async def _given(request: Request) -> Any:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _multipart(request)
    content = await request.body()
    try:
        return orjson.loads(content or b"{}")
    except ValueError:
        raise ControlError("the body is not JSON", 400) from None


async def _multipart(request: Request) -> Json:
    given: Json = {}
    async with request.form(max_part_size=1024 * 1024) as form:
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                given[name] = value
            elif name == "file":
                # The names of the form's own fields win over those of the part.
                given["content"] = await value.read()
                given.setdefault("file_name", value.filename)
                given.setdefault("mime_type", value.content_type)
            else:
                raise ControlError("the part with the bytes is named file", 400)
    return given


def _number(request: Request, name: str, default: int | None = None) -> int | None:
    """A number of the query."""
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise ControlError(f"{name} must be a whole number", 400) from None


def _id(request: Request, name: str) -> int:
    """A number of the path; that of a group is negative."""
    try:
        return int(request.path_params[name])
    except ValueError:
        raise ControlError(f"{name} in the path must be a whole number", 400) from None


async def _no_such_call(request: Request, _error: Exception) -> Response:
    error = f"no call {request.method} {request.url.path}: docs/simulator.md lists those there are"
    return _answer({"error": error}, 404)


class ChatCalls:
    """People, chats, what they hold."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._world = gateway.world

    def routes(self) -> list[Route]:
        one = "/sim/chats/{chat_id}"
        return [
            _route("/sim/users", ("GET", self.users), ("POST", self.add_user)),
            _route("/sim/chats", ("GET", self.chats), ("POST", self.add_chat)),
            _route(f"{one}/topics", ("POST", self.add_topic)),
            _route(f"{one}/migrate", ("POST", self.migrate)),
            _route(f"{one}/messages", ("GET", self.messages)),
            _route(f"{one}/commands", ("GET", self.commands)),
            _route("/sim/events", ("GET", self.events)),
            _route("/sim/files/{file_id}", ("GET", self.file)),
        ]

    async def users(self, _request: Request) -> Json:
        return {"users": [user.as_json() for user in self._world.users.values()]}

    async def add_user(self, request: Request) -> Json:
        form = await _form(request, control_forms.NewUserForm)
        return {"user": self._world.add_user(**form.given()).as_json()}

    async def chats(self, _request: Request) -> Json:
        return {"chats": [chat.as_json() for chat in self._world.chats.values()]}

    async def add_chat(self, request: Request) -> Json:
        form = await _form(request, control_forms.NewChatForm)
        return {"chat": self._world.add_chat(**form.given()).as_json()}

    async def add_topic(self, request: Request) -> Json:
        chat = self._world.chat(_id(request, "chat_id"))
        form = await _form(request, control_forms.NewTopicForm)
        if not chat.is_forum:
            raise ControlError("the chat is not a forum: add one with is_forum")
        sender = self._world.account().user.as_json()
        return {"message_thread_id": self._world.open_topic(chat, form.name, sender)}

    async def migrate(self, request: Request) -> Json:
        chat = self._world.chat(_id(request, "chat_id"))
        return {"migrate_to_chat_id": self._world.migrate(chat).id}

    async def messages(self, request: Request) -> Json:
        chat = self._world.chat(_id(request, "chat_id"))
        limit = _number(request, "limit")
        after = _number(request, "after") or 0
        answer: Json = {
            "messages": chat.after(after, limit if limit is not None else len(chat.messages)),
            "reply_keyboard": chat.shown.keyboard,
        }
        if chat.shown.placeholder:
            answer["placeholder"] = chat.shown.placeholder
        return answer

    async def commands(self, request: Request) -> Json:
        chat = self._world.chat(_id(request, "chat_id"))
        asked = _number(request, "user_id", chat.id if chat.is_private else None)
        if asked is None:
            raise ControlError("whose menu? name the user_id", 400)
        bot = self._world.account(request.query_params.get("bot"))
        return {"commands": list_menu_commands(bot, chat, self._world.user(asked))}

    async def events(self, request: Request) -> Json:
        events = self._world.events
        after = _number(request, "after") or 0
        wait = min(float(_number(request, "wait") or 0), _LONGEST_WAIT)
        if self._gateway.stopping.is_set():
            wait = 0
        found = await events.wait_after(after, wait)
        return {"events": found, "last": events.last}

    async def file(self, request: Request) -> Response:
        stored = self._world.files.get(request.path_params["file_id"])
        if stored is None:
            raise ControlError("no such file: it was never sent, or made room for newer ones", 404)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return Response(stored.content, 200, headers, media_type=stored.media_type)


class TestCalls:
    """Faults, clock, limits, journal, bots, callbacks."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._world = gateway.world

    def routes(self) -> list[Route]:
        return [
            _route(
                "/sim/faults",
                ("GET", self.faults),
                ("POST", self.add_fault),
                ("DELETE", self.clear_faults),
            ),
            _route("/sim/faults/{fault_id}", ("DELETE", self.remove_fault)),
            _route("/sim/clock", ("GET", self.clock), ("POST", self.move_clock)),
            _route("/sim/limits", ("GET", self.limits), ("POST", self.set_limits)),
            _route("/sim/journal", ("GET", self.journal), ("DELETE", self.clear_journal)),
            _route("/sim/bots", ("GET", self.bots)),
            _route("/sim/callbacks/{callback_id}", ("GET", self.callback)),
            _route("/sim/reset", ("POST", self.reset)),
        ]

    async def faults(self, _request: Request) -> Json:
        return {"faults": [fault.as_json() for fault in self._gateway.faults.all()]}

    async def add_fault(self, request: Request) -> Json:
        form = await _form(request, control_forms.NewFaultForm)
        fault = self._gateway.faults.add(**form.model_dump(exclude_unset=True))
        return {"fault_id": fault.id}

    async def clear_faults(self, _request: Request) -> Json:
        self._gateway.faults.clear()
        return {}

    async def remove_fault(self, request: Request) -> Json:
        self._gateway.faults.remove(_id(request, "fault_id"))
        return {}

    async def clock(self, _request: Request) -> Json:
        return {"now": self._world.clock.now()}

    async def move_clock(self, request: Request) -> Json:
        form = await _form(request, control_forms.ClockForm)
        if (form.advance is None) == (form.set is None):
            raise ControlError("give either advance or set", 400)
        if form.advance is not None:
            self._world.clock.advance(form.advance)
        elif form.set is not None:
            self._world.clock.set(form.set)
        return {"now": self._world.clock.now()}

    async def limits(self, _request: Request) -> Json:
        rates = self._gateway.limits.rates
        return {name: getattr(rates, name) for name in rates.__slots__}

    async def set_limits(self, request: Request) -> Json:
        form = await _form(request, control_forms.RateLimitsForm)
        self._gateway.limits.set(RateLimitSettings(**form.model_dump()))
        return form.model_dump()

    async def journal(self, request: Request) -> Json:
        journal = self._gateway.journal
        found = journal.entries(
            after=_number(request, "after") or 0,
            method=request.query_params.get("method"),
            chat_id=_number(request, "chat_id"),
            limit=_number(request, "limit"),
        )
        return {"entries": [entry.as_json() for entry in found], "last": journal.last}

    async def clear_journal(self, _request: Request) -> Json:
        self._gateway.journal.clear()
        return {}

    async def bots(self, _request: Request) -> Json:
        return {
            "bots": [
                {
                    "token_tail": account.token[-4:],
                    "id": account.user.id,
                    "username": account.user.username,
                    "first_name": account.as_json()["first_name"],
                    "webhook": build_webhook_info(account),
                    "pending_update_count": len(account.updates),
                }
                for account in self._world.accounts.values()
            ]
        }

    async def callback(self, request: Request) -> Json:
        callback = self._world.callbacks.get(request.path_params["callback_id"])
        if callback is None:
            raise ControlError("no such callback query: nobody pressed a button with this id", 404)
        return {
            "answered": callback.answered,
            "text": callback.text,
            "show_alert": callback.show_alert,
        }

    async def reset(self, _request: Request) -> Json:
        self._gateway.reset()
        return {}


class ActionCalls:
    """Acting as a person."""

    def __init__(self, gateway: Gateway, people: PersonActions) -> None:
        self._gateway = gateway
        self._people = people

    def routes(self) -> list[Route]:
        return [_route("/sim/users/{user_id}/{act}", ("POST", self.act))]

    async def act(self, request: Request) -> Json:
        user_id, name = _id(request, "user_id"), request.path_params["act"]
        self._gateway.world.user(user_id)
        if name == "update":
            return await self._update(request, user_id)
        if name not in control_forms.ACTS:
            known = ", ".join([*control_forms.ACTS, "update"])
            raise ControlError(f"no act {name!r}: choose of {known}", 404)
        form = await _form(request, control_forms.ACTS[name])
        done = getattr(self._people, name)(user_id, **form.given()).as_json()
        if name == "album":
            return {key: done[key] for key in _ALBUM_ANSWER}
        answer: Json = done
        return answer

    async def _update(self, request: Request, user_id: int) -> Json:
        update = await _given(request)
        if not isinstance(update, dict):
            raise ControlError("an update is an object", 400)
        return self._people.update(user_id, update).as_json()
