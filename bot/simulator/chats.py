"""One conversation: its members, topics and messages."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from bot.simulator.api_types import Json, User

ChatType: TypeAlias = Literal["private", "group", "supergroup", "channel"]
MAX_MESSAGES = 1_000  # messages of a chat


@dataclass(frozen=True, slots=True)
class ForumTopic:
    """A topic of a forum; its id is that of the message that opened it."""

    name: str
    closed: bool = False


@dataclass(slots=True)
class InputArea:
    """What the place under the conversation shows."""

    keyboard: Json | None = None
    placeholder: str | None = None
    replying_to: int | None = None


@dataclass(slots=True)
class SimulatedChat:
    """A chat of any kind. `members` holds each one's status, by user id."""

    id: int
    kind: ChatType
    title: str | None = None
    user: User | None = None
    is_forum: bool = False
    members: dict[int, str] = field(default_factory=dict)
    topics: dict[int, ForumTopic] = field(default_factory=dict)
    migrated_to: int | None = None
    pinned: int | None = None
    shown: InputArea = field(default_factory=InputArea)
    messages: OrderedDict[int, Json] = field(default_factory=OrderedDict)
    last_message_id: int = 0
    _json: Json | None = None

    @property
    def is_private(self) -> bool:
        """Whether it is one person's conversation with the bot."""
        return self.kind == "private"

    def as_json(self) -> Json:
        """Telegram's Chat."""
        if self._json is None:
            self._json = self._private_json() if self.user else self._group_json()
        return self._json

    def _private_json(self) -> Json:
        user = self.user.as_json() if self.user else {}
        shown = ("first_name", "last_name", "username")
        names = {key: value for key, value in user.items() if key in shown}
        return {"id": self.id, **names, "type": "private"}

    def _group_json(self) -> Json:
        chat: Json = {"id": self.id, "title": self.title, "type": self.kind}
        if self.is_forum:
            chat["is_forum"] = True
        return chat

    def next_message_id(self) -> int:
        """A new message's id."""
        self.last_message_id += 1
        return self.last_message_id

    def keep(self, message: Json) -> None:
        """Add a message, or put it in the place of what it was; the oldest is forgotten."""
        self.messages[message["message_id"]] = message
        if len(self.messages) > MAX_MESSAGES:
            self.messages.popitem(last=False)

    def after(self, message_id: int, limit: int) -> list[Json]:
        """The newest messages that came later than one, oldest first."""
        found: list[Json] = []
        for message in reversed(self.messages.values()):
            if message["message_id"] <= message_id or len(found) == limit:
                break
            found.append(message)
        return found[::-1]
