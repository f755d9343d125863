"""Methods that configure the profile of a bot: commands, descriptions, name, menu button.

Each function implements the Bot API method of its name and raises ApiError.
"""

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

_COMMAND_PATTERN = re.compile(r"/?[a-z0-9_]{1,32}")
_LANGUAGE_PATTERN = re.compile(r"[a-z]{2}|")
_MAX_CHARACTERS = {"description": 512, "short_description": 120, "name": 64}


def _name_scope(state: SimulatorState, bot: BotAccount, params: Json) -> str:
    """Return a scope of commands as a text, such as "chat/5"."""
    scope = params.get("scope") or {"type": "default"}
    kind: str = scope["type"]
    if "chat_id" in scope:
        kind += f"/{find_known_chat(state, bot, _parse_chat_id(scope['chat_id'])).id}"
    if "user_id" in scope:
        kind += f"/{scope['user_id']}"
    return kind


def _parse_chat_id(chat_id: int | str) -> int | str:
    text = str(chat_id)
    return int(text) if text.lstrip("-").isdigit() else chat_id


def _read_language(params: Json) -> str:
    code: str = params.get("language_code") or ""
    if not _LANGUAGE_PATTERN.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


def set_my_commands(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    commands = params["commands"]
    if len(commands) > 100:
        raise bad_request("too many commands")
    for command in commands:
        if not _COMMAND_PATTERN.fullmatch(command["command"]):
            raise bad_request("BOT_COMMAND_PATTERN_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad_request("BOT_COMMAND_PATTERN_DESCRIPTION_INVALID")
    clean = [
        {"command": command["command"].lstrip("/"), "description": command["description"]}
        for command in commands
    ]
    key = _name_scope(state, bot, params), _read_language(params)
    bot.commands.pop(key, None)
    if clean:
        bot.commands[key] = clean
    return True


def get_my_commands(state: SimulatorState, bot: BotAccount, params: Json) -> list[Json]:
    return bot.commands.get((_name_scope(state, bot, params), _read_language(params)), [])


def delete_my_commands(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    bot.commands.pop((_name_scope(state, bot, params), _read_language(params)), None)
    return True


def list_menu_commands(bot: BotAccount, chat: SimulatedChat, user: User) -> list[Json]:
    """Return the commands that a person sees: those of the narrowest scope.

    Commands in the person's language are preferred within a scope.
    """
    language = (user.language_code or "")[:2].lower()
    for scope in _list_scopes(chat, user):
        for code in (language, ""):
            commands = bot.commands.get((scope, code))
            if commands:
                return commands
    return []


def _list_scopes(chat: SimulatedChat, user: User) -> Iterator[str]:
    """Yield the scopes for a person in a chat, narrowest first."""
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


def set_text(name: str, _state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    """Set the description, short description or name, in one language or for all others."""
    text = params.get(name) or ""
    if len(text) > _MAX_CHARACTERS[name]:
        raise bad_request(f"bot {name.replace('_', ' ')} is too long")
    key = name, _read_language(params)
    bot.texts.pop(key, None)
    if text:
        bot.texts[key] = text
    return True


def get_text(name: str, _state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    """Return the text in a language, by default the text for all languages."""
    default = bot.user.first_name if name == "name" else ""
    text = bot.texts.get((name, _read_language(params))) or bot.texts.get((name, ""), default)
    return {name: text}


def set_chat_menu_button(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat_id = _find_menu_chat(state, bot, params)
    bot.menu_buttons[chat_id] = params.get("menu_button") or {"type": "default"}
    return True


def get_chat_menu_button(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    button = bot.menu_buttons.get(_find_menu_chat(state, bot, params))
    if button is None or button["type"] == "default":
        button = bot.menu_buttons.get(None)
    return button or {"type": "commands"}


def _find_menu_chat(state: SimulatorState, bot: BotAccount, params: Json) -> int | None:
    """Return the id of the private chat, None for the default button. Raises ApiError."""
    if "chat_id" not in params:
        return None
    chat = find_known_chat(state, bot, params["chat_id"])
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
