"""Conflicts: a conversation is asked for while one is open; the person chooses one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.conversation.engine import present
from bot.conversation.screens import show_conflict
from bot.conversation.subjects import ASKED, forget_asked
from bot.conversation.turns import TurnScreen, keep_draft, name_draft, show_turn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from bot.conversation.bindings import FlowBinding
    from bot.conversation.message_subjects import ReplyTarget
    from bot.conversation.turns import Decided
    from bot.core.screen import Words
    from storage.models import Conversation


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Asks which conversation to continue; `bindings` are all flows by their names."""

    bindings: Mapping[str, FlowBinding]

    def ask_which(
        self, binding: FlowBinding, row: Conversation, target: ReplyTarget, update_id: int
    ) -> Decided:
        """Ask which conversation a reply is meant for: the open one is about something else."""
        if target.screen is not None:
            return TurnScreen(target.screen, row.language), None
        if update_id in row.updates:
            return self.show_question(binding, row), None
        asked = {"flow": target.flow, "facts": dict(target.facts)}
        answers = {**forget_asked(row.answers), ASKED: asked}
        kept = replace(keep_draft(row, update_id), answers=answers)
        return self.show_question(binding, row, answers), kept

    def show_question(
        self,
        binding: FlowBinding,
        row: Conversation,
        answers: Mapping[str, Any] | None = None,
        notices: tuple[Words, ...] = (),
    ) -> TurnScreen:
        """Return the question which conversation to continue; the open question without a choice.

        `answers` are those of the draft, if they are not stored yet.
        """
        given = row.answers if answers is None else answers
        asked = given.get(ASKED)
        if asked is None:
            return show_turn(binding, present(binding.flow, given), row.language)
        other = self.bindings[asked["flow"]]
        asked_name, open_name = name_draft(other, asked["facts"]), name_draft(binding, given)
        screen = show_conflict(asked_name, open_name, notices)
        return TurnScreen(screen, row.language)
