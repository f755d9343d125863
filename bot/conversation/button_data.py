"""The data of a button: flow, step, move, value, and the mark of the subject."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.conversation.engine import Navigation, Reply

if TYPE_CHECKING:
    from bot.conversation.engine import Flow, Step

_DATA = re.compile(r"([a-z_]+)\.([a-z_]+)([=<!~])([^#]*)(?:#([0-9a-f]{6}))?", re.ASCII)


def make_button_data(
    flow: Flow, step: Step, move: Navigation, value: str = "", *, subject: str = ""
) -> str:
    """Return the data of a step's button, for example `feedback.kind=report`.

    The mark of the subject stands at the end, as in `reject.reason!#1f3a5c`. Telegram takes at most
    64 bytes.
    """
    return f"{flow.name}.{step.name}{move.value}{value}{subject and f'#{subject}'}"


def parse_button_data(data: str) -> tuple[str, Reply] | None:
    """Return the flow's name and the reply of a button's data; None for any other data."""
    match = _DATA.fullmatch(data)
    if match is None:
        return None
    flow, step, sign, value, subject = match.groups()
    return flow, Reply(step=step, move=Navigation(sign), choice=value, subject=subject or "")
