"""Methods that edit and delete messages, and answer callback queries.

Each function implements the Bot API method of its name and raises ApiError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator.api_types import bad_request
from bot.simulator.bot_messages import (
    build_caption,
    build_inline_keyboard,
    build_text,
    find_own_message,
    find_writable_chat,
)

if TYPE_CHECKING:
    from bot.simulator.api_types import Json
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.chats import SimulatedChat
    from bot.simulator.methods.signature import Method
    from bot.simulator.state import SimulatorState

# Telegram does not document its limit; it is of this size.
_MAX_CALLBACK_AGE = 150  # seconds
_MAX_DELETABLE_AGE = 48 * 3600  # seconds
_MAX_ANSWER_CHARACTERS = 200  # of the text of answerCallbackQuery
_KINDS_WITH_CAPTION = frozenset({"photo", "video", "voice", "audio", "document", "animation"})
_UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
_EXPIRED = "query is too old and response timeout expired or query ID is invalid"


def edit_message_text(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    chat, message = find_own_message(state, bot, params, "message to edit not found")
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    content = {**build_text(state, params), **build_inline_keyboard(params)}
    return _apply_edit(state, chat, message, content, {"text", "entities", "link_preview_options"})


def edit_message_caption(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    chat, message = find_own_message(state, bot, params, "message to edit not found")
    if not _KINDS_WITH_CAPTION & message.keys():
        raise bad_request("there is no caption in the message to edit")
    content = {**build_caption(state, params), **build_inline_keyboard(params)}
    return _apply_edit(state, chat, message, content, {"caption", "caption_entities"})


def edit_message_reply_markup(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    chat, message = find_own_message(state, bot, params, "message to edit not found")
    return _apply_edit(state, chat, message, build_inline_keyboard(params), set())


def _apply_edit(
    state: SimulatorState, chat: SimulatedChat, message: Json, content: Json, parts: set[str]
) -> Json:
    """Replace the fields `parts` of a message by new content; return the message.

    The keyboard is removed if `content` has none. Raises ApiError if nothing changes.
    """
    parts = parts | {"reply_markup"}
    rest = {key: value for key, value in message.items() if key not in parts}
    new = {**rest, **content}
    if new == message:
        raise bad_request(_UNCHANGED)
    if len(parts) > 1:  # a change of buttons only does not set the date
        new["edit_date"] = state.now()
    state.replace_message(chat, new)
    return new


def delete_message(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat = find_writable_chat(state, bot, params["chat_id"])
    message = chat.messages.get(params["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    if state.now() - message["date"] > _MAX_DELETABLE_AGE:
        raise bad_request("message can't be deleted for everyone")
    return state.delete_message(chat, params["message_id"])


def delete_messages(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    """Delete the messages that exist. Telegram ignores the others."""
    chat = find_writable_chat(state, bot, params["chat_id"])
    if len(params["message_ids"]) > 100:
        raise bad_request("too many messages to delete")
    for message_id in params["message_ids"]:
        state.delete_message(chat, message_id)
    return True


def answer_callback_query(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    callback = state.callbacks.get(params["callback_query_id"])
    if callback is None or callback.bot is not bot or callback.answered:
        raise bad_request(_EXPIRED)
    if state.clock.now() - callback.at > _MAX_CALLBACK_AGE:
        raise bad_request(_EXPIRED)
    text = params.get("text") or None
    if text and len(text) > _MAX_ANSWER_CHARACTERS:
        raise bad_request("MESSAGE_TOO_LONG")
    callback.answered = True
    callback.text = text
    callback.show_alert = params.get("show_alert", False)
    state.events.add_event(
        "callback_answer",
        callback.chat_id,
        callback_query_id=callback.id,
        text=callback.text,
        show_alert=callback.show_alert,
    )
    return True


def set_message_reaction(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat = find_writable_chat(state, bot, params["chat_id"])
    if params["message_id"] not in chat.messages:
        raise bad_request("message to react not found")
    if len(params.get("reaction") or []) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    return True


METHODS: dict[str, Method] = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "answerCallbackQuery": answer_callback_query,
    "setMessageReaction": set_message_reaction,
}
