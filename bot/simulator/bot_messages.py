"""Build and post the messages of bots: permissions, text, replies, keyboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.simulator.api_types import ApiError, bad_request
from bot.simulator.keyboards import check_inline_keyboard, show_reply_keyboard
from bot.simulator.markup import complete_entities, count_utf16_units, parse_html

if TYPE_CHECKING:
    from bot.simulator.api_types import Json
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.chats import SimulatedChat
    from bot.simulator.state import SimulatorState

MAX_TEXT_UNITS = 4096
MAX_CAPTION_UNITS = 1024
_MARKDOWN_MODES = frozenset({"markdown", "markdownv2"})


def find_known_chat(
    state: SimulatorState, account: BotAccount, chat_id: int | str
) -> SimulatedChat:
    """Return a chat that the bot is in. Raises ApiError."""
    chat = state.chats.get(chat_id) if isinstance(chat_id, int) else None
    if chat is None:
        raise bad_request("chat not found")
    if chat.migrated_to is not None:
        raise ApiError(
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=chat.migrated_to,
        )
    if chat.id in account.left:
        raise ApiError(f"Forbidden: bot is not a member of the {chat.kind} chat", 403)
    return chat


def find_writable_chat(
    state: SimulatorState, account: BotAccount, chat_id: int | str
) -> SimulatedChat:
    """Return a chat that the bot may write to. Raises ApiError."""
    chat = find_known_chat(state, account, chat_id)
    if chat.is_private:
        if chat.id in account.blocked_by:
            raise ApiError("Forbidden: bot was blocked by the user", 403)
        if chat.id not in account.started_by:
            raise ApiError("Forbidden: bot can't initiate conversation with a user", 403)
    return chat


def parse_entities(
    state: SimulatorState, text: str, parse_mode: str | None, entities: list[Json] | None
) -> tuple[str, list[Json]]:
    """Return the text without markup, and its entities. Raises ApiError.

    `entities` are those of the request; they are used only without a parse mode.
    """
    mode = (parse_mode or "").lower()
    if mode == "html":
        text, found = parse_html(text)
    elif mode in _MARKDOWN_MODES:
        raise bad_request("the simulator knows no parse_mode but HTML")
    elif mode:
        raise bad_request("unsupported parse_mode")
    else:
        found = list(entities or [])
    text, found = complete_entities(text, found)
    return text, [_add_user(state, entity) for entity in found]


def _add_user(state: SimulatorState, entity: Json) -> Json:
    """Return an entity; one that mentions a user gets the user's data."""
    if entity["type"] != "text_mention":
        return entity
    user = state.users.get(entity.get("user", {}).get("id"))
    return {**entity, "user": user.as_json()} if user else entity


def build_text(state: SimulatorState, params: Json) -> Json:
    """Return the fields of a text message. Raises ApiError."""
    text, entities = parse_entities(
        state, params["text"], params.get("parse_mode"), params.get("entities")
    )
    if not text:
        raise bad_request("message text is empty")
    if count_utf16_units(text) > MAX_TEXT_UNITS:
        raise bad_request("message is too long")
    content: Json = {"text": text}
    if entities:
        content["entities"] = entities
    if "link_preview_options" in params:
        content["link_preview_options"] = params["link_preview_options"]
    return content


def build_caption(state: SimulatorState, params: Json) -> Json:
    """Return the fields of a caption, none without a caption. Raises ApiError."""
    if not params.get("caption"):
        return {}
    caption, entities = parse_entities(
        state, params["caption"], params.get("parse_mode"), params.get("caption_entities")
    )
    if count_utf16_units(caption) > MAX_CAPTION_UNITS:
        raise bad_request("message caption is too long")
    content: Json = {"caption": caption} if caption else {}
    if entities:
        content["caption_entities"] = entities
    if params.get("show_caption_above_media"):
        content["show_caption_above_media"] = True
    return content


def post_bot_message(
    state: SimulatorState, account: BotAccount, params: Json, content: Json
) -> Json:
    """Post a message with this content to the chat of the parameters; return the message.

    Raises ApiError.
    """
    chat = find_writable_chat(state, account, params["chat_id"])
    thread = _build_thread(chat, params)
    reply = _build_reply(state, chat, params)
    keyboard = build_inline_keyboard(params)
    if params.get("protect_content"):
        thread["has_protected_content"] = True
    message = state.post_message(
        chat, {**build_sender(chat, account), **thread, **reply, **content, **keyboard}
    )
    markup = params.get("reply_markup")
    if markup and not keyboard:
        show_reply_keyboard(state, chat, message["message_id"], markup)
    return message


def build_inline_keyboard(params: Json) -> Json:
    """Return the fields of an inline keyboard, none without one. Raises ApiError."""
    markup = params.get("reply_markup")
    inline = check_inline_keyboard(markup) if markup else None
    return {"reply_markup": inline} if inline else {}


def build_sender(chat: SimulatedChat, account: BotAccount) -> Json:
    """Return the fields for the sender of a bot's message."""
    if chat.kind == "channel":
        return {"sender_chat": chat.as_json()}
    return {"from": account.user.as_json()}


def _build_thread(chat: SimulatedChat, params: Json) -> Json:
    """Return the fields for the topic of a message. Raises ApiError."""
    thread = params.get("message_thread_id")
    if thread is None or (chat.is_forum and thread == 1):
        return {}
    topic = chat.topics.get(thread)
    if topic is None:
        raise bad_request("message thread not found")
    return {"message_thread_id": thread, "is_topic_message": True}


def _build_reply(state: SimulatorState, chat: SimulatedChat, params: Json) -> Json:
    """Return the fields for the message that is replied to. Raises ApiError."""
    reply = params.get("reply_parameters")
    if not reply:
        return {}
    reply_chat = state.chats.get(reply.get("chat_id", chat.id))
    message = reply_chat.messages.get(reply["message_id"]) if reply_chat else None
    if message is None:
        if reply.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    return {"reply_to_message": remove_reply(message)}


def remove_reply(message: Json) -> Json:
    """Return a message as it is nested in another one: Telegram nests only one level."""
    return {key: value for key, value in message.items() if key != "reply_to_message"}


def find_own_message(
    state: SimulatorState, account: BotAccount, params: Json, missing: str
) -> tuple[SimulatedChat, Json]:
    """Return the chat and a message that the bot may change. Raises ApiError.

    `missing` is the description of the error if the message does not exist.
    """
    if "chat_id" not in params or "message_id" not in params:
        raise bad_request("message identifier is not specified")
    chat = find_writable_chat(state, account, params["chat_id"])
    message = chat.messages.get(params["message_id"])
    if message is None:
        raise bad_request(missing)
    sender: Any = message.get("from", message.get("sender_chat"))
    if sender["id"] not in (account.user.id, chat.id if chat.kind == "channel" else None):
        raise bad_request("message can't be edited")
    return chat, message
