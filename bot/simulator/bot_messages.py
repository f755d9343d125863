"""Messages of bots: where they may go, what they reply to, what they show."""

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
_MARKDOWN = frozenset({"markdown", "markdownv2"})


def find_known_chat(
    world: SimulatorState, account: BotAccount, chat_id: int | str
) -> SimulatedChat:
    """A chat that the bot knows of."""
    chat = world.chats.get(chat_id) if isinstance(chat_id, int) else None
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
    world: SimulatorState, account: BotAccount, chat_id: int | str
) -> SimulatedChat:
    """A chat that the bot may write to."""
    chat = find_known_chat(world, account, chat_id)
    if chat.is_private:
        if chat.id in account.blocked_by:
            raise ApiError("Forbidden: bot was blocked by the user", 403)
        if chat.id not in account.started_by:
            raise ApiError("Forbidden: bot can't initiate conversation with a user", 403)
    return chat


def parse_entities(
    world: SimulatorState, text: str, parse_mode: str | None, given: list[Json] | None
) -> tuple[str, list[Json]]:
    """A text as it will be shown, and its entities."""
    mode = (parse_mode or "").lower()
    if mode == "html":
        text, entities = parse_html(text)
    elif mode in _MARKDOWN:
        raise bad_request("the simulator knows no parse_mode but HTML")
    elif mode:
        raise bad_request("unsupported parse_mode")
    else:
        entities = list(given or [])
    text, entities = complete_entities(text, entities)
    return text, [_with_user(world, entity) for entity in entities]


def _with_user(world: SimulatorState, entity: Json) -> Json:
    if entity["type"] != "text_mention":
        return entity
    user = world.users.get(entity.get("user", {}).get("id"))
    return {**entity, "user": user.as_json()} if user else entity


def build_text(world: SimulatorState, params: Json) -> Json:
    """The text of a text message."""
    text, entities = parse_entities(
        world, params["text"], params.get("parse_mode"), params.get("entities")
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


def build_caption(world: SimulatorState, params: Json) -> Json:
    """The caption of anything else; empty when there is none."""
    if not params.get("caption"):
        return {}
    caption, entities = parse_entities(
        world, params["caption"], params.get("parse_mode"), params.get("caption_entities")
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
    world: SimulatorState, account: BotAccount, params: Json, content: Json
) -> Json:
    """Send a message with this content to where the parameters say; the message."""
    chat = find_writable_chat(world, account, params["chat_id"])
    place = _place(chat, params)
    reply = _reply(world, chat, params)
    shown = build_inline_keyboard(params)
    if params.get("protect_content"):
        place["has_protected_content"] = True
    message = world.post(
        chat, {**build_sender(chat, account), **place, **reply, **content, **shown}
    )
    markup = params.get("reply_markup")
    if markup and not shown:
        show_reply_keyboard(world, chat, message["message_id"], markup)
    return message


def build_inline_keyboard(params: Json) -> Json:
    """The part of a message that shows its inline keyboard; empty without one."""
    markup = params.get("reply_markup")
    inline = check_inline_keyboard(markup) if markup else None
    return {"reply_markup": inline} if inline else {}


def build_sender(chat: SimulatedChat, account: BotAccount) -> Json:
    """Who a bot's message is from."""
    if chat.kind == "channel":
        return {"sender_chat": chat.as_json()}
    return {"from": account.user.as_json()}


def _place(chat: SimulatedChat, params: Json) -> Json:
    thread = params.get("message_thread_id")
    if thread is None or (chat.is_forum and thread == 1):
        return {}
    topic = chat.topics.get(thread)
    if topic is None:
        raise bad_request("message thread not found")
    return {"message_thread_id": thread, "is_topic_message": True}


def _reply(world: SimulatorState, chat: SimulatedChat, params: Json) -> Json:
    asked = params.get("reply_parameters")
    if not asked:
        return {}
    where = world.chats.get(asked.get("chat_id", chat.id))
    found = where.messages.get(asked["message_id"]) if where else None
    if found is None:
        if asked.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    return {"reply_to_message": remove_reply(found)}


def remove_reply(message: Json) -> Json:
    """As it stands inside of another: Telegram does not go further down."""
    return {key: value for key, value in message.items() if key != "reply_to_message"}


def find_own_message(
    world: SimulatorState, account: BotAccount, params: Json, missing: str
) -> tuple[SimulatedChat, Json]:
    """A message that the bot may change."""
    if "chat_id" not in params or "message_id" not in params:
        raise bad_request("message identifier is not specified")
    chat = find_writable_chat(world, account, params["chat_id"])
    message = chat.messages.get(params["message_id"])
    if message is None:
        raise bad_request(missing)
    sender: Any = message.get("from", message.get("sender_chat"))
    if sender["id"] not in (account.user.id, chat.id if chat.kind == "channel" else None):
        raise bad_request("message can't be edited")
    return chat, message
