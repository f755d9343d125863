"""The conversation service: one update of a chat is handled in one transaction, a turn.

The update is acknowledged to the messenger after the commit.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from bot.conversation import interruptions
from bot.conversation.conflicts import Conflicts, is_same_conversation
from bot.conversation.drafts import FindAside, edit_draft, find_no_aside
from bot.conversation.engine import Ask, Done, Stopped
from bot.conversation.flow_runner import FlowRunner
from bot.conversation.group_commit import DecideTurn, TurnBatcher
from bot.conversation.reply_keyboards import (
    ReplyKeyboards,
    remove_keyboard,
    show_nothing_open,
    shows_keyboard,
)
from bot.conversation.shown_pages import is_pressed_again, place_page, show_pressed_again
from bot.conversation.subjects import ASKED, forget_asked, is_of_other_subject
from bot.conversation.turns import (
    Decided,
    TurnScreen,
    close_draft,
    close_expired,
    copy_draft,
    count_turn,
    keep_draft,
    mark_repeated,
    refuse_flood,
    show_handled,
    show_open_question,
    show_stale,
    show_turn,
)
from bot.core.requests import Refused
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.bindings import FlowBinding
    from bot.conversation.interruptions import Interruption
    from bot.conversation.message_subjects import ReplyTarget
    from bot.conversation.reply import Reply
    from bot.core.policy import Policy
    from storage.conversations import StoredChat
    from storage.database import Database


class ConversationService:
    """Runs the turns of all chats. It keeps nothing in memory between two turns."""

    def __init__(
        self,
        database: Database,
        bindings: tuple[FlowBinding, ...],
        *,
        policy: Policy,
        to_text: Callable[[Words | str, str], str],
        draft_lifetime: timedelta,
        max_per_minute: int,
        find_aside: FindAside = find_no_aside,
    ) -> None:
        """Create the service.

        `to_text(words, language)` returns the text of a button's label, to recognise typed labels.
        After `max_per_minute` turns of a chat within a minute, one more is answered with a request
        to slow down; the others are ignored. `find_aside` answers greetings and questions about the
        bot within a conversation, see `drafts`.
        """
        self._database = database
        self._bindings = {binding.flow.name: binding for binding in bindings}
        self._policy = policy
        self._max_per_minute = max_per_minute
        self._conflicts = Conflicts(self._bindings, draft_lifetime)
        self._keyboards = ReplyKeyboards((each.flow for each in bindings), to_text)
        self._runner = FlowRunner(self._bindings, self._keyboards, draft_lifetime, find_aside)
        self._batcher = TurnBatcher(database, policy.pseudonyms, policy.default_language)

    def has_step(self, flow: str, step: str) -> bool:
        """Return True if there is a flow with this name that has a step with this name."""
        return flow in self._bindings and step in self._bindings[flow].flow.by_name

    def opens_subject(self, flow: str) -> bool:
        """Return True if the flow ends with a button that opens its subject."""
        return flow in self._bindings and self._bindings[flow].opens is not None

    def is_of_officers(self, flow: str) -> bool:
        """Return True if only officers can begin the flow with this name."""
        return self._bindings[flow].of_officers

    async def handle_reply(
        self,
        update_id: int,
        chat_id: int,
        reply: Reply,
        now: datetime,
        *,
        flow: str | None = None,
        pressed_in: int | None = None,
        target: ReplyTarget | None = None,
        is_counted: bool = False,
    ) -> TurnScreen | None:
        """Apply a reply to the open conversation; return None if none is open.

        `flow` is the flow of the pressed button, if one was pressed, and `pressed_in` the id of its
        message. A button of another flow changes nothing: the open question is shown again. An
        update that was handled before changes nothing either: the open question is shown again, or
        that the conversation has ended. Of an edited message only the answer changes that it was;
        None is returned if it was none.
        `is_counted`: `count_update` has counted this update.
        """
        if reply.edited:
            return await self._handle_edit(update_id, chat_id, reply, now)

        async def decide(connection: AsyncConnection, row: StoredChat) -> Decided:
            work = UnitOfWork(connection, now, self._policy)
            decided = await self._decide_reply(
                work, row, reply, update_id, flow, target, pressed_in
            )
            return place_page(row, decided, update_id, pressed_in)

        try:
            return await self._run_turn(chat_id, decide, now, is_counted=is_counted)
        except Refused as refused:
            return await self._close_refused(update_id, chat_id, refused, now)

    async def _decide_reply(
        self,
        work: UnitOfWork,
        row: StoredChat,
        reply: Reply,
        update_id: int,
        flow: str | None,
        target: ReplyTarget | None,
        pressed_in: int | None,
    ) -> Decided:
        """Return what a reply shows and stores; see `handle_reply`."""
        binding = self._runner.find_open_binding(row, work.now)
        is_known = update_id in row.updates
        if row.flow is None and not is_known and target is None:
            is_key = self._keyboards.is_label(reply.text, row.language)
            return (TurnScreen(show_nothing_open(), row.language) if is_key else None), None
        if binding is None:
            return close_expired(row, update_id, is_asked=target is None or not target.code)
        if target is not None and not target.is_subject_of(binding.flow.name, row.answers):
            return await self._conflicts.ask_which(work, binding, row, target, update_id)
        if ASKED in row.answers and reply.step is None:
            notices = () if is_known else (Words("draft.not_taken"),)
            return self._conflicts.show_question(binding, row, notices=notices), None
        if is_known:
            return mark_repeated(show_open_question(binding, row)), None
        if is_pressed_again(row, pressed_in):
            return show_pressed_again(row), None
        if flow not in (None, binding.flow.name) or is_of_other_subject(row.answers, reply):
            return show_stale(binding, row), None
        return await self._runner.take_reply(work, binding, row, reply, update_id)

    async def interrupt_flow(
        self,
        update_id: int,
        chat_id: int,
        reply: Reply,
        now: datetime,
        *,
        by: Interruption,
        is_counted: bool = False,
        language: str | None = None,
    ) -> TurnScreen | None:
        """Begin a conversation that comes before all others with a reply, and suspend the open one.

        Return None, with nothing changed, if the open conversation is the same one, or one of
        officers: the reply is for its question. `is_counted`: `count_update` has counted this
        update. `language` is that of a new chat.
        """

        async def decide(connection: AsyncConnection, row: StoredChat) -> Decided:
            binding, is_known = self._runner.find_open_binding(row, now), update_id in row.updates
            if binding is not None and (binding.of_officers or binding.flow.name == by.flow):
                return None, None
            if is_known:
                again = binding and mark_repeated(show_open_question(binding, row))
                return again or show_handled(row), None
            facts = interruptions.make_facts(by, row if binding is not None else None, reply)
            work = UnitOfWork(connection, now, self._policy)
            return await self._runner.begin(work, row, by.flow, facts, update_id)

        return await self._run_turn(
            chat_id, decide, now, creates=True, is_counted=is_counted, language=language
        )

    async def _handle_edit(
        self, update_id: int, chat_id: int, reply: Reply, now: datetime
    ) -> TurnScreen | None:
        """Change the answer that an edited message was; return None if it is none of the draft.

        An edit that changes no letter has a screen without paragraphs.
        """

        async def decide(connection: AsyncConnection, row: StoredChat) -> Decided:
            binding = self._runner.find_open_binding(row, now)
            if binding is None:
                return None, None
            if update_id in row.updates:
                return mark_repeated(self._conflicts.show_question(binding, row)), None
            answers, asked = forget_asked(row.answers), row.answers.get(ASKED)
            turn = edit_draft(binding.flow, row, reply, self._keyboards)
            if turn is None:
                return None, None
            if asked is not None and isinstance(turn, Done):
                return self._conflicts.show_question(binding, row), None
            work = UnitOfWork(connection, now, self._policy)
            draft = await self._runner.apply_turn(work, binding, row, turn, update_id)
            if not isinstance(turn, Ask):
                return show_turn(binding, turn, row.language), draft
            if turn.answers == answers and not turn.notices:
                return TurnScreen(Screen(()), row.language), draft
            if asked is None or draft is None:
                return show_turn(binding, turn, row.language), draft
            kept = {**turn.answers, ASKED: asked}
            shown = self._conflicts.show_question(binding, row, kept, turn.notices)
            return shown, replace(draft, answers=kept)

        try:
            return await self._run_turn(chat_id, decide, now)
        except Refused as refused:
            return await self._close_refused(update_id, chat_id, refused, now)

    async def start_flow(
        self,
        update_id: int,
        chat_id: int,
        flow: str,
        now: datetime,
        *,
        facts: Mapping[str, Any] | None = None,
        resumes: bool = False,
        is_counted: bool = False,
        language: str | None = None,
    ) -> TurnScreen:
        """Start the flow with a name; `facts` are its first answers and name its subject.

        If the same flow is open for the same subject, its question is shown again. If another
        conversation is open, the person is asked which one to continue, and messages are not used
        as answers before they chose. With `resumes` the open conversation is continued.
        `is_counted`: `count_update` has counted this update. `language` is that of a new chat.

        If this update was handled before, show the open question again, or that it ended.
        """
        given = dict(facts or {})

        async def decide(connection: AsyncConnection, row: StoredChat) -> Decided:
            is_known = update_id in row.updates
            binding = self._runner.find_open_binding(row, now)
            if binding is None:
                if is_known:
                    return show_handled(row), None
                work = UnitOfWork(connection, now, self._policy)
                return await self._runner.begin(work, row, flow, given, update_id)
            if is_known:
                return mark_repeated(self._conflicts.show_question(binding, row)), None
            is_same = is_same_conversation(
                {"flow": flow, "facts": given}, binding.flow.name, row.answers
            )
            answers = forget_asked(row.answers)
            if not (resumes or is_same):
                answers[ASKED] = {"flow": flow, "facts": given}
            kept = replace(keep_draft(row, update_id), answers=answers)
            work = UnitOfWork(connection, now, self._policy)
            kept = await self._conflicts.limit_life(work, row, kept)
            return self._conflicts.show_question(binding, row, answers), kept

        try:
            shown = await self._run_turn(
                chat_id, decide, now, creates=True, is_counted=is_counted, language=language
            )
        except Refused as refused:
            shown = await self._close_refused(update_id, chat_id, refused, now)
            if shown is not None and self.is_of_officers(flow):
                shown = replace(shown, is_forbidden=True)
        assert shown is not None
        return shown

    async def switch_flow(self, update_id: int, chat_id: int, now: datetime) -> TurnScreen:
        """Drop the open conversation and start the one that was asked for while it was open.

        If none was asked for, return the open question, or a text that no conversation is open.
        """

        async def decide(connection: AsyncConnection, row: StoredChat) -> Decided:
            binding, is_known = self._runner.find_open_binding(row, now), update_id in row.updates
            if binding is None:
                none = TurnScreen(Screen((Words("draft.none"),)), row.language)
                return (show_handled(row) if is_known else none), None
            asked = row.answers.get(ASKED)
            if is_known or asked is None:
                shown = self._conflicts.show_question(binding, row)
                return (mark_repeated(shown) if is_known else shown), None
            work = UnitOfWork(connection, now, self._policy)
            return await self._runner.begin(work, row, asked["flow"], asked["facts"], update_id)

        try:
            shown = await self._run_turn(chat_id, decide, now, creates=True)
        except Refused as refused:
            shown = await self._close_refused(update_id, chat_id, refused, now)
        assert shown is not None
        return shown

    async def _close_refused(
        self, update_id: int, chat_id: int, refused: Refused, now: datetime
    ) -> TurnScreen | None:
        """Close the open conversation and show why its end was refused.

        The transaction of the refused turn was rolled back, with all that it had written.
        """

        async def decide(_connection: AsyncConnection, row: StoredChat) -> Decided:
            return TurnScreen(Screen((refused.words,)), row.language), close_draft(row, update_id)

        return await self._run_turn(chat_id, decide, now, creates=True)

    async def cancel_flow(self, update_id: int, chat_id: int, now: datetime) -> TurnScreen:
        """Delete the answers of the open conversation; return the screen that says so.

        The update is remembered in either case. If it comes again, it must not cancel a
        conversation that was started after it.
        """

        async def decide(connection: AsyncConnection, row: StoredChat) -> Decided:
            binding, is_known = self._runner.find_open_binding(row, now), update_id in row.updates
            if is_known:
                again = binding and mark_repeated(show_open_question(binding, row))
                return again or show_handled(row), None
            draft = close_draft(row, update_id)
            if binding is None:
                return TurnScreen(Screen((Words("draft.none"),)), row.language), draft
            ended = show_turn(binding, Stopped("cancelled"), row.language)
            if binding.describe_cancelled is not None:
                words = binding.describe_cancelled(forget_asked(row.answers))
                ended = TurnScreen(Screen((words,)), row.language)
            work = UnitOfWork(connection, now, self._policy)
            return await self._runner.resume(work, row, ended, draft, update_id, denied=False)

        shown = await self._run_turn(chat_id, decide, now, creates=True)
        assert shown is not None
        return shown

    async def count_update(
        self, chat_id: int, now: datetime, *, language: str | None = None
    ) -> TurnScreen | None:
        """Count an update that is not handled as a turn, such as a command.

        `language` is that of a new chat. Return the request to slow down if it is one too many of
        this minute, otherwise None.
        """

        async def decide(_connection: AsyncConnection, row: StoredChat) -> Decided:
            slow = refuse_flood(row, now, self._max_per_minute)
            if slow is not None:
                return slow
            counted_from, count = count_turn(row, now)
            return None, replace(copy_draft(row), counted_from=counted_from, counted=count)

        shown = await self._batcher.submit_turn(chat_id, decide, creates=True, language=language)
        return cast("TurnScreen | None", shown)

    async def _run_turn(
        self,
        chat_id: int,
        decide: DecideTurn,
        now: datetime,
        *,
        creates: bool = False,
        is_counted: bool = False,
        language: str | None = None,
    ) -> TurnScreen | None:
        """Return what `decide` shows, unless the chat has had too many turns in this minute.

        `is_counted`: `count_update` has counted the update of this turn.
        """

        async def decide_within_limit(connection: AsyncConnection, row: StoredChat) -> Decided:
            slow = None if is_counted else refuse_flood(row, now, self._max_per_minute)
            if slow is not None:
                return slow
            counted_from, count = count_turn(row, now)
            if is_counted:
                counted_from, count = row.counted_from or now, row.counted
            had_keyboard = shows_keyboard(self._bindings.get(row.flow or ""), row)
            shown, draft = await decide(connection, row)
            shown = self._conflicts.tell_dropped(row, shown, draft)
            if draft is None and shown is not None and not shown.is_repeated:
                draft = copy_draft(row)
            if draft is not None:
                draft = replace(draft, counted_from=counted_from, counted=count)
            return remove_keyboard(shown) if had_keyboard else shown, draft

        shown = await self._batcher.submit_turn(
            chat_id, decide_within_limit, creates=creates, language=language
        )
        return cast("TurnScreen | None", shown)
