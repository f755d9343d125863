"""Inline keyboards, and what reply keyboards do to the place under a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator.chats import Shown
from bot.simulator.values import bad

if TYPE_CHECKING:
    from bot.simulator.chats import Chat
    from bot.simulator.values import Json
    from bot.simulator.world import World

_MOST_BUTTONS = 100
_LONGEST_DATA = 64
_DECORATION = frozenset({"text", "style", "icon_custom_emoji_id"})
_SCHEMES = ("http://", "https://", "tg://", "ton://")


def checked(markup: Json) -> Json | None:
    """An inline keyboard as Telegram shows it; None when it has no button or is of another kind."""
    rows = markup.get("inline_keyboard")
    if rows is None:
        if "keyboard" in markup and not any(markup["keyboard"]):
            raise bad("reply keyboard must have at least one button")
        return None
    count = 0
    for row in rows:
        for button in row:
            _check_button(button)
            count += 1
    if count > _MOST_BUTTONS:
        raise bad("reply markup is too long")
    return {"inline_keyboard": [row for row in rows if row]} if count else None


def _check_button(button: Json) -> None:
    if not button["text"]:
        raise bad("can't parse inline keyboard button: Text buttons must have a non-empty text")
    data = button.get("callback_data")
    if data is not None:
        if not 1 <= len(data.encode()) <= _LONGEST_DATA:
            raise bad("BUTTON_DATA_INVALID")
        if len(button) == 2:  # the usual button: nothing else to look at
            return
    uses = [key for key in button if key not in _DECORATION]
    if not uses:
        raise bad(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(uses) > 1:
        raise bad(f"can't parse inline keyboard button: {' and '.join(uses)} cannot go together")
    address = button.get("url")
    if address is not None and not _is_address(address):
        raise bad(f"inline keyboard button URL '{address}' is invalid: Wrong HTTP URL")


def _is_address(address: str) -> bool:
    return address.startswith(_SCHEMES) or ("://" not in address and "." in address)


def show(world: World, chat: Chat, message_id: int, markup: Json) -> None:
    """Put up a reply keyboard, take it away, or ask for a reply."""
    if "keyboard" in markup:
        rows = [row for row in markup["keyboard"] if row]
        chat.shown = Shown({**markup, "keyboard": rows}, markup.get("input_field_placeholder"))
    elif "remove_keyboard" in markup:
        chat.shown = Shown()
    elif "force_reply" in markup:
        place = markup.get("input_field_placeholder")
        chat.shown = Shown(chat.shown.keyboard, place, message_id)
    else:
        return
    world.events.tell("keyboard", chat.id)


def after_a_message(world: World, chat: Chat, *, chosen: bool) -> None:
    """A person wrote: a request for a reply is over, and so is a keyboard meant for one choice."""
    shown = chat.shown
    if shown.replying_to is not None:
        keyboard = shown.keyboard
        placeholder = keyboard.get("input_field_placeholder") if keyboard else None
        chat.shown = shown = Shown(keyboard, placeholder)
        world.events.tell("keyboard", chat.id)
    if chosen and shown.keyboard and shown.keyboard.get("one_time_keyboard"):
        chat.shown = Shown()
        world.events.tell("keyboard", chat.id)


def buttons(message: Json) -> list[Json]:
    """The buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]
