"""Possible replies to an open question: every button, messages, and forged buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from bot.conversation.button_data import parse_button_data
from bot.conversation.engine import Ask
from bot.conversation.reply import Reply, SentFile
from bot.conversation.screens import show_question

if TYPE_CHECKING:
    from bot.conversation.flow import Flow

PHOTO = SentFile("photo", "file-id", "unique-id", None, None, None, 1024)

_texts = st.one_of(
    st.text(min_size=1, max_size=60),
    st.sampled_from(["1", "2", "99", "hai an", "Quay lại", "huy", "0900 000 000", "x" * 4096]),
)
messages = st.builds(
    Reply,
    text=st.none() | _texts,
    attachment=st.none() | st.just(PHOTO),
    phone=st.none() | st.just("+84900000000"),
    phone_of_another=st.booleans(),
    message_id=st.integers(1, 5),
    edited=st.booleans(),
)


def list_button_replies(ask: Ask) -> list[Reply]:
    """Return the replies of all buttons of a question."""
    screen = show_question(ask)
    found = [parse_button_data(button.data) for button in (*screen.choices, *screen.navigation)]
    return [each[1] for each in found if each is not None]


def forge_buttons(flow: Flow) -> st.SearchStrategy[Reply]:
    """Draw the reply of a button that no screen shows: any step, sign and value."""
    data = st.builds(
        lambda step, sign, value: f"{flow.name}.{step}{sign}{value}",
        st.sampled_from([step.name for step in flow.steps] + ["nothing"]),
        st.sampled_from("=<!~"),
        st.one_of(st.text(max_size=20), st.sampled_from(["report", "31", "page-999", "done"])),
    )
    return data.map(lambda text: (parse_button_data(text) or ("", Reply()))[1])


def draw_replies(ask: Ask) -> st.SearchStrategy[Reply]:
    """Draw a reply: mostly a button of the question, sometimes anything."""
    choices: list[st.SearchStrategy[Reply]] = [messages, forge_buttons(ask.flow)]
    expected = list_button_replies(ask)
    if expected:
        choices += [st.sampled_from(expected)] * 4
    return st.one_of(choices)
