"""Which message shows the open question, so that the buttons of earlier questions are taken away.

A pressed button is answered in its own message. If that message is of an earlier question, it
loses its buttons instead, and the open question comes once, in a message of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation.turns import STALE, TurnScreen, keep_draft
from bot.core.screen import Screen

if TYPE_CHECKING:
    from bot.conversation.turns import Decided
    from storage.conversations import StoredChat

# The note where the open question is shown, a number. Positive: the id of the message whose button
# led to it and which shows it now. Negative: a press in the message with this id led to it, and it
# stands in a message of its own. Without it the question follows what the person wrote.
PAGE = "@page.message"


def is_pressed_again(row: StoredChat, pressed_in: int | None) -> bool:
    """Return True for one more press in a message whose press has already led to another one."""
    return pressed_in is not None and row.answers.get(PAGE) == -pressed_in


def show_pressed_again(row: StoredChat) -> TurnScreen:
    """Return the notice for such a press: the question that it led to is not sent again."""
    return TurnScreen(Screen(()), row.language, notice=STALE, is_of_earlier=True)


def place_page(
    row: StoredChat, decided: Decided, update_id: int, pressed_in: int | None
) -> Decided:
    """Return what a turn shows and stores, with the place of the page that it shows.

    `pressed_in` is the id of the message whose button was pressed, None if none was. The row of
    the chat is locked, so that of two presses at once the second one knows of the first.
    """
    shown, draft = decided
    if shown is None:
        return decided
    place = row.answers.get(PAGE, 0)
    if pressed_in is not None and shown.is_repeated:
        return replace(shown, is_of_earlier=place == -pressed_in), draft
    if pressed_in is not None and shown.notice == STALE:
        if place == pressed_in:
            return decided
        draft = draft or keep_draft(row, update_id)
        draft = replace(draft, answers={**draft.answers, PAGE: -pressed_in})
        screen = Screen(()) if place < 0 else shown.screen
        return replace(shown, is_of_earlier=True, screen=screen), draft
    if draft is None or draft.flow is None:
        return decided
    answers = {name: value for name, value in draft.answers.items() if name != PAGE}
    if pressed_in is not None:
        # Keys cannot replace a message: they come in one of their own.
        has_keys = shown.screen.sharing is not None
        answers[PAGE] = -pressed_in if has_keys else pressed_in
    return shown, replace(draft, answers=answers)
