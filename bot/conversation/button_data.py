"""The data of a button: flow, step, navigation sign, value, and the hash of the subject."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.conversation.reply import Navigation, Reply

if TYPE_CHECKING:
    from bot.conversation.flow import Flow, Step

_DATA = re.compile(r"([a-z_]+)\.([a-z_]+)([=<!~])([^#]*)(?:#([0-9a-f]{6}))?", re.ASCII)


def make_button_data(
    flow: Flow, step: Step, navigation: Navigation, value: str = "", *, subject: str = ""
) -> str:
    """Return the data of a step's button, for example `feedback.kind=report`.

    `subject` is the result of `hash_subject`; it is added at the end, as in
    `reject.reason!#1f3a5c`. Telegram accepts at most 64 bytes; the length is not checked here.
    """
    return f"{flow.name}.{step.name}{navigation.value}{value}{subject and f'#{subject}'}"


def parse_button_data(data: str) -> tuple[str, Reply] | None:
    """Return the flow's name and the reply that a button's data stand for; None for other data."""
    match = _DATA.fullmatch(data)
    if match is None:
        return None
    flow, step, sign, value, subject = match.groups()
    return flow, Reply(step=step, navigation=Navigation(sign), choice=value, subject=subject or "")
