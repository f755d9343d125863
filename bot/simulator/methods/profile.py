"""What a bot says of itself: commands, descriptions, name, menu button."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from bot.simulator.api_types import bad_request
from bot.simulator.bot_messages import find_known_chat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.simulator.api_types import Json, User
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.chats import SimulatedChat
    from bot.simulator.methods.signature import Method
    from bot.simulator.state import SimulatorState

_COMMAND = re.compile(r"/?[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}|")
_LIMITS = {"description": 512, "short_description": 120, "name": 64}


def _scope(world: SimulatorState, bot: BotAccount, params: Json) -> str:
    scope = params.get("scope") or {"type": "default"}
    kind: str = scope["type"]
    if "chat_id" in scope:
        kind += f"/{find_known_chat(world, bot, _number(scope['chat_id'])).id}"
    if "user_id" in scope:
        kind += f"/{scope['user_id']}"
    return kind


def _number(chat_id: int | str) -> int | str:
    text = str(chat_id)
    return int(text) if text.lstrip("-").isdigit() else chat_id


def _language(params: Json) -> str:
    code: str = params.get("language_code") or ""
    if not _LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


def set_my_commands(world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    commands = params["commands"]
    if len(commands) > 100:
        raise bad_request("too many commands")
    for one in commands:
        if not _COMMAND.fullmatch(one["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(one["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    clean = [
        {"command": one["command"].lstrip("/"), "description": one["description"]}
        for one in commands
    ]
    key = _scope(world, bot, params), _language(params)
    bot.commands.pop(key, None)
    if clean:
        bot.commands[key] = clean
    return True


def get_my_commands(world: SimulatorState, bot: BotAccount, params: Json) -> list[Json]:
    return bot.commands.get((_scope(world, bot, params), _language(params)), [])


def delete_my_commands(world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    bot.commands.pop((_scope(world, bot, params), _language(params)), None)
    return True


def list_menu_commands(bot: BotAccount, chat: SimulatedChat, user: User) -> list[Json]:
    """The commands this person is shown: the narrowest scope, in their language if it has one."""
    language = (user.language_code or "")[:2].lower()
    for scope in _scopes(chat, user):
        for code in (language, ""):
            commands = bot.commands.get((scope, code))
            if commands:
                return commands
    return []


def _scopes(chat: SimulatedChat, user: User) -> Iterator[str]:
    if chat.is_private:
        yield from (f"chat/{chat.id}", "all_private_chats", "default")
        return
    is_administrator = chat.members.get(user.id) in ("creator", "administrator")
    yield f"chat_member/{chat.id}/{user.id}"
    if is_administrator:
        yield f"chat_administrators/{chat.id}"
    yield f"chat/{chat.id}"
    if is_administrator:
        yield "all_chat_administrators"
    yield from ("all_group_chats", "default")


def set_text(what: str, _world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    """Description, short description or name, in a language or for all others."""
    text = params.get(what) or ""
    if len(text) > _LIMITS[what]:
        raise bad_request(f"bot {what.replace('_', ' ')} is too long")
    key = what, _language(params)
    bot.words.pop(key, None)
    if text:
        bot.words[key] = text
    return True


def get_text(what: str, _world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    """The words for a language, or else those for all."""
    default = bot.user.first_name if what == "name" else ""
    text = bot.words.get((what, _language(params))) or bot.words.get((what, ""), default)
    return {what: text}


def set_chat_menu_button(world: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat_id = _menu_chat(world, bot, params)
    bot.menu_buttons[chat_id] = params.get("menu_button") or {"type": "default"}
    return True


def get_chat_menu_button(world: SimulatorState, bot: BotAccount, params: Json) -> Json:
    chosen = bot.menu_buttons.get(_menu_chat(world, bot, params))
    if chosen is None or chosen["type"] == "default":
        chosen = bot.menu_buttons.get(None)
    return chosen or {"type": "commands"}


def _menu_chat(world: SimulatorState, bot: BotAccount, params: Json) -> int | None:
    if "chat_id" not in params:
        return None
    chat = find_known_chat(world, bot, params["chat_id"])
    if not chat.is_private:
        raise bad_request("chat_id must be of a private chat")
    return chat.id


METHODS: dict[str, Method] = {
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyDescription": partial(set_text, "description"),
    "getMyDescription": partial(get_text, "description"),
    "setMyShortDescription": partial(set_text, "short_description"),
    "getMyShortDescription": partial(get_text, "short_description"),
    "setMyName": partial(set_text, "name"),
    "getMyName": partial(get_text, "name"),
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
}
