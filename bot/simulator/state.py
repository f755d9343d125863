"""The state of the simulated Telegram: users, chats, bots, messages.

It is in memory and synchronous, and knows nothing of HTTP.
"""

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

_FIRST_USER_ID = 1_000_001
_FIRST_GROUP_ID = -4_000_001
_FIRST_SUPERGROUP_ID = -1_002_000_000_001
_MAX_PRESSES = 10_000  # of buttons that are stored; older ones are dropped


@dataclass(slots=True)
class ButtonPress:
    """A press of an inline button, with the bot's answer. `at` is in Unix seconds."""

    id: str
    bot: BotAccount
    chat_id: int
    at: float
    answered: bool = False
    text: str | None = None
    show_alert: bool = False


class SimulatorState:
    """All data, in memory. `methods` changes them for bots, `person_actions` for people."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.events = Events()
        self.files = FileStore()
        self.users: dict[int, User] = {}
        self.chats: dict[int, SimulatedChat] = {}
        self.accounts: dict[str, BotAccount] = {}
        self.callbacks: OrderedDict[str, ButtonPress] = OrderedDict()
        self.on_webhook: Callable[[BotAccount], None] = lambda _account: None
        self._awaited_bot: BotAccount | None = None
        self._count = 0

    def now(self) -> int:
        """Return the simulator's time in whole Unix seconds."""
        return int(self.clock.now())

    def next_number(self) -> int:
        """Return a new number for ids; each call returns a higher one."""
        self._count += 1
        return self._count

    def register_bot(self, token: str) -> BotAccount:
        """Return the bot with this token, and add it if it is new.

        The first bot gets the updates of actions that happened before it.
        """
        account = self.accounts.get(token)
        if account is None:
            account, self._awaited_bot = (
                self._awaited_bot or BotAccount(token, make_bot_user(token)),
                None,
            )
            account.token, account.user = token, make_bot_user(token)
            self.accounts[token] = account
        return account

    def get_account(self, token: str | None = None) -> BotAccount:
        """Return the bot with this token, by default the first one. Raises ControlError."""
        if token is not None:
            if token not in self.accounts:
                raise ControlError(
                    "no such bot: it has made no request yet, or mistyped token", 404
                )
            return self.accounts[token]
        if self.accounts:
            return next(iter(self.accounts.values()))
        if self._awaited_bot is None:
            self._awaited_bot = BotAccount("", User(0, "Bot", is_bot=True))
        return self._awaited_bot

    def list_accounts(self) -> list[BotAccount]:
        """Return all bots, and the placeholder for the first bot if it has updates."""
        return [*self.accounts.values(), *([self._awaited_bot] if self._awaited_bot else [])]

    def add_user(
        self,
        first_name: str,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = None,
        id: int | None = None,  # noqa: A002 - the control interface's name
    ) -> User:
        """Add a person with a private chat. Raises ControlError."""
        user_id = self._choose_user_id() if id is None else id
        if user_id in self.users:
            raise ControlError(f"user {user_id} is there already: choose another id")
        if user_id <= 0:
            raise ControlError("a user's id is positive", 400)
        user = User(user_id, first_name, last_name, username, language_code)
        self.users[user_id] = user
        self.chats[user_id] = SimulatedChat(user_id, "private", user=user)
        return user

    def _choose_user_id(self) -> int:
        user_id = _FIRST_USER_ID + len(self.users)
        while user_id in self.users:
            user_id += 1
        return user_id

    def get_user(self, user_id: int) -> User:
        """Return a person. Raises ControlError if there is none."""
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
        """Add a group or channel in which every bot is an administrator. Raises ControlError.

        `is_forum`: the group has topics. `members` are ids of users; the first is the creator.
        """
        if is_forum and type != "supergroup":
            raise ControlError("only a supergroup can be a forum", 400)
        people = {self.get_user(user_id).id: "member" for user_id in members}
        first = _FIRST_GROUP_ID if type == "group" else _FIRST_SUPERGROUP_ID
        taken = [chat_id for chat_id in self.chats if first - 1_000_000 < chat_id <= first]
        chat = SimulatedChat(min(taken, default=first + 1) - 1, type, title, None, is_forum, people)
        if people and type != "channel":
            chat.members[next(iter(people))] = "creator"
        if is_forum:
            chat.next_message_id()  # thread 1 is always the topic "General"
        self.chats[chat.id] = chat
        return chat

    def get_chat(self, chat_id: int) -> SimulatedChat:
        """Return a chat. Raises ControlError if there is none."""
        if chat_id not in self.chats:
            raise ControlError(f"no chat {chat_id}: add it with POST /sim/chats", 404)
        return self.chats[chat_id]

    def open_topic(self, chat: SimulatedChat, name: str, sender: Json) -> int:
        """Add a topic to a forum; return its id. `sender` is the JSON of its author."""
        topic = {"name": name, "icon_color": 7322096}
        message = self.post_message(chat, {"from": sender, "forum_topic_created": topic})
        chat.topics[message["message_id"]] = ForumTopic(name)
        return int(message["message_id"])

    def migrate_group(self, chat: SimulatedChat) -> SimulatedChat:
        """Upgrade a group to a supergroup, and send both service messages to every bot.

        Return the supergroup. Raises ControlError.
        """
        if chat.kind != "group" or chat.migrated_to is not None:
            raise ControlError("only a group that was not migrated yet can be migrated")
        new = self.add_chat("supergroup", chat.title or "", members=chat.members)
        new.members.update(chat.members)
        chat.migrated_to = new.id
        for either, notice in (
            (chat, {"migrate_to_chat_id": new.id}),
            (new, {"migrate_from_chat_id": chat.id}),
        ):
            message = self.post_message(either, {"sender_chat": either.as_json(), **notice})
            self.queue_update_for_all(either, "message", message)
        return new

    def post_message(self, chat: SimulatedChat, content: Json) -> Json:
        """Add a message to a chat; return the complete message."""
        message = {
            "message_id": chat.next_message_id(),
            "date": self.now(),
            "chat": chat.as_json(),
            **content,
        }
        chat.store_message(message)
        self.events.add_event("message", chat.id, message_id=message["message_id"])
        return message

    def replace_message(self, chat: SimulatedChat, message: Json) -> None:
        """Replace a message by its changed version."""
        if message["message_id"] in chat.messages:
            chat.store_message(message)
            self.events.add_event("edit", chat.id, message_id=message["message_id"])

    def delete_message(self, chat: SimulatedChat, message_id: int) -> bool:
        """Delete a message. Return False if it did not exist."""
        if chat.messages.pop(message_id, None) is None:
            return False
        if chat.pinned == message_id:
            chat.pinned = None
        self.events.add_event("delete", chat.id, message_id=message_id)
        return True

    def queue_update(self, account: BotAccount, chat_id: int, kind: str, content: Json) -> int:
        """Queue an update for one bot; return its id."""
        return account.updates.add_update(kind, content, chat_id)

    def queue_update_for_all(
        self, chat: SimulatedChat, kind: str, content: Json, main: BotAccount | None = None
    ) -> int:
        """Queue an update for every bot in a chat.

        Return the update's id for the bot `main`, by default the first bot.
        """
        main = main or self.get_account()
        others = [account for account in self.accounts.values() if account is not main]
        for account in others:
            if chat.id not in account.left:
                self.queue_update(account, chat.id, kind, content)
        return self.queue_update(main, chat.id, kind, content)

    def add_callback(self, account: BotAccount, chat_id: int) -> ButtonPress:
        """Add a press of an inline button of a bot's message; return it."""
        number = self.next_number()
        callback = ButtonPress(
            str(4_000_000_000_000_000 + number), account, chat_id, self.clock.now()
        )
        self.callbacks[callback.id] = callback
        if len(self.callbacks) > _MAX_PRESSES:
            self.callbacks.popitem(last=False)
        return callback

    def reset(self) -> None:
        """Delete everything except the bots. The ids of updates and events continue."""
        for collection in (self.users, self.chats, self.callbacks):
            collection.clear()
        self.files.clear()
        self.clock.set_time(time.time())
        self._awaited_bot = None
        for account in self.accounts.values():
            account.reset()
        self.events.add_event("reset", None)
