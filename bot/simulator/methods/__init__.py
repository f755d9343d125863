"""The methods of the Bot API that the simulator implements, by name.

Each takes the state, the bot and valid parameters, returns the result, and raises ApiError.
`getUpdates` is in `bot.simulator.long_polling`, because it waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator.methods import chats, message_edits, messages, profile, webhooks

if TYPE_CHECKING:
    from bot.simulator.methods.signature import Method

METHODS: dict[str, Method] = {
    **chats.METHODS,
    **message_edits.METHODS,
    **webhooks.METHODS,
    **profile.METHODS,
    **messages.METHODS,
}
