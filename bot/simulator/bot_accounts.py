"""What the simulator knows of one bot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.simulator.api_types import User
from bot.simulator.update_queue import UpdateQueue

if TYPE_CHECKING:
    from bot.simulator.api_types import Json


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where updates are posted to."""

    url: str
    secret_token: str | None = None
    max_connections: int = 40


@dataclass(slots=True)
class WebhookError:
    """The last time a webhook did not take an update."""

    at: int
    message: str


@dataclass(slots=True)
class BotAccount:
    """A bot: its updates, and what it told Telegram about itself."""

    token: str
    user: User
    updates: UpdateQueue = field(default_factory=UpdateQueue)
    webhook: Webhook | None = None
    trouble: WebhookError | None = None
    started_by: set[int] = field(default_factory=set)
    blocked_by: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    words: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int | None, Json] = field(default_factory=dict)

    def forget(self) -> None:
        """Everything but who it is, where its updates go and which it wants."""
        self.updates.clear()
        self.trouble = None
        for memory in (self.started_by, self.blocked_by, self.left):
            memory.clear()
        for told in (self.commands, self.words, self.menu_buttons):
            told.clear()

    def as_json(self) -> Json:
        """getMe's answer."""
        name = self.words.get(("name", ""))
        return {
            **self.user.as_json(),
            **({"first_name": name} if name else {}),
            "can_join_groups": True,
            "can_read_all_group_messages": True,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }


def make_bot_user(token: str) -> User:
    """The bot that a token belongs to."""
    bot_id = int(token.partition(":")[0])
    return User(bot_id, f"Bot {bot_id}", username=f"sim_{bot_id}_bot", is_bot=True)
