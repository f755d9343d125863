"""Check inline keyboards, and apply reply keyboards to the input area of a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator.api_types import bad_request
from bot.simulator.chats import InputArea

if TYPE_CHECKING:
    from bot.simulator.api_types import Json
    from bot.simulator.chats import SimulatedChat
    from bot.simulator.state import SimulatorState

_MAX_BUTTONS = 100  # of one inline keyboard
_MAX_DATA_BYTES = 64  # of the callback data of one button
_APPEARANCE_FIELDS = frozenset({"text", "style", "icon_custom_emoji_id"})
_URL_SCHEMES = ("http://", "https://", "tg://", "ton://")


def check_inline_keyboard(markup: Json) -> Json | None:
    """Return a valid inline keyboard, without empty rows. Raises ApiError.

    Return None for another kind of keyboard and for one without buttons.
    """
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
    if count > _MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": [row for row in rows if row]} if count else None


def _check_button(button: Json) -> None:
    """Check a button of an inline keyboard. Raises ApiError."""
    if not button["text"]:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons must have a non-empty text"
        )
    data = button.get("callback_data")
    if data is not None:
        if not 1 <= len(data.encode()) <= _MAX_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
        if len(button) == 2:  # the usual button has no other fields
            return
    actions = [key for key in button if key not in _APPEARANCE_FIELDS]
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1:
        raise bad_request(
            f"can't parse inline keyboard button: {' and '.join(actions)} cannot go together"
        )
    url = button.get("url")
    if url is not None and not _is_url(url):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _is_url(url: str) -> bool:
    return url.startswith(_URL_SCHEMES) or ("://" not in url and "." in url)


def show_reply_keyboard(
    state: SimulatorState, chat: SimulatedChat, message_id: int, markup: Json
) -> None:
    """Apply the reply markup of a message: show or remove a keyboard, request a reply."""
    if "keyboard" in markup:
        rows = [row for row in markup["keyboard"] if row]
        chat.input_area = InputArea(
            {**markup, "keyboard": rows}, markup.get("input_field_placeholder")
        )
    elif "remove_keyboard" in markup:
        chat.input_area = InputArea()
    elif "force_reply" in markup:
        placeholder = markup.get("input_field_placeholder")
        chat.input_area = InputArea(chat.input_area.keyboard, placeholder, message_id)
    else:
        return
    state.events.add_event("keyboard", chat.id)


def close_used_keyboard(state: SimulatorState, chat: SimulatedChat, *, chosen: bool) -> None:
    """Update the input area after a person has written.

    A request for a reply ends. A one-time keyboard disappears if the message was `chosen` on it.
    """
    area = chat.input_area
    if area.replying_to is not None:
        keyboard = area.keyboard
        placeholder = keyboard.get("input_field_placeholder") if keyboard else None
        chat.input_area = area = InputArea(keyboard, placeholder)
        state.events.add_event("keyboard", chat.id)
    if chosen and area.keyboard and area.keyboard.get("one_time_keyboard"):
        chat.input_area = InputArea()
        state.events.add_event("keyboard", chat.id)


def list_inline_buttons(message: Json) -> list[Json]:
    """Return the inline buttons of a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]
