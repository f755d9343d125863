"""Inline keyboards, and what reply keyboards do to the place under a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator.api_types import bad_request
from bot.simulator.chats import InputArea

if TYPE_CHECKING:
    from bot.simulator.api_types import Json
    from bot.simulator.chats import SimulatedChat
    from bot.simulator.state import SimulatorState

_MOST_BUTTONS = 100
_LONGEST_DATA = 64
_DECORATION = frozenset({"text", "style", "icon_custom_emoji_id"})
_SCHEMES = ("http://", "https://", "tg://", "ton://")


def check_inline_keyboard(markup: Json) -> Json | None:
    """An inline keyboard as Telegram shows it; None when it has no button or is of another kind."""
    rows = markup.get("inline_keyboard")
    if rows is None:
        if "keyboard" in markup and not any(markup["keyboard"]):
            raise bad_request("reply keyboard must have at least one button")
        return None
    count = 0
    for row in rows:
        for button in row:
            _check_button(button)
            count += 1
    if count > _MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": [row for row in rows if row]} if count else None


def _check_button(button: Json) -> None:
    if not button["text"]:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons must have a non-empty text"
        )
    data = button.get("callback_data")
    if data is not None:
        if not 1 <= len(data.encode()) <= _LONGEST_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
        if len(button) == 2:  # the usual button: nothing else to look at
            return
    uses = [key for key in button if key not in _DECORATION]
    if not uses:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(uses) > 1:
        raise bad_request(
            f"can't parse inline keyboard button: {' and '.join(uses)} cannot go together"
        )
    address = button.get("url")
    if address is not None and not _is_address(address):
        raise bad_request(f"inline keyboard button URL '{address}' is invalid: Wrong HTTP URL")


def _is_address(address: str) -> bool:
    return address.startswith(_SCHEMES) or ("://" not in address and "." in address)


def show_reply_keyboard(
    world: SimulatorState, chat: SimulatedChat, message_id: int, markup: Json
) -> None:
    """Put up a reply keyboard, take it away, or ask for a reply."""
    if "keyboard" in markup:
        rows = [row for row in markup["keyboard"] if row]
        chat.shown = InputArea({**markup, "keyboard": rows}, markup.get("input_field_placeholder"))
    elif "remove_keyboard" in markup:
        chat.shown = InputArea()
    elif "force_reply" in markup:
        place = markup.get("input_field_placeholder")
        chat.shown = InputArea(chat.shown.keyboard, place, message_id)
    else:
        return
    world.events.tell("keyboard", chat.id)


def close_used_keyboard(world: SimulatorState, chat: SimulatedChat, *, chosen: bool) -> None:
    """A person wrote: a request for a reply is over, and so is a keyboard meant for one choice."""
    shown = chat.shown
    if shown.replying_to is not None:
        keyboard = shown.keyboard
        placeholder = keyboard.get("input_field_placeholder") if keyboard else None
        chat.shown = shown = InputArea(keyboard, placeholder)
        world.events.tell("keyboard", chat.id)
    if chosen and shown.keyboard and shown.keyboard.get("one_time_keyboard"):
        chat.shown = InputArea()
        world.events.tell("keyboard", chat.id)


def list_inline_buttons(message: Json) -> list[Json]:
    """The buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]
