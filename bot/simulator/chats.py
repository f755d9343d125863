"""A chat with its members, topics and messages."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from bot.simulator.api_types import Json, User

ChatType: TypeAlias = Literal["private", "group", "supergroup", "channel"]
MAX_MESSAGES = 1_000  # per chat; the oldest are deleted


@dataclass(frozen=True, slots=True)
class ForumTopic:
    """A topic of a forum. Its id is the id of the message that created it."""

    name: str
    closed: bool = False


@dataclass(slots=True)
class InputArea:
    """The state of the input area below a chat.

    keyboard:    the reply keyboard
    placeholder: the text in the empty input field
    replying_to: the id of the message to which the next message replies
    """

    keyboard: Json | None = None
    placeholder: str | None = None
    replying_to: int | None = None


@dataclass(slots=True)
class SimulatedChat:
    """A chat of any type. `members` maps user ids to statuses of the Bot API."""

    id: int
    kind: ChatType
    title: str | None = None
    user: User | None = None
    is_forum: bool = False
    members: dict[int, str] = field(default_factory=dict)
    topics: dict[int, ForumTopic] = field(default_factory=dict)
    migrated_to: int | None = None
    pinned: int | None = None
    input_area: InputArea = field(default_factory=InputArea)
    messages: OrderedDict[int, Json] = field(default_factory=OrderedDict)
    last_message_id: int = 0
    _json: Json | None = None

    @property
    def is_private(self) -> bool:
        """True if it is the chat of one person with a bot."""
        return self.kind == "private"

    def as_json(self) -> Json:
        """Return the object "Chat" of the Bot API."""
        if self._json is None:
            self._json = self._build_private_json() if self.user else self._build_group_json()
        return self._json

    def _build_private_json(self) -> Json:
        user = self.user.as_json() if self.user else {}
        fields = ("first_name", "last_name", "username")
        names: Json = {key: user[key] for key in fields if key in user}
        return {"id": self.id, **names, "type": "private"}

    def _build_group_json(self) -> Json:
        chat: Json = {"id": self.id, "title": self.title, "type": self.kind}
        if self.is_forum:
            chat["is_forum"] = True
        return chat

    def next_message_id(self) -> int:
        """Return the id for a new message."""
        self.last_message_id += 1
        return self.last_message_id

    def store_message(self, message: Json) -> None:
        """Add a message, or replace the one with the same id. The oldest messages are deleted."""
        self.messages[message["message_id"]] = message
        if len(self.messages) > MAX_MESSAGES:
            self.messages.popitem(last=False)

    def list_after(self, message_id: int, limit: int) -> list[Json]:
        """Return the newest `limit` messages with a higher id, oldest first."""
        messages: list[Json] = []
        for message in reversed(self.messages.values()):
            if message["message_id"] <= message_id or len(messages) == limit:
                break
            messages.append(message)
        return messages[::-1]
