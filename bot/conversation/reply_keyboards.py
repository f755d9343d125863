"""Reply keyboards: keys that a question shows in place of the person's own keyboard.

A messenger shows its buttons for sharing a contact or a location only there. Such a key sends its
label as a text, which can come long after its question: nothing tells it from a typed text.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from bot.conversation.flow import shares_nothing
from bot.conversation.screens import BACK, CANCEL
from bot.conversation.subjects import ASKED
from bot.conversation.turns import STALE
from bot.core.screen import Screen, Words
from bot.core.text_folding import fold_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.conversation.bindings import FlowBinding
    from bot.conversation.engine import Ask
    from bot.conversation.flow import Flow
    from bot.conversation.turns import TurnScreen
    from storage.conversations import StoredChat


class ReplyKeyboards:
    """Knows the labels of all keys, in every language that `to_text` is asked for."""

    def __init__(self, flows: Iterable[Flow], to_text: Callable[[Words | str, str], str]) -> None:
        """Collect the labels of the questions that can show keys."""
        self.to_text = to_text
        labels = [BACK, CANCEL]
        for flow in flows:
            for step in flow.steps:
                if step.input.sharing is not shares_nothing:
                    share = Words(f"{flow.name}.{step.name}.share")
                    labels += [share, *step.input.key_labels]
        self._labels = tuple(labels)
        self._fold_labels_cached = cache(self._fold_labels)

    def _fold_labels(self, language: str) -> frozenset[str]:
        return frozenset(fold_text(self.to_text(label, language)) for label in self._labels)

    def is_label(self, text: str | None, language: str) -> bool:
        """Return True if a text is the label of a key. Case and diacritics are ignored."""
        return text is not None and fold_text(text) in self._fold_labels_cached(language)


def shows_keyboard(binding: FlowBinding | None, row: StoredChat) -> bool:
    """Return True if the newest screen of a chat has keys: its question was shown, not another."""
    if binding is None or ASKED in row.answers:
        return False
    step = binding.flow.find_open_step(row.answers)
    if step is None or step.input.sharing is shares_nothing:
        return False
    return step.input.sharing(binding.flow.drop_invalid_answers(row.answers)) is not None


def remove_keyboard(shown: TurnScreen | None) -> TurnScreen | None:
    """Return what is shown after a screen with keys: without keys of its own it removes them."""
    if shown is None or not shown.screen.paragraphs or shown.screen.sharing is not None:
        return shown
    return replace(shown, screen=replace(shown.screen, removes_keyboard=True))


def refuse_label(ask: Ask) -> Ask:
    """Return the turn for a key of an earlier question: it asks again, and says why."""
    return replace(ask, is_stale=True, notices=(*ask.notices, STALE), is_brief=True)


def show_nothing_open() -> Screen:
    """Return the screen for a key that is pressed while no conversation is open."""
    return Screen((Words("draft.none"),), removes_keyboard=True)
