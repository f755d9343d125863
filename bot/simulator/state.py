"""The simulated Telegram: people, chats, bots, messages. In memory, synchronous, without HTTP."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.simulator.api_types import ControlError, User
from bot.simulator.bot_accounts import BotAccount, make_bot_user
from bot.simulator.chats import ForumTopic, SimulatedChat
from bot.simulator.clock import Clock
from bot.simulator.events import Events
from bot.simulator.files import FileStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.simulator.api_types import Json
    from bot.simulator.chats import ChatType

_FIRST_USER = 1_000_001
_FIRST_GROUP = -4_000_001
_FIRST_SUPERGROUP = -1_002_000_000_001
_CALLBACKS_KEPT = 10_000


@dataclass(slots=True)
class ButtonPress:
    """A press of an inline button. `at` is when."""

    id: str
    bot: BotAccount
    chat_id: int
    at: float
    answered: bool = False
    text: str | None = None
    show_alert: bool = False


class SimulatorState:
    """All there is. What a bot may do with it is in `methods`, what people do in `people`."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.events = Events()
        self.files = FileStore()
        self.users: dict[int, User] = {}
        self.chats: dict[int, SimulatedChat] = {}
        self.accounts: dict[str, BotAccount] = {}
        self.callbacks: OrderedDict[str, ButtonPress] = OrderedDict()
        self.on_webhook: Callable[[BotAccount], None] = lambda _account: None
        self._unborn: BotAccount | None = None
        self._count = 0

    def now(self) -> int:
        """The simulator's time, in whole seconds."""
        return int(self.clock.now())

    def number(self) -> int:
        """One that was not given before."""
        self._count += 1
        return self._count

    def register(self, token: str) -> BotAccount:
        """The bot with this token; the first one gets the updates that waited for a bot."""
        account = self.accounts.get(token)
        if account is None:
            account, self._unborn = self._unborn or BotAccount(token, make_bot_user(token)), None
            account.token, account.user = token, make_bot_user(token)
            self.accounts[token] = account
        return account

    def account(self, token: str | None = None) -> BotAccount:
        """The bot that people act towards: the one named, or else the first there is."""
        if token is not None:
            if token not in self.accounts:
                raise ControlError(
                    "no such bot: it has made no request yet, or mistyped token", 404
                )
            return self.accounts[token]
        if self.accounts:
            return next(iter(self.accounts.values()))
        if self._unborn is None:
            self._unborn = BotAccount("", User(0, "Bot", is_bot=True))
        return self._unborn

    def everybody(self) -> list[BotAccount]:
        """Every bot, and the one that is still awaited if there is something for it."""
        return [*self.accounts.values(), *([self._unborn] if self._unborn else [])]

    def add_user(
        self,
        first_name: str,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = None,
        id: int | None = None,  # noqa: A002 - the control interface's name
    ) -> User:
        """A person, with a private chat."""
        number = self._next_user() if id is None else id
        if number in self.users:
            raise ControlError(f"user {number} is there already: choose another id")
        if number <= 0:
            raise ControlError("a user's id is positive", 400)
        user = User(number, first_name, last_name, username, language_code)
        self.users[number] = user
        self.chats[number] = SimulatedChat(number, "private", user=user)
        return user

    def _next_user(self) -> int:
        user_id = _FIRST_USER + len(self.users)
        while user_id in self.users:
            user_id += 1
        return user_id

    def user(self, user_id: int) -> User:
        """The person; NotPossible when there is none."""
        if user_id not in self.users:
            raise ControlError(f"no user {user_id}: add them with POST /sim/users", 404)
        return self.users[user_id]

    def add_chat(
        self,
        type: ChatType,  # noqa: A002 - the control interface's name
        title: str,
        is_forum: bool = False,
        members: Iterable[int] = (),
    ) -> SimulatedChat:
        """A group or channel that every bot administers."""
        if is_forum and type != "supergroup":
            raise ControlError("only a supergroup can be a forum", 400)
        people = {self.user(user_id).id: "member" for user_id in members}
        first = _FIRST_GROUP if type == "group" else _FIRST_SUPERGROUP
        taken = [chat_id for chat_id in self.chats if first - 1_000_000 < chat_id <= first]
        chat = SimulatedChat(min(taken, default=first + 1) - 1, type, title, None, is_forum, people)
        if people and type != "channel":
            chat.members[next(iter(people))] = "creator"
        if is_forum:
            chat.next_message_id()  # thread 1 is the topic "General", and no other
        self.chats[chat.id] = chat
        return chat

    def chat(self, chat_id: int) -> SimulatedChat:
        """The chat; NotPossible when there is none."""
        if chat_id not in self.chats:
            raise ControlError(f"no chat {chat_id}: add it with POST /sim/chats", 404)
        return self.chats[chat_id]

    def open_topic(self, chat: SimulatedChat, name: str, sender: Json) -> int:
        """A new topic's id."""
        topic = {"name": name, "icon_color": 7322096}
        message = self.post(chat, {"from": sender, "forum_topic_created": topic})
        chat.topics[message["message_id"]] = ForumTopic(name)
        return int(message["message_id"])

    def migrate(self, chat: SimulatedChat) -> SimulatedChat:
        """Upgrade a group to a supergroup; every bot is told in both chats."""
        if chat.kind != "group" or chat.migrated_to is not None:
            raise ControlError("only a group that was not migrated yet can be migrated")
        new = self.add_chat("supergroup", chat.title or "", members=chat.members)
        new.members.update(chat.members)
        chat.migrated_to = new.id
        for place, notice in (
            (chat, {"migrate_to_chat_id": new.id}),
            (new, {"migrate_from_chat_id": chat.id}),
        ):
            message = self.post(place, {"sender_chat": place.as_json(), **notice})
            self.tell_all(place, "message", message)
        return new

    def post(self, chat: SimulatedChat, content: Json) -> Json:
        """Add a message to a chat."""
        message = {
            "message_id": chat.next_message_id(),
            "date": self.now(),
            "chat": chat.as_json(),
            **content,
        }
        chat.keep(message)
        self.events.tell("message", chat.id, message_id=message["message_id"])
        return message

    def replace(self, chat: SimulatedChat, message: Json) -> None:
        """Put a changed message in the place of what it was."""
        if message["message_id"] in chat.messages:
            chat.keep(message)
            self.events.tell("edit", chat.id, message_id=message["message_id"])

    def delete(self, chat: SimulatedChat, message_id: int) -> bool:
        """Take a message away; whether it was there."""
        if chat.messages.pop(message_id, None) is None:
            return False
        if chat.pinned == message_id:
            chat.pinned = None
        self.events.tell("delete", chat.id, message_id=message_id)
        return True

    def tell(self, account: BotAccount, chat_id: int, kind: str, content: Json) -> int:
        """Queue an update for one bot; its id."""
        return account.updates.add(kind, content, chat_id)

    def tell_all(
        self, chat: SimulatedChat, kind: str, content: Json, asked: BotAccount | None = None
    ) -> int:
        """Queue an update for every bot in a group; the id of the one for `asked` or the first."""
        asked = asked or self.account()
        others = [one for one in self.accounts.values() if one is not asked]
        for account in others:
            if chat.id not in account.left:
                self.tell(account, chat.id, kind, content)
        return self.tell(asked, chat.id, kind, content)

    def add_callback(self, account: BotAccount, chat_id: int) -> ButtonPress:
        """A press that waits for its answer."""
        number = self.number()
        callback = ButtonPress(
            str(4_000_000_000_000_000 + number), account, chat_id, self.clock.now()
        )
        self.callbacks[callback.id] = callback
        if len(self.callbacks) > _CALLBACKS_KEPT:
            self.callbacks.popitem(last=False)
        return callback

    def reset(self) -> None:
        """Forget all but the bots; the ids of updates and events go on growing."""
        for memory in (self.users, self.chats, self.callbacks):
            memory.clear()
        self.files.clear()
        self.clock.set(time.time())
        self._unborn = None
        for account in self.accounts.values():
            account.forget()
        self.events.tell("reset", None)
