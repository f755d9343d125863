"""What a typed message chooses of the buttons of a question: pure functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation.button_data import parse_button_data
from bot.conversation.flow import Rejected
from bot.conversation.meanings import Meaning
from bot.conversation.old_encodings import CONVERTED, ORIGINAL, list_waiting
from bot.conversation.reply import Navigation, Reply
from bot.conversation.screens import is_editing, match_typed_label, show_question
from bot.conversation.typed_words import find_named, list_names, read_meanings, read_number
from bot.core.screen import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.conversation.engine import Ask
    from bot.core.screen import Button

NOT_SENT = "draft.not_sent"  # the reason of Rejected for a "no" at a page with all answers
_OF_NAVIGATION = {
    Navigation.BACK: (Meaning.BACK,),
    Navigation.CANCEL: (Meaning.CANCEL,),
    Navigation.EDIT: (Meaning.EDIT,),
}
_KEEPS = (Meaning.BACK, Meaning.NO, Meaning.CANCEL, Meaning.DONE)  # the button "change nothing"
_OF_CONVERSION = {CONVERTED: (Meaning.YES,), ORIGINAL: (Meaning.NO,)}


def match_typed_button(ask: Ask, reply: Reply, to_text: Callable[[Words | str], str]) -> Reply:
    """Return the reply of the button that a message names; the same reply for any other message.

    It names one by its label, by a word with its meaning, by its number, or by its name within a
    short sentence. The last two count only at a question that takes no text. `to_text` returns a
    label's text in the chat's language.
    """
    labelled = match_typed_label(ask, reply, to_text)
    if labelled is not reply or not reply.text or reply.attachment is not None:
        return labelled
    button = _find_meant(ask, reply.text)
    if button is None and not ask.step.input.takes_text:
        button = _find_named(ask, reply.text, to_text)
        number = read_number(reply.text)
        if button is None and number is not None:
            return replace(reply, text=str(number))
    parsed = parse_button_data(button.data) if button is not None else None
    return reply if parsed is None else replace(parsed[1], message_id=reply.message_id)


def refuse_submission(ask: Ask, reply: Reply) -> Ask | None:
    """Return the turn after a "no" at the page with all answers: nothing is sent or dropped."""
    is_no = reply.step is None and Meaning.NO in read_meanings(reply.text or "")
    if is_no and ask.step.input.is_review and not is_editing(ask):
        return replace(ask, rejected=Rejected(NOT_SENT), is_brief=True)
    return None


def _find_meant(ask: Ask, text: str) -> Button | None:
    """Return the one button that has a meaning of the text; None if none or several have."""
    meanings = read_meanings(text)
    screen = show_question(ask)
    buttons = (*screen.choices, *screen.navigation)
    fitting = [each for each in buttons if meanings.intersection(_list_meanings(ask, each))]
    return fitting[0] if len(fitting) == 1 else None


def _list_meanings(ask: Ask, button: Button) -> tuple[Meaning, ...]:
    parsed = parse_button_data(button.data)
    if parsed is None:
        return ()
    reply = parsed[1]
    if is_editing(ask):
        return _KEEPS if reply.choice == ask.step.name else ()
    if reply.navigation is not Navigation.CHOOSE:
        return _OF_NAVIGATION[reply.navigation]
    if list_waiting(ask.step.name, ask.answers):
        return _OF_CONVERSION.get(reply.choice or "", ())
    options = ask.step.input.options(ask.answers)
    return next((each.meanings for each in options if each.value == reply.choice), ())


def _find_named(ask: Ask, text: str, to_text: Callable[[Words | str], str]) -> Button | None:
    """Return the button whose name is in a short sentence.

    The label of a button with a meaning, such as that of consent, does not count there.
    """
    choices = {each.data: each for each in show_question(ask).choices}
    names = {
        data: list_names(
            each.label.key if isinstance(each.label, Words) else "",
            None if _list_meanings(ask, each) else to_text(each.label),
        )
        for data, each in choices.items()
    }
    found = find_named(text, names)
    return choices[found] if found is not None else None
