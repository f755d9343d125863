"""Methods that put messages into chats."""

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

_ACTIONS = frozenset(
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
_ALBUM = range(2, 11)
# What stays of a message when it is copied or forwarded: what it says, not where it stood.
_CONTENT = frozenset(
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


def send_message(world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    return post_bot_message(world, bot, params, build_text(world, params))


def send_file(kind: str, world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    """A message with one file of a kind."""
    find_writable_chat(world, bot, params["chat_id"])
    content = build_media(kind, resolve_file(world, kind, params[kind]), params)
    if params.get("has_spoiler"):
        content["has_media_spoiler"] = True
    return post_bot_message(world, bot, params, {**content, **build_caption(world, params)})


def send_media_group(world: SimulatorState, bot: BotAccount, params: Json) -> list[Json]:
    items = params["media"]
    kinds = {item["type"] for item in items}
    if len(items) not in _ALBUM:
        raise bad_request("an album must include 2-10 items")
    if not kinds <= {"photo", "video", "audio", "document"}:
        raise bad_request(f"the simulator knows no albums of {' and '.join(sorted(kinds))}")
    if len(kinds) > 1 and not kinds <= {"photo", "video"}:
        raise bad_request("document and audio can't be mixed with other media types")
    find_writable_chat(world, bot, params["chat_id"])
    contents = [_item(world, item) for item in items]
    group = {"media_group_id": str(13_000_000_000_000_000 + world.number())}
    return [post_bot_message(world, bot, params, {**group, **content}) for content in contents]


def _item(world: SimulatorState, item: Json) -> Json:
    file = resolve_file(world, item["type"], item["media"])
    return {**build_media(item["type"], file, item), **build_caption(world, item)}


def send_location(world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    return post_bot_message(world, bot, params, {"location": _point(params)})


def send_venue(world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    venue = {"location": _point(params), "title": params["title"], "address": params["address"]}
    return post_bot_message(world, bot, params, {"location": _point(params), "venue": venue})


def _point(params: Json) -> Json:
    if abs(params["latitude"]) > 90 or abs(params["longitude"]) > 180:
        raise bad_request("wrong latitude or longitude specified")
    return {"latitude": params["latitude"], "longitude": params["longitude"]}


def send_contact(world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    names = ("phone_number", "first_name", "last_name", "vcard")
    contact = {name: params[name] for name in names if name in params}
    return post_bot_message(world, bot, params, {"contact": contact})


def send_chat_action(world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    if params["action"] not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = find_writable_chat(world, bot, params["chat_id"])
    world.events.tell("action", chat.id, action=params["action"])
    return True


def _source(
    world: SimulatorState, bot: BotAccount, params: Json, message_id: int, what: str
) -> Json:
    chat = find_known_chat(world, bot, params["from_chat_id"])
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request(f"message to {what} not found")
    return message


def _content(message: Json) -> Json:
    content = {key: value for key, value in message.items() if key in _CONTENT}
    if not content:
        raise bad_request("message can't be copied")
    return content


def forward_message(world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    message = _source(world, bot, params, params["message_id"], "forward")
    origin = message.get("forward_origin") or _origin(message)
    return post_bot_message(world, bot, params, {**_content(message), "forward_origin": origin})


def _origin(message: Json) -> Json:
    if "from" in message:
        return {"type": "user", "date": message["date"], "sender_user": message["from"]}
    return {
        "type": "channel",
        "date": message["date"],
        "chat": message["sender_chat"],
        "message_id": message["message_id"],
    }


def copy_message(world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    message = _source(world, bot, params, params["message_id"], "copy")
    content = _content(message)
    if "caption" in params:
        content = {key: value for key, value in content.items() if key != "caption_entities"}
        content.update(build_caption(world, params))
    sent = post_bot_message(world, bot, params, content)
    return {"message_id": sent["message_id"]}


def copy_messages(world: SimulatorState, bot: BotAccount, params: Json) -> list[Json]:
    """Those that are there; Telegram passes over the others."""
    chat = find_known_chat(world, bot, params["from_chat_id"])
    found = [chat.messages[one] for one in params["message_ids"] if one in chat.messages]
    if not found:
        raise bad_request("there are no messages to copy")
    place = ("chat_id", "message_thread_id", "protect_content")
    plain = {key: value for key, value in params.items() if key in place}
    sent = [post_bot_message(world, bot, plain, _content(message)) for message in found]
    return [{"message_id": message["message_id"]} for message in sent]


def pin_chat_message(world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat = find_writable_chat(world, bot, params["chat_id"])
    message = chat.messages.get(params["message_id"])
    if message is None:
        raise bad_request("message to pin not found")
    chat.pinned = params["message_id"]
    world.post(chat, {**build_sender(chat, bot), "pinned_message": remove_reply(message)})
    return True


def unpin_chat_message(world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat = find_writable_chat(world, bot, params["chat_id"])
    wanted = params.get("message_id", chat.pinned)
    if chat.pinned is None or wanted != chat.pinned:
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
