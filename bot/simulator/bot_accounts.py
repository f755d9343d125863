"""The state of one bot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.simulator.api_types import User
from bot.simulator.update_queue import UpdateQueue

if TYPE_CHECKING:
    from bot.simulator.api_types import Json


@dataclass(frozen=True, slots=True)
class Webhook:
    """The settings of a webhook."""

    url: str
    secret_token: str | None = None
    max_connections: int = 40


@dataclass(slots=True)
class WebhookError:
    """The last error of a webhook; `at` is in Unix seconds."""

    at: int
    message: str


@dataclass(slots=True)
class BotAccount:
    """A bot: its queue of updates, and what it has configured.

    started_by:   the ids of the users who have started the bot
    blocked_by:   the ids of the users who have blocked it
    left:         the ids of the chats that it has left
    commands:     (scope, language) -> its commands
    texts:        (name of the text, language) -> its name or description
    menu_buttons: chat id, or None for the default -> its menu button
    """

    token: str
    user: User
    updates: UpdateQueue = field(default_factory=UpdateQueue)
    webhook: Webhook | None = None
    webhook_error: WebhookError | None = None
    started_by: set[int] = field(default_factory=set)
    blocked_by: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int | None, Json] = field(default_factory=dict)

    def reset(self) -> None:
        """Delete everything except the identity, the webhook and the allowed kinds of updates."""
        self.updates.clear()
        self.webhook_error = None
        for ids in (self.started_by, self.blocked_by, self.left):
            ids.clear()
        for settings in (self.commands, self.texts, self.menu_buttons):
            settings.clear()

    def as_json(self) -> Json:
        """Return the result of getMe."""
        name = self.texts.get(("name", ""))
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
    """Return the bot user for a token."""
    bot_id = int(token.partition(":")[0])
    return User(bot_id, f"Bot {bot_id}", username=f"sim_{bot_id}_bot", is_bot=True)
