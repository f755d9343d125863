"""Find the message, button and topic of a chat that an action of a person refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator.api_types import ControlError
from bot.simulator.bot_messages import remove_reply
from bot.simulator.keyboards import list_inline_buttons

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.simulator.api_types import Json
    from bot.simulator.chats import SimulatedChat


def find_button(
    chat: SimulatedChat, message_id: int | None, data: str | None, label: str | None
) -> tuple[Json, Json]:
    """Return a message and its inline button with this data or label, newest message first.

    Raises ControlError if there is none.
    """
    if message_id is not None and message_id not in chat.messages:
        raise ControlError(f"no message {message_id} in chat {chat.id}", 404)
    wanted: Callable[[Json], bool] = (
        (lambda button: button.get("callback_data") == data)
        if data is not None
        else (lambda button: bool(button["text"] == label))
    )
    message_ids = [message_id] if message_id is not None else reversed(chat.messages)
    for candidate in message_ids:
        for button in list_inline_buttons(chat.messages[candidate]):
            if wanted(button):
                return chat.messages[candidate], button
    name = f"data {data!r}" if data is not None else f"label {label!r}"
    where = f"under message {message_id}" if message_id is not None else "in the chat"
    raise ControlError(f"no button with {name} {where}")


def build_reply(chat: SimulatedChat, message_id: int | None) -> Json:
    """Return the fields for the message that is replied to. Raises ControlError."""
    if message_id is None:
        return {}
    message = chat.messages.get(message_id)
    if message is None:
        raise ControlError(f"no message {message_id} in chat {chat.id} to reply to", 404)
    return {"reply_to_message": remove_reply(message)}


def build_thread(chat: SimulatedChat, thread: int | None) -> Json:
    """Return the fields for the topic of a message. Raises ControlError."""
    if thread is None:
        return {}
    if thread not in chat.topics:
        raise ControlError(f"no topic {thread} in chat {chat.id}", 404)
    return {"message_thread_id": thread, "is_topic_message": True}
