"""Conflicts: a conversation is asked for while one is open; the person chooses one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.conversation.consent import (
    UNCONSENTED_LIFETIME,
    asks_consent,
    has_agreed,
    waits_for_consent,
)
from bot.conversation.engine import present
from bot.conversation.screens import show_conflict
from bot.conversation.subjects import ASKED, forget_asked, get_subject
from bot.conversation.turns import TurnScreen, keep_draft, name_draft, show_turn
from bot.conversation.waiting_messages import check_messages
from bot.core.screen import Screen, Words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from typing import Any

    from bot.conversation.bindings import FlowBinding
    from bot.conversation.message_subjects import ReplyTarget
    from bot.conversation.turns import Decided
    from bot.core.unit_of_work import UnitOfWork
    from storage.conversations import Draft, StoredChat

_MAX_MESSAGES = 10  # that wait for the choice


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Asks which conversation to continue.

    `bindings` are all flows by their names. `lifetime` is that of a draft.
    """

    bindings: Mapping[str, FlowBinding]
    lifetime: timedelta

    async def ask_which(
        self,
        work: UnitOfWork,
        binding: FlowBinding,
        row: StoredChat,
        target: ReplyTarget,
        update_id: int,
    ) -> Decided:
        """Ask which conversation a reply is meant for: the open one is about something else."""
        if target.screen is not None:
            return TurnScreen(target.screen, row.language), None
        if update_id in row.updates:
            return self.show_question(binding, row), None
        asked = _add_messages(
            row.answers.get(ASKED), {"flow": target.flow, "facts": dict(target.facts)}
        )
        taken, reasons = check_messages(self.bindings[target.flow].flow, asked["facts"])
        answers = {**forget_asked(row.answers), ASKED: {**asked, "facts": dict(taken)}}
        kept = replace(keep_draft(row, update_id), answers=answers)
        kept = await self.limit_life(work, row, kept)
        return self.show_question(binding, row, answers, reasons), kept

    async def limit_life(self, work: UnitOfWork, row: StoredChat, draft: Draft) -> Draft:
        """Return a draft with the life that it has beside the conversation that was asked for.

        It is short while messages wait of somebody who has not consented, and not extended by more
        of them. When none waits any more, it is that of any draft again.
        """
        asked = draft.answers.get(ASKED)
        if asked is None:
            own = self.bindings[draft.flow or ""].flow
            if ASKED not in row.answers or waits_for_consent(own, draft.answers):
                return draft
            return replace(draft, expires_at=work.now + self.lifetime, reminded_at=None)
        is_free = not asks_consent(self.bindings[asked["flow"]].flow)
        if is_free or not _list_messages(asked) or await has_agreed(work, row.chat_id):
            return draft
        end = work.now + UNCONSENTED_LIFETIME
        return replace(draft, expires_at=min(end, row.expires_at or end), reminded_at=work.now)

    def show_question(
        self,
        binding: FlowBinding,
        row: StoredChat,
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

    def tell_dropped(
        self, row: StoredChat, shown: TurnScreen | None, draft: Draft | None
    ) -> TurnScreen | None:
        """Return what a turn shows, with a notice if messages that waited for the choice are lost.

        They stay in a draft that still waits, and become part of the conversation that was asked
        for. In any other case the person has to send them again. `draft` is what the turn stores.
        """
        asked = row.answers.get(ASKED) if row.flow else None
        if asked is None or draft is None or not _list_messages(asked):
            return shown
        kept = draft.answers.get(ASKED)
        if kept is not None and all(each in _list_messages(kept) for each in _list_messages(asked)):
            return shown
        if kept is None and is_same_conversation(asked, draft.flow, draft.answers):
            return shown
        name = name_draft(self.bindings[asked["flow"]], asked["facts"])
        notice = Words("draft.dropped", {"asked": name})
        if shown is None:
            return TurnScreen(Screen((notice,)), row.language)
        screen = replace(shown.screen, paragraphs=(notice, *shown.screen.paragraphs))
        return replace(shown, screen=screen)


def is_same_conversation(
    asked: Mapping[str, Any], flow: str | None, facts: Mapping[str, Any]
) -> bool:
    """Return True if the conversation that was asked for is of this flow, about this subject."""
    return asked["flow"] == flow and get_subject(asked["facts"]) == get_subject(facts)


def _add_messages(earlier: Mapping[str, Any] | None, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked for now, behind the messages that wait for the same conversation."""
    if earlier is None or not is_same_conversation(earlier, asked["flow"], asked["facts"]):
        return asked
    facts = dict(asked["facts"])
    for name in _list_message_notes(asked):
        messages = [*earlier["facts"].get(name, ()), *facts[name]]
        facts[name] = messages[-_MAX_MESSAGES:]
    return {**asked, "facts": facts}


def _list_message_notes(asked: Mapping[str, Any]) -> list[str]:
    return [name for name in asked["facts"] if name.endswith(".messages")]


def _list_messages(asked: Mapping[str, Any]) -> list[Any]:
    """Return the records of the messages that wait for the choice."""
    return [each for name in _list_message_notes(asked) for each in asked["facts"][name]]
