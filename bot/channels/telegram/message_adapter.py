"""Messages of private chats: to the open question, to a danger, or to a new conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.casework import corrections, late_files, replied_messages
from bot.casework.danger import list_danger_remarks
from bot.channels.telegram import routes
from bot.channels.telegram.message_parser import (
    find_unreadable_kind,
    get_chat_id,
    is_live_move,
    parse_message,
)
from bot.conversation.chats import find_open_flow, load_chat
from bot.core.requests import Show, StartFlow
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork, begin_work

if TYPE_CHECKING:
    from telegram import Message, Update

    from bot.channels.telegram.adapter import TelegramAdapter
    from bot.channels.telegram.message_parser import LocateUnits
    from bot.channels.telegram.update_context import UpdateContext
    from bot.conversation.message_subjects import ReplyTarget
    from bot.conversation.reply import Reply
    from bot.conversation.turns import TurnScreen
    from bot.core.requests import Chat

# Answers a message that belongs to no open conversation; None if it is none of its business.
HandleMessage = Callable[["UnitOfWork", "Chat", "Reply"], Awaitable["Screen | None"]]


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A message as it arrived.

    - `target`: what it replies to, in the messenger's sense.
    - `is_danger`: it has signs of a danger that exists now.
    - `is_counted`: its update was counted against the limit of a minute.
    """

    update: Update
    context: UpdateContext
    reply: Reply
    target: ReplyTarget | None
    is_danger: bool
    is_counted: bool


@dataclass(frozen=True)
class MessageAdapter:
    """Handles messages of private chats. `adapter` handles all other updates.

    - `locate_units`: returns the codes of the units near a position.
    - `album_pause`: the number of seconds that the reply to a file of an album waits for the
      album's next file.
    """

    adapter: TelegramAdapter
    locate_units: LocateUnits
    album_pause: float

    async def handle_message(self, update: Update, context: UpdateContext) -> None:
        """Pass a text, a file, a contact or a place to the open question, and show the next one.

        A text with signs of a danger comes before every question. If no flow is open, a text or a
        file becomes the text of a submission. Raises Unavailable if the database cannot be used.
        """
        message = update.effective_message
        assert message is not None
        if update.edited_message is not None and is_live_move(message):
            return
        reply = parse_message(message, self.locate_units, edited=update.edited_message is not None)
        is_counted = reply.reply_to is not None or bool(message.media_group_id)
        if is_counted and await self.adapter.is_too_fast(update, context):
            return
        if reply.attachment is not None:
            self.adapter.presenter.show_typing(message.chat_id)
        if message.media_group_id and await self._add_album_file(update, context, reply):
            return
        target = None if reply.edited else await self._find_target(update, context, reply)
        arrival = _Arrival(update, context, reply, target, routes.is_danger(reply.text), is_counted)
        if arrival.is_danger and not reply.edited and await self._meet_danger(arrival):
            return
        if target is None and await self._show_asked_case(arrival):
            return
        turn = await self.adapter.conversations.handle_reply(
            update.update_id,
            message.chat_id,
            reply,
            context.now,
            target=target,
            is_counted=is_counted,
        )
        notices = _list_notices(message, target, is_new=turn is None)
        if turn is None and reply.edited:
            await self._call(corrections.correct_message, arrival)
            return
        if turn is None:
            turn = await self._start_conversation(arrival, notices)
        if turn is not None:
            self._show(arrival, turn, notices)

    def _show(self, arrival: _Arrival, turn: TurnScreen, notices: tuple[Words, ...]) -> None:
        """Show a turn below the emergency number, if the text has signs of a danger."""
        message = arrival.update.effective_message
        assert message is not None
        if turn.screen.paragraphs:
            danger = list_danger_remarks(arrival.reply.text) if arrival.is_danger else ()
            paragraphs = (*danger, *notices, *turn.screen.paragraphs)
            turn = replace(turn, screen=replace(turn.screen, paragraphs=paragraphs))
        # The files of an album are messages, and get one reply.
        pause = self.album_pause if message.media_group_id and not turn.is_refusal else 0.0
        self.adapter.presenter.show_turn(
            message.chat_id, turn, arrival.update, arrival.context, pause=pause
        )

    async def _meet_danger(self, arrival: _Arrival) -> bool:
        """Answer a text with signs of danger before all else. Return False if it was not answered.

        It is added to the urgent report that the person has just made. Otherwise the conversation
        about a danger begins, unless it is open, or one of officers is.
        """
        if await self._call(routes.add_to_report, arrival) is not None:
            return True
        target = arrival.target
        instead = routes.make_submission_offer(arrival.reply)
        if target is not None and target.flow:
            instead = StartFlow(target.flow, target.facts)
        chat_id = get_chat_id(arrival.update)
        turn = await self.adapter.conversations.interrupt_flow(
            arrival.update.update_id,
            chat_id,
            arrival.reply,
            arrival.context.now,
            by=routes.make_interruption(instead),
            is_counted=arrival.is_counted,
            language=arrival.context.language,
        )
        if turn is None:
            return False
        self.adapter.presenter.show_turn(chat_id, turn, arrival.update, arrival.context)
        return True

    async def _add_album_file(self, update: Update, context: UpdateContext, reply: Reply) -> bool:
        """Return True if the file of an album belongs to a submission; it is then answered."""
        if reply.edited:
            return False
        arrival = _Arrival(update, context, reply, None, is_danger=False, is_counted=True)
        return await self._call(late_files.add_album_file, arrival) is not None

    async def _start_conversation(
        self, arrival: _Arrival, notices: tuple[Words, ...]
    ) -> TurnScreen | None:
        """Start the conversation of the message that is replied to, else offer a submission.

        Return None after a text was shown instead. `notices` stand above "not understood". The
        message does not count as taken: the resident may still stop.
        """
        update, context, reply = arrival.update, arrival.context, arrival.reply
        target, chat_id = arrival.target, get_chat_id(arrival.update)
        if target is not None and target.code:
            return await self._start_about(arrival, target)
        if reply.text is None and reply.attachment is None:
            key = "errors.not_understood" if reply.phone is None else "errors.phone_not_asked"
            await self.adapter.show_text(update, context, key, *notices)
            return None
        if await self._call(routes.add_to_report, arrival) is not None:
            return None
        answer = routes.answer_first_message(reply)
        if answer is not None:
            await self.adapter.handle_request(update, context, answer.verb, answer.argument)
            return None
        offer = await self._make_submission_offer(chat_id, context, reply)
        turn = await self.adapter.conversations.start_flow(
            update.update_id,
            chat_id,
            offer.flow,
            context.now,
            facts=offer.facts,
            language=context.language,
        )
        paragraphs = (*routes.list_offer_remarks(reply), *turn.screen.paragraphs)
        return replace(turn, screen=replace(turn.screen, paragraphs=paragraphs), is_taken=False)

    async def _show_asked_case(self, arrival: _Arrival) -> bool:
        """Show the case whose code a resident writes within a conversation, which stays open.

        Return False, with nothing shown, for any other message.
        """
        answer = None if arrival.reply.edited else routes.answer_first_message(arrival.reply)
        if answer is None or not answer.argument or not routes.find_code(answer.argument):
            return False
        adapter, context = self.adapter, arrival.context
        async with begin_work(adapter.database, context.now, adapter.policy) as work:
            flow = await find_open_flow(work, get_chat_id(arrival.update))
        if flow is None or adapter.conversations.is_of_officers(flow):
            return False
        await adapter.handle_request(arrival.update, context, answer.verb, answer.argument)
        return True

    async def _start_about(self, arrival: _Arrival, target: ReplyTarget) -> TurnScreen | None:
        """Start the conversation about what the message replies to, or show why not."""
        update, context = arrival.update, arrival.context
        chat_id = get_chat_id(update)
        if target.screen is None:
            turn = await self.adapter.conversations.start_flow(
                update.update_id, chat_id, target.flow, context.now, facts=target.facts
            )
            return replace(turn, is_taken=False)
        chat = await self.adapter.load_chat(chat_id)
        paragraphs = (*list_danger_remarks(arrival.reply.text), *target.screen.paragraphs)
        screen = replace(target.screen, paragraphs=paragraphs)
        self.adapter.presenter.show_response(chat, Show(screen), update, context)
        return None

    async def _make_submission_offer(
        self, chat_id: int, context: UpdateContext, reply: Reply
    ) -> StartFlow:
        """Return the conversation in which a message becomes a submission."""
        async with self.adapter.database.reading() as connection:
            chat = await load_chat(connection, self.adapter.policy, chat_id)
            work = UnitOfWork(connection, context.now, self.adapter.policy)
            recent = await routes.find_recent_submission(work, chat, reply.text or "")
        return routes.make_submission_offer(reply, recent)

    async def _find_target(
        self, update: Update, context: UpdateContext, reply: Reply
    ) -> ReplyTarget | None:
        """Return what the message is about that a message replies to."""
        if reply.reply_to is None:
            return None
        adapter = self.adapter
        async with begin_work(adapter.database, context.now, adapter.policy) as work:
            chat = await load_chat(work.connection, adapter.policy, get_chat_id(update))
            return await replied_messages.find_target(work, chat, reply)

    async def _call(self, handle: HandleMessage, arrival: _Arrival) -> Screen | None:
        """Return the screen that a function answers a message with, after it is shown."""
        adapter, context = self.adapter, arrival.context
        async with begin_work(adapter.database, context.now, adapter.policy) as work:
            chat = await load_chat(work.connection, adapter.policy, get_chat_id(arrival.update))
            screen = await handle(work, chat, arrival.reply)
        adapter.presenter.nudge()
        if screen is not None:
            adapter.presenter.show_response(chat, Show(screen), arrival.update, context)
        return screen


def _list_notices(
    message: Message, target: ReplyTarget | None, *, is_new: bool
) -> tuple[Words, ...]:
    """Return what is said of the message itself; `is_new`: it belongs to no open conversation."""
    notices: tuple[Words, ...] = ()
    if kind := find_unreadable_kind(message):
        notices = (Words("errors.unread", {"what": Words(f"unread.{kind}")}),)
    if is_new and target is not None and not target.code:
        notices = (*notices, Words("replied.unknown"))
    return notices
