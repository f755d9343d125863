"""A Telegram group in which officers read alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.town.town import Town


@dataclass
class Group:
    """A group chat. `topics` maps the name of each forum topic to its thread id."""

    town: Town
    id: int
    topics: dict[str, int]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The bot's messages in the group, oldest first."""
        messages = self.town.simulator.list_messages(self.id)
        return [message for message in messages if message["from"]["is_bot"]]
