"""Methods that send, copy, forward and pin messages.

Each function implements the Bot API method of its name and raises ApiError.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.simulator.api_types import bad_request
from bot.simulator.bot_messages import (
    build_caption,
    build_sender,
    build_text,
    find_known_chat,
    find_writable_chat,
    post_bot_message,
    remove_reply,
)
from bot.simulator.media import build_media, resolve_file

if TYPE_CHECKING:
    from bot.simulator.api_types import Json
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.methods.signature import Method
    from bot.simulator.state import SimulatorState

_CHAT_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
_ALBUM_SIZES = range(2, 11)
# The fields of a message that are copied and forwarded.
_CONTENT_FIELDS = frozenset(
    {
        "text",
        "entities",
        "link_preview_options",
        "caption",
        "caption_entities",
        "photo",
        "video",
        "voice",
        "audio",
        "document",
        "animation",
        "video_note",
        "sticker",
        "contact",
        "location",
        "venue",
        "show_caption_above_media",
        "has_media_spoiler",
    }
)


def send_message(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    return post_bot_message(state, bot, params, build_text(state, params))


def send_file(kind: str, state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    """Send a message with one file of a kind."""
    find_writable_chat(state, bot, params["chat_id"])
    content = build_media(kind, resolve_file(state, kind, params[kind]), params)
    if params.get("has_spoiler"):
        content["has_media_spoiler"] = True
    return post_bot_message(state, bot, params, {**content, **build_caption(state, params)})


def send_media_group(state: SimulatorState, bot: BotAccount, params: Json) -> list[Json]:
    items = params["media"]
    kinds = {item["type"] for item in items}
    if len(items) not in _ALBUM_SIZES:
        raise bad_request("an album must include 2-10 items")
    if not kinds <= {"photo", "video", "audio", "document"}:
        raise bad_request(f"the simulator knows no albums of {' and '.join(sorted(kinds))}")
    if len(kinds) > 1 and not kinds <= {"photo", "video"}:
        raise bad_request("document and audio can't be mixed with other media types")
    find_writable_chat(state, bot, params["chat_id"])
    contents = [_build_album_item(state, item) for item in items]
    group = {"media_group_id": str(13_000_000_000_000_000 + state.next_number())}
    return [post_bot_message(state, bot, params, {**group, **content}) for content in contents]


def _build_album_item(state: SimulatorState, item: Json) -> Json:
    file = resolve_file(state, item["type"], item["media"])
    return {**build_media(item["type"], file, item), **build_caption(state, item)}


def send_location(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    return post_bot_message(state, bot, params, {"location": _build_location(params)})


def send_venue(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    venue = {
        "location": _build_location(params),
        "title": params["title"],
        "address": params["address"],
    }
    return post_bot_message(
        state, bot, params, {"location": _build_location(params), "venue": venue}
    )


def _build_location(params: Json) -> Json:
    if abs(params["latitude"]) > 90 or abs(params["longitude"]) > 180:
        raise bad_request("wrong latitude or longitude specified")
    return {"latitude": params["latitude"], "longitude": params["longitude"]}


def send_contact(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    names = ("phone_number", "first_name", "last_name", "vcard")
    contact = {name: params[name] for name in names if name in params}
    return post_bot_message(state, bot, params, {"contact": contact})


def send_chat_action(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    if params["action"] not in _CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = find_writable_chat(state, bot, params["chat_id"])
    state.events.add_event("action", chat.id, action=params["action"])
    return True


def _find_source(
    state: SimulatorState, bot: BotAccount, params: Json, message_id: int, verb: str
) -> Json:
    """Return the message to copy or forward. Raises ApiError; `verb` is for its text."""
    chat = find_known_chat(state, bot, params["from_chat_id"])
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request(f"message to {verb} not found")
    return message


def _copy_content(message: Json) -> Json:
    """Return the fields of a message that a copy has. Raises ApiError if there are none."""
    content = {key: value for key, value in message.items() if key in _CONTENT_FIELDS}
    if not content:
        raise bad_request("message can't be copied")
    return content


def forward_message(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    message = _find_source(state, bot, params, params["message_id"], "forward")
    origin = message.get("forward_origin") or _build_origin(message)
    return post_bot_message(
        state, bot, params, {**_copy_content(message), "forward_origin": origin}
    )


def _build_origin(message: Json) -> Json:
    """Return the object "MessageOrigin" of the Bot API."""
    if "from" in message:
        return {"type": "user", "date": message["date"], "sender_user": message["from"]}
    return {
        "type": "channel",
        "date": message["date"],
        "chat": message["sender_chat"],
        "message_id": message["message_id"],
    }


def copy_message(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    message = _find_source(state, bot, params, params["message_id"], "copy")
    content = _copy_content(message)
    if "caption" in params:
        content = {key: value for key, value in content.items() if key != "caption_entities"}
        content.update(build_caption(state, params))
    sent = post_bot_message(state, bot, params, content)
    return {"message_id": sent["message_id"]}


def copy_messages(state: SimulatorState, bot: BotAccount, params: Json) -> list[Json]:
    """Copy the messages that exist. Telegram ignores the others."""
    chat = find_known_chat(state, bot, params["from_chat_id"])
    messages = [chat.messages[key] for key in params["message_ids"] if key in chat.messages]
    if not messages:
        raise bad_request("there are no messages to copy")
    target_fields = ("chat_id", "message_thread_id", "protect_content")
    target = {key: value for key, value in params.items() if key in target_fields}
    sent = [post_bot_message(state, bot, target, _copy_content(message)) for message in messages]
    return [{"message_id": message["message_id"]} for message in sent]


def pin_chat_message(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat = find_writable_chat(state, bot, params["chat_id"])
    message = chat.messages.get(params["message_id"])
    if message is None:
        raise bad_request("message to pin not found")
    chat.pinned = params["message_id"]
    state.post_message(chat, {**build_sender(chat, bot), "pinned_message": remove_reply(message)})
    return True


def unpin_chat_message(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat = find_writable_chat(state, bot, params["chat_id"])
    message_id = params.get("message_id", chat.pinned)
    if chat.pinned is None or message_id != chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned = None
    return True


METHODS: dict[str, Method] = {
    "sendMessage": send_message,
    "sendPhoto": partial(send_file, "photo"),
    "sendVideo": partial(send_file, "video"),
    "sendVoice": partial(send_file, "voice"),
    "sendDocument": partial(send_file, "document"),
    "sendAudio": partial(send_file, "audio"),
    "sendAnimation": partial(send_file, "animation"),
    "sendVideoNote": partial(send_file, "video_note"),
    "sendSticker": partial(send_file, "sticker"),
    "sendMediaGroup": send_media_group,
    "sendLocation": send_location,
    "sendVenue": send_venue,
    "sendContact": send_contact,
    "sendChatAction": send_chat_action,
    "forwardMessage": forward_message,
    "copyMessage": copy_message,
    "copyMessages": copy_messages,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
}
