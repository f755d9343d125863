"""Runs flows within a turn: begins them, applies replies, ends them, and resumes suspended ones.

Everything runs in the transaction of the turn, with the functions of the feature that a flow
belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.conversation import interruptions
from bot.conversation.drafts import FindAside, add_to_text, advance_draft, find_no_aside
from bot.conversation.engine import Ask, Done, Stopped, TurnResult, present
from bot.conversation.message_subjects import store_messages
from bot.conversation.turns import (
    Decided,
    TurnScreen,
    close_draft,
    make_chat,
    shorten_unconsented,
    show_open_question,
    show_turn,
)
from bot.conversation.waiting_messages import check_messages, restore_message
from storage import conversations
from storage.conversations import DRAFT_FIELDS, Draft

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from bot.conversation.bindings import FlowBinding
    from bot.conversation.reply import Reply
    from bot.conversation.reply_keyboards import ReplyKeyboards
    from bot.core.unit_of_work import UnitOfWork
    from storage.conversations import StoredChat


@dataclass(frozen=True)
class FlowRunner:
    """Runs the flows of all features.

    - `bindings`: all flows, by their names.
    - `find_aside`: see `drafts`; for the flows of residents.
    - `draft_lifetime`: how long a draft is kept after its last turn.
    """

    bindings: Mapping[str, FlowBinding]
    keyboards: ReplyKeyboards
    draft_lifetime: timedelta
    find_aside: FindAside = find_no_aside

    def find_open_binding(self, row: StoredChat, now: datetime) -> FlowBinding | None:
        """Return the binding of the open flow; None if it has expired or no longer exists."""
        if row.flow is None or (row.expires_at is not None and row.expires_at <= now):
            return None
        return self.bindings.get(row.flow)

    async def begin(
        self,
        work: UnitOfWork,
        row: StoredChat,
        flow: str,
        facts: Mapping[str, Any],
        update_id: int,
    ) -> tuple[TurnScreen, Draft]:
        """Return the first question of a flow and its draft. Raises Refused."""
        binding = self.bindings[flow]
        loaded = await binding.begin(work, make_chat(row))
        answers, reasons = check_messages(binding.flow, {**facts, **loaded})
        draft = Draft(
            key=row.key,
            flow=flow,
            answers=dict(answers),
            updates=conversations.remember_update(row.updates, update_id),
            started_at=work.now,
            expires_at=work.now + (binding.lifetime or self.draft_lifetime),
            reminded_at=None,
        )
        draft = shorten_unconsented(binding.flow, draft, work.now)
        turn = present(binding.flow, answers)
        if isinstance(turn, Ask):
            turn = replace(turn, notices=(*reasons, *turn.notices, *binding.remark(answers)))
        return show_turn(binding, turn, row.language), draft

    async def take_reply(
        self, work: UnitOfWork, binding: FlowBinding, row: StoredChat, reply: Reply, update_id: int
    ) -> Decided:
        """Apply a reply to the open question; a suspended conversation goes on after the end."""
        takes_asides = binding.takes_asides and not binding.of_officers
        find_aside = self.find_aside if takes_asides else find_no_aside
        turn = advance_draft(binding.flow, row, reply, self.keyboards, find_aside)
        draft = await self.apply_turn(work, binding, row, turn, update_id)
        if isinstance(turn, Ask) and draft is not None:
            turn = replace(turn, answers=draft.answers)
        shown = show_turn(binding, turn, row.language)
        if isinstance(turn, Ask) or draft is None:
            return shown, draft
        denied = isinstance(turn, Stopped) and turn.reason == interruptions.NOT_MEANT
        return await self.resume(work, row, shown, draft, update_id, denied=denied)

    async def resume(
        self,
        work: UnitOfWork,
        row: StoredChat,
        ended: TurnScreen,
        draft: Draft,
        update_id: int,
        *,
        denied: bool,
    ) -> Decided:
        """Return the suspended conversation after the one that interrupted it has ended.

        If the person `denied` that it was urgent, its messages are taken as what they would have
        been: replies to the open question, or the beginning of another conversation.
        """
        restored = interruptions.restore_draft(row.answers, draft)
        step = self.bindings[row.flow or ""].flow.steps[0].name
        flow = restored.flow if restored is not None else None
        if restored is None or flow not in self.bindings:
            instead = interruptions.begin_instead(row.answers, step) if denied else None
            return await self.begin(work, row, *instead, update_id) if instead else (ended, draft)
        binding = self.bindings[flow or ""]
        stored = replace(row, **{each: getattr(restored, each) for each in DRAFT_FIELDS})
        if not denied:
            return interruptions.show_resumed(ended, show_open_question(binding, stored)), restored
        stored = replace(stored, answers={**stored.answers, interruptions.NOT_URGENT: True})
        shown: TurnScreen | None = show_open_question(binding, stored)
        kept = restored
        for record in interruptions.list_gathered(row.answers, step):
            reply = restore_message(record)
            # It was not written as an answer to the open question.
            ask = present(binding.flow, stored.answers)
            added = add_to_text(binding.flow, ask, reply) if isinstance(ask, Ask) else None
            if added is None:
                shown, taken = await self.take_reply(work, binding, stored, reply, update_id)
            else:
                taken = await self.apply_turn(work, binding, stored, added, update_id)
                shown = show_turn(binding, added, row.language)
            if taken is None or taken.flow != binding.flow.name:
                return shown, taken
            kept = taken
            stored = replace(stored, **{each: getattr(kept, each) for each in DRAFT_FIELDS})
        return shown, kept

    async def apply_turn(
        self,
        work: UnitOfWork,
        binding: FlowBinding,
        row: StoredChat,
        turn: TurnResult,
        update_id: int,
    ) -> Draft | None:
        """Call the functions of the feature; return the draft to store, None if it is deleted."""
        chat = make_chat(row)
        match turn:
            case Ask():
                answers = dict(turn.answers)
                if turn.accepted is not None and turn.accepted in binding.answered:
                    answers |= await binding.answered[turn.accepted](work, chat, answers)
                draft = Draft(
                    key=row.key,
                    flow=row.flow,
                    answers=answers,
                    updates=conversations.remember_update(row.updates, update_id),
                    started_at=row.started_at,
                    expires_at=work.now + (binding.lifetime or self.draft_lifetime),
                    reminded_at=None,
                )
                return shorten_unconsented(binding.flow, draft, work.now)
            case Done():
                code = await binding.finish(work, chat, turn.answers)
                await store_messages(work, chat.id, binding.flow.name, code, turn)
            case Stopped(reason) if reason in binding.forgets:
                vault = work.policy.pseudonyms
                await conversations.delete_conversation(work.connection, vault, chat.id)
                return None
        return close_draft(row, update_id)
