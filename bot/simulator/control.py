"""The control interface under /sim/. docs/simulator.md describes its calls and their JSON."""

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
from bot.simulator.rate_limits import SimulatedRates

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from bot.simulator.api_types import Json
    from bot.simulator.gateway import Gateway
    from bot.simulator.person_actions import PersonActions

    Handler = Callable[[Request], Awaitable[Json | Response]]

FormT = TypeVar("FormT", bound=control_forms.ControlForm)
_MAX_WAIT_SECONDS = 60.0  # of one request for events
_ALBUM_FIELDS = ("update_ids",)


def build_control_app(gateway: Gateway, people: PersonActions) -> Starlette:
    """Return the ASGI application for everything except the Bot API."""
    setup = SetupCalls(gateway)
    chats = ChatCalls(gateway)
    actions = ActionCalls(gateway, people)
    routes = [
        *chats.list_routes(),
        *setup.list_routes(),
        *actions.list_routes(),
        *list_page_routes(),
    ]
    missing = {404: _report_unknown_call, 405: _report_unknown_call}
    return Starlette(routes=routes, exception_handlers=missing)


def _build_response(content: Json, status: int = 200) -> Response:
    body = orjson.dumps(content, default=encode_value, option=orjson.OPT_NON_STR_KEYS)
    headers = {"Cache-Control": "no-store"}
    return Response(body, status, headers, media_type="application/json")


def _build_route(path: str, *methods: tuple[str, Handler]) -> Route:
    """Return a route with a handler for each HTTP method; ControlError becomes a response."""
    handlers = dict(methods)

    async def serve(request: Request) -> Response:
        handler = handlers.get(request.method) or handlers["GET"]
        try:
            result = await handler(request)
        except ControlError as error:
            return _build_response({"error": error.error}, error.status)
        return result if isinstance(result, Response) else _build_response(result)

    return Route(path, serve, methods=list(handlers))


async def _read_form(request: Request, form: type[FormT]) -> FormT:
    """Read the body: JSON, or a multipart form with a part `file`.

    Raises ControlError with the wrong field.
    """
    fields = await _read_fields(request)
    try:
        return form.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise ControlError(f"{path}: {first['msg']}" if path else first["msg"], 400) from None


async def _read_fields(request: Request) -> Any:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _read_multipart(request)
    content = await request.body()
    try:
        return orjson.loads(content or b"{}")
    except ValueError:
        raise ControlError("the body is not JSON", 400) from None


async def _read_multipart(request: Request) -> Json:
    fields: Json = {}
    async with request.form(max_part_size=1024 * 1024) as form:
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                fields[name] = value
            elif name == "file":
                # The form's own fields have precedence over the name and type of the part.
                fields["content"] = await value.read()
                fields.setdefault("file_name", value.filename)
                fields.setdefault("mime_type", value.content_type)
            else:
                raise ControlError("the part with the bytes is named file", 400)
    return fields


def _parse_number(request: Request, name: str, default: int | None = None) -> int | None:
    """Return a number of the query string. Raises ControlError."""
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise ControlError(f"{name} must be a whole number", 400) from None


def _parse_id(request: Request, name: str) -> int:
    """Return a number of the path; ids of groups are negative. Raises ControlError."""
    try:
        return int(request.path_params[name])
    except ValueError:
        raise ControlError(f"{name} in the path must be a whole number", 400) from None


async def _report_unknown_call(request: Request, _error: Exception) -> Response:
    error = f"no call {request.method} {request.url.path}: docs/simulator.md lists those there are"
    return _build_response({"error": error}, 404)


class ChatCalls:
    """Calls for users, chats, messages, events and files. Each raises ControlError."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._state = gateway.state

    def list_routes(self) -> list[Route]:
        """Return the routes of these calls."""
        chat = "/sim/chats/{chat_id}"
        return [
            _build_route("/sim/users", ("GET", self.list_users), ("POST", self.add_user)),
            _build_route("/sim/chats", ("GET", self.list_chats), ("POST", self.add_chat)),
            _build_route(f"{chat}/topics", ("POST", self.add_topic)),
            _build_route(f"{chat}/migrate", ("POST", self.migrate_group)),
            _build_route(f"{chat}/messages", ("GET", self.list_messages)),
            _build_route(f"{chat}/commands", ("GET", self.list_commands)),
            _build_route("/sim/events", ("GET", self.list_events)),
            _build_route("/sim/files/{file_id}", ("GET", self.download_file)),
        ]

    async def list_users(self, _request: Request) -> Json:
        """GET /sim/users: return all users."""
        return {"users": [user.as_json() for user in self._state.users.values()]}

    async def add_user(self, request: Request) -> Json:
        """POST /sim/users: add a user; return it."""
        form = await _read_form(request, control_forms.NewUserForm)
        return {"user": self._state.add_user(**form.dump_given()).as_json()}

    async def list_chats(self, _request: Request) -> Json:
        """GET /sim/chats: return all chats."""
        return {"chats": [chat.as_json() for chat in self._state.chats.values()]}

    async def add_chat(self, request: Request) -> Json:
        """POST /sim/chats: add a group or channel; return it."""
        form = await _read_form(request, control_forms.NewChatForm)
        return {"chat": self._state.add_chat(**form.dump_given()).as_json()}

    async def add_topic(self, request: Request) -> Json:
        """POST /sim/chats/…/topics: add a topic to a forum; return its id."""
        chat = self._state.get_chat(_parse_id(request, "chat_id"))
        form = await _read_form(request, control_forms.NewTopicForm)
        if not chat.is_forum:
            raise ControlError("the chat is not a forum: add one with is_forum")
        sender = self._state.get_account().user.as_json()
        return {"message_thread_id": self._state.open_topic(chat, form.name, sender)}

    async def migrate_group(self, request: Request) -> Json:
        """POST /sim/chats/…/migrate: upgrade a group; return the supergroup's id."""
        chat = self._state.get_chat(_parse_id(request, "chat_id"))
        return {"migrate_to_chat_id": self._state.migrate_group(chat).id}

    async def list_messages(self, request: Request) -> Json:
        """GET /sim/chats/…/messages: return messages and the reply keyboard."""
        chat = self._state.get_chat(_parse_id(request, "chat_id"))
        limit = _parse_number(request, "limit")
        after = _parse_number(request, "after") or 0
        answer: Json = {
            "messages": chat.list_after(after, limit if limit is not None else len(chat.messages)),
            "reply_keyboard": chat.input_area.keyboard,
        }
        if chat.input_area.placeholder:
            answer["placeholder"] = chat.input_area.placeholder
        return answer

    async def list_commands(self, request: Request) -> Json:
        """GET /sim/chats/…/commands: return the commands that a user sees."""
        chat = self._state.get_chat(_parse_id(request, "chat_id"))
        asked = _parse_number(request, "user_id", chat.id if chat.is_private else None)
        if asked is None:
            raise ControlError("whose menu? name the user_id", 400)
        bot = self._state.get_account(request.query_params.get("bot"))
        return {"commands": list_menu_commands(bot, chat, self._state.get_user(asked))}

    async def list_events(self, request: Request) -> Json:
        """GET /sim/events: return later events; wait at most 60 seconds for one."""
        events = self._state.events
        after = _parse_number(request, "after") or 0
        wait = min(float(_parse_number(request, "wait") or 0), _MAX_WAIT_SECONDS)
        if self._gateway.stopping.is_set():
            wait = 0
        found = await events.wait_for_events(after, wait)
        return {"events": found, "last": events.last}

    async def download_file(self, request: Request) -> Response:
        """GET /sim/files/…: return the content of a file."""
        stored = self._state.files.get_file(request.path_params["file_id"])
        if stored is None:
            raise ControlError("no such file: it was never sent, or made room for newer ones", 404)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return Response(stored.content, 200, headers, media_type=stored.media_type)


class SetupCalls:
    """Calls that set up and inspect a test: faults, clock, rate limits, journal, bots, reset."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._state = gateway.state

    def list_routes(self) -> list[Route]:
        """Return the routes of these calls."""
        return [
            _build_route(
                "/sim/faults",
                ("GET", self.list_faults),
                ("POST", self.add_fault),
                ("DELETE", self.clear_faults),
            ),
            _build_route("/sim/faults/{fault_id}", ("DELETE", self.remove_fault)),
            _build_route("/sim/clock", ("GET", self.read_clock), ("POST", self.move_clock)),
            _build_route(
                "/sim/limits", ("GET", self.read_rate_limits), ("POST", self.set_rate_limits)
            ),
            _build_route(
                "/sim/journal", ("GET", self.list_journal), ("DELETE", self.clear_journal)
            ),
            _build_route("/sim/bots", ("GET", self.list_bots)),
            _build_route("/sim/callbacks/{callback_id}", ("GET", self.read_callback)),
            _build_route("/sim/reset", ("POST", self.reset_simulator)),
        ]

    async def list_faults(self, _request: Request) -> Json:
        """GET /sim/faults: return the active faults."""
        return {"faults": [fault.as_json() for fault in self._gateway.faults.list_faults()]}

    async def add_fault(self, request: Request) -> Json:
        """POST /sim/faults: add a fault; return its id."""
        form = await _read_form(request, control_forms.NewFaultForm)
        fault = self._gateway.faults.add_fault(**form.model_dump(exclude_unset=True))
        return {"fault_id": fault.id}

    async def clear_faults(self, _request: Request) -> Json:
        """DELETE /sim/faults: remove all faults."""
        self._gateway.faults.clear()
        return {}

    async def remove_fault(self, request: Request) -> Json:
        """DELETE /sim/faults/…: remove one fault."""
        self._gateway.faults.remove_fault(_parse_id(request, "fault_id"))
        return {}

    async def read_clock(self, _request: Request) -> Json:
        """GET /sim/clock: return the time in Unix seconds."""
        return {"now": self._state.clock.now()}

    async def move_clock(self, request: Request) -> Json:
        """POST /sim/clock: move or set the clock; return the new time."""
        form = await _read_form(request, control_forms.ClockForm)
        if (form.advance is None) == (form.set is None):
            raise ControlError("give either advance or set", 400)
        if form.advance is not None:
            self._state.clock.advance(form.advance)
        elif form.set is not None:
            self._state.clock.set_time(form.set)
        return {"now": self._state.clock.now()}

    async def read_rate_limits(self, _request: Request) -> Json:
        """GET /sim/limits: return the rate limits."""
        rates = self._gateway.rate_limits.rates
        return {name: getattr(rates, name) for name in rates.__slots__}

    async def set_rate_limits(self, request: Request) -> Json:
        """POST /sim/limits: set the rate limits; return them."""
        form = await _read_form(request, control_forms.RateLimitsForm)
        self._gateway.rate_limits.configure(SimulatedRates(**form.model_dump()))
        return form.model_dump()

    async def list_journal(self, request: Request) -> Json:
        """GET /sim/journal: return the requests that match the query."""
        journal = self._gateway.journal
        found = journal.list_requests(
            after=_parse_number(request, "after") or 0,
            method=request.query_params.get("method"),
            chat_id=_parse_number(request, "chat_id"),
            limit=_parse_number(request, "limit"),
        )
        return {"entries": [entry.as_json() for entry in found], "last": journal.last}

    async def clear_journal(self, _request: Request) -> Json:
        """DELETE /sim/journal: delete all entries."""
        self._gateway.journal.clear()
        return {}

    async def list_bots(self, _request: Request) -> Json:
        """GET /sim/bots: return the bots with the state of their webhooks."""
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
                for account in self._state.accounts.values()
            ]
        }

    async def read_callback(self, request: Request) -> Json:
        """GET /sim/callbacks/…: return the bot's answer to a callback query."""
        callback = self._state.callbacks.get(request.path_params["callback_id"])
        if callback is None:
            raise ControlError("no such callback query: nobody pressed a button with this id", 404)
        return {
            "answered": callback.answered,
            "text": callback.text,
            "show_alert": callback.show_alert,
        }

    async def reset_simulator(self, _request: Request) -> Json:
        """POST /sim/reset: delete everything except the bots."""
        self._gateway.reset()
        return {}


class ActionCalls:
    """Calls that act as a person. Each raises ControlError."""

    def __init__(self, gateway: Gateway, people: PersonActions) -> None:
        self._gateway = gateway
        self._people = people

    def list_routes(self) -> list[Route]:
        """Return the routes of these calls."""
        return [_build_route("/sim/users/{user_id}/{act}", ("POST", self.perform_action))]

    async def perform_action(self, request: Request) -> Json:
        """POST /sim/users/…/ACTION: perform an action; return the ids that it created."""
        user_id, name = _parse_id(request, "user_id"), request.path_params["act"]
        self._gateway.state.get_user(user_id)
        if name == "update":
            return await self._send_update(request, user_id)
        if name not in control_forms.ACTION_FORMS:
            known = ", ".join([*control_forms.ACTION_FORMS, "update"])
            raise ControlError(f"no act {name!r}: choose of {known}", 404)
        form = await _read_form(request, control_forms.ACTION_FORMS[name])
        result = self._people.perform_action(name, user_id, **form.dump_given()).as_json()
        return {key: result[key] for key in _ALBUM_FIELDS} if name == "album" else result

    async def _send_update(self, request: Request, user_id: int) -> Json:
        update = await _read_fields(request)
        if not isinstance(update, dict):
            raise ControlError("an update is an object", 400)
        return self._people.send_update(user_id, update).as_json()
