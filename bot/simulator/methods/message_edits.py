"""Methods that change what is there, and answers to callback queries."""

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

_CALLBACK_LIFE = 150  # seconds; Telegram's own limit is undocumented, and of this order
_DELETABLE = 48 * 3600
_LONGEST_ANSWER = 200
_CAPTIONED = frozenset({"photo", "video", "voice", "audio", "document", "animation"})
_UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
_EXPIRED = "query is too old and response timeout expired or query ID is invalid"


def edit_message_text(world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    chat, message = find_own_message(world, bot, params, "message to edit not found")
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    content = {**build_text(world, params), **build_inline_keyboard(params)}
    return _changed(world, chat, message, content, {"text", "entities", "link_preview_options"})


def edit_message_caption(world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    chat, message = find_own_message(world, bot, params, "message to edit not found")
    if not _CAPTIONED & message.keys():
        raise bad_request("there is no caption in the message to edit")
    content = {**build_caption(world, params), **build_inline_keyboard(params)}
    return _changed(world, chat, message, content, {"caption", "caption_entities"})


def edit_message_reply_markup(world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    chat, message = find_own_message(world, bot, params, "message to edit not found")
    return _changed(world, chat, message, build_inline_keyboard(params), set())


def _changed(
    world: SimulatorState, chat: SimulatedChat, message: Json, content: Json, parts: set[str]
) -> Json:
    """The message with new content; the keyboard goes unless it is given again."""
    parts = parts | {"reply_markup"}
    rest = {key: value for key, value in message.items() if key not in parts}
    new = {**rest, **content}
    if new == message:
        raise bad_request(_UNCHANGED)
    if len(parts) > 1:  # changed buttons alone do not make a message an edited one
        new["edit_date"] = world.now()
    world.replace(chat, new)
    return new


def delete_message(world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat = find_writable_chat(world, bot, params["chat_id"])
    message = chat.messages.get(params["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    if world.now() - message["date"] > _DELETABLE:
        raise bad_request("message can't be deleted for everyone")
    return world.delete(chat, params["message_id"])


def delete_messages(world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    """Those that are there; Telegram passes over the others."""
    chat = find_writable_chat(world, bot, params["chat_id"])
    if len(params["message_ids"]) > 100:
        raise bad_request("too many messages to delete")
    for message_id in params["message_ids"]:
        world.delete(chat, message_id)
    return True


def answer_callback_query(world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    callback = world.callbacks.get(params["callback_query_id"])
    if callback is None or callback.bot is not bot or callback.answered:
        raise bad_request(_EXPIRED)
    if world.clock.now() - callback.at > _CALLBACK_LIFE:
        raise bad_request(_EXPIRED)
    text = params.get("text") or None
    if text and len(text) > _LONGEST_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    callback.answered = True
    callback.text = text
    callback.show_alert = params.get("show_alert", False)
    world.events.tell(
        "callback_answer",
        callback.chat_id,
        callback_query_id=callback.id,
        text=callback.text,
        show_alert=callback.show_alert,
    )
    return True


def set_message_reaction(world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat = find_writable_chat(world, bot, params["chat_id"])
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
