"""The adapter: turns Telegram's updates into requests and replies, and responses into messages.

It opens the transaction of every request, and has no rule of any feature. Every method takes the
update and its context. `dispatch.py` maps kinds of updates to methods.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.casework import corrections, late_files, replied_messages
from bot.casework.danger import list_danger_remarks
from bot.channels.telegram import routes
from bot.channels.telegram.forged_buttons import record_forgery
from bot.channels.telegram.message_parser import (
    find_unreadable_kind,
    get_chat_id,
    get_person_name,
    get_thread_id,
    get_writer_id,
    is_live_move,
    parse_message,
)
from bot.channels.telegram.preparation import prepare_request
from bot.conversation.button_data import parse_button_data
from bot.conversation.chats import load_chat
from bot.core import refusals
from bot.core.requests import (
    CancelFlow,
    GroupRequest,
    Notice,
    Refused,
    Request,
    Route,
    Show,
    ShowPin,
    StartFlow,
    SwitchFlow,
)
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork, begin_work
from bot.notifications import to_officers

if TYPE_CHECKING:
    from telegram import Bot, Message, Update

    from bot.casework.reachability import Reachability
    from bot.channels.telegram.message_parser import LocateUnits
    from bot.channels.telegram.presenter import Presenter
    from bot.channels.telegram.update_context import UpdateContext
    from bot.conversation.message_subjects import ReplyTarget
    from bot.conversation.reply import Reply
    from bot.conversation.service import ConversationService
    from bot.conversation.turns import TurnScreen
    from bot.core.policy import Policy
    from bot.core.requests import Chat, Response, Responses
    from storage.database import Database

# Answers a message that belongs to no open conversation; None if it is none of its business.
HandleMessage = Callable[["UnitOfWork", "Chat", "Reply"], Awaitable["Screen | None"]]


@dataclass(frozen=True)
class TelegramAdapter:
    """Handles updates: replies by the conversation service, all others by the table of routes.

    - `locate_units`: returns the codes of the units near a position.
    - `album_pause`: the number of seconds that the reply to a file of an album waits for the
      album's next file.

    All methods raise Unavailable if the database cannot be used now.
    """

    conversations: ConversationService
    database: Database
    presenter: Presenter
    policy: Policy
    bot: Bot
    reachability: Reachability
    locate_units: LocateUnits
    album_pause: float

    # Requests: commands, deep links, buttons that belong to no question

    async def handle_start(self, update: Update, context: UpdateContext, payload: str) -> None:
        """Answer /start with the welcome, or by the route of the deep link's payload."""
        await self._free_chat(get_chat_id(update), context)
        verb, argument = routes.parse_link(payload)
        await self.handle_request(update, context, verb, argument)

    async def _free_chat(self, chat_id: int, context: UpdateContext) -> None:
        """Send the parked messages of a person who blocked the bot once and is back."""
        async with self.database.reading() as connection:
            if not await self.reachability.is_chat_lost(connection, chat_id):
                return
        async with self.database.transaction() as connection:
            await self.reachability.mark_chat_reachable(connection, chat_id)
        self.presenter.nudge()

    async def handle_button(self, update: Update, context: UpdateContext) -> None:
        """Call the route of a button whose data are "group:action=argument"."""
        query = update.callback_query
        assert query is not None
        verb, _, argument = (query.data or "").partition("=")
        await self.handle_request(update, context, verb, argument)

    async def handle_request(
        self, update: Update, context: UpdateContext, verb: str, argument: str
    ) -> None:
        """Call the controller of a verb in a transaction, and show its responses.

        `verb` is the key of a route, such as "mine:open" or "/help". If the controller raises
        Refused, the transaction is rolled back and the person sees the reason.
        """
        route, chat_id = routes.find_route(verb), get_chat_id(update)
        assert route is not None, verb
        if not isinstance(route, Route):
            await self._change_flow(update, context, chat_id, route)
            return
        if await self._is_too_fast(update, context):
            return
        person, now = update.effective_user, context.now
        prepared = await prepare_request(
            route, self.database, self.policy, chat_id=chat_id, argument=argument, now=now
        )
        try:
            async with (
                self.database.reading() if route.reads_only else self.database.transaction()
            ) as connection:
                chat = await load_chat(connection, self.policy, chat_id)
                request = Request(
                    chat,
                    update.update_id,
                    verb,
                    argument,
                    get_person_name(person) if person else "",
                    self.bot.username,
                    prepared,
                )
                work = UnitOfWork(connection, now, self.policy)
                responses = await route.handle(work, request)
        except Refused as refused:
            async with begin_work(self.database, now, self.policy) as work:
                await (route.record_refusal or refusals.record_request)(work, request)
            responses = Show(refused.screen) if refused.screen else Notice(refused.words)
        if not route.reads_only:
            self.presenter.nudge()
        await self._show(update, context, chat, responses)

    async def _show(
        self, update: Update, context: UpdateContext, chat: Chat, responses: Responses
    ) -> None:
        """Show responses in order; only the first one answers the pressed button."""
        first, *others = responses if isinstance(responses, tuple) else (responses,)
        await self._show_one(update, context, chat, first)
        for response in others:
            assert isinstance(response, Show), response
            self.presenter.show_further_response(chat, response, context)

    async def _show_one(
        self, update: Update, context: UpdateContext, chat: Chat, response: Response
    ) -> None:
        match response:
            case Show():
                self.presenter.show_response(chat, response, update, context)
            case ShowPin(pin):
                self.presenter.show_pin(chat, pin, update, context)
            case Notice(words):
                self.presenter.show_notice(chat, words, update, context)
            case StartFlow() | SwitchFlow() | CancelFlow():
                await self._change_flow(update, context, chat.id, response, is_counted=True)

    async def _is_too_fast(self, update: Update, context: UpdateContext) -> bool:
        """Count an update that is no turn. Return True if it is one too many of the minute."""
        chat_id = get_chat_id(update)
        slow = await self.conversations.count_update(chat_id, context.now)
        if slow is not None:
            self.presenter.show_turn(chat_id, slow, update, context)
        return slow is not None

    async def _change_flow(
        self,
        update: Update,
        context: UpdateContext,
        chat_id: int,
        change: StartFlow | SwitchFlow | CancelFlow,
        *,
        is_counted: bool = False,
    ) -> None:
        if isinstance(change, CancelFlow):
            cancelled = await self.conversations.cancel_flow(update.update_id, chat_id, context.now)
            self.presenter.show_turn(chat_id, cancelled, update, context)
            return
        if isinstance(change, SwitchFlow):
            switched = await self.conversations.switch_flow(update.update_id, chat_id, context.now)
            self.presenter.show_turn(chat_id, switched, update, context)
            return
        turn = await self.conversations.start_flow(
            update.update_id,
            chat_id,
            change.flow,
            context.now,
            facts=change.facts,
            resumes=change.resumes,
            is_counted=is_counted,
        )
        if turn.is_forbidden:
            async with begin_work(self.database, context.now, self.policy) as work:
                details = {"verb": change.flow}
                await refusals.append_refusal(work, refusals.REFUSED, chat_id, details)
        self.presenter.show_turn(chat_id, turn, update, context, new=change.new)

    # The guided conversation

    async def handle_message(self, update: Update, context: UpdateContext) -> None:
        """Pass a text, a file, a contact or a place to the open question, and show the next one.

        If no flow is open, a text or a file starts the flow that offers to make a submission of it.
        """
        message = update.effective_message
        assert message is not None
        if update.edited_message is not None and is_live_move(message):
            return
        reply = parse_message(message, self.locate_units, edited=update.edited_message is not None)
        is_counted = reply.reply_to is not None or bool(message.media_group_id)
        if is_counted and await self._is_too_fast(update, context):
            return
        if message.media_group_id and await self._add_album_file(update, context, reply):
            return
        kind = find_unreadable_kind(message)
        notices: tuple[Words, ...] = ()
        if kind:
            notices = (Words("errors.unread", {"what": Words(f"unread.{kind}")}),)
        target = None if reply.edited else await self._find_target(update, context, reply)
        turn = await self.conversations.handle_reply(
            update.update_id,
            message.chat_id,
            reply,
            context.now,
            target=target,
            is_counted=is_counted,
        )
        if turn is None and reply.edited:
            await self._call(corrections.correct_message, update, context, reply)
            return
        if turn is None:
            if target is not None and not target.code:
                notices = (*notices, Words("replied.unknown"))
            turn = await self._start_conversation(update, context, reply, target, notices)
        if turn is None:
            return
        if turn.screen.paragraphs:
            danger = () if turn.is_taken else list_danger_remarks(reply.text)
            paragraphs = (*danger, *notices, *turn.screen.paragraphs)
            turn = replace(turn, screen=replace(turn.screen, paragraphs=paragraphs))
        pause = 0.0 if turn.is_refusal else self._get_pause(message)
        self.presenter.show_turn(message.chat_id, turn, update, context, pause=pause)

    async def _add_album_file(self, update: Update, context: UpdateContext, reply: Reply) -> bool:
        """Return True if the file of an album belongs to a submission; it is then answered."""
        if reply.edited:
            return False
        return await self._call(late_files.add_album_file, update, context, reply) is not None

    async def _start_conversation(
        self,
        update: Update,
        context: UpdateContext,
        reply: Reply,
        target: ReplyTarget | None,
        notices: tuple[Words, ...],
    ) -> TurnScreen | None:
        """Start the conversation of the message that is replied to, else offer a submission.

        Return None after a text was shown instead. `notices` stand above "not understood". The
        message does not count as taken: the resident may still stop.
        """
        chat_id = get_chat_id(update)
        if target is not None and target.code:
            if target.screen is None:
                turn = await self.conversations.start_flow(
                    update.update_id, chat_id, target.flow, context.now, facts=target.facts
                )
                return replace(turn, is_taken=False)
            chat = await self._load_chat(chat_id)
            paragraphs = (*list_danger_remarks(reply.text), *target.screen.paragraphs)
            screen = replace(target.screen, paragraphs=paragraphs)
            self.presenter.show_response(chat, Show(screen), update, context)
            return None
        if reply.text is None and reply.attachment is None:
            await self._show_text(update, context, "errors.not_understood", *notices)
            return None
        offer = await self._make_submission_offer(chat_id, context, reply)
        turn = await self.conversations.start_flow(
            update.update_id, chat_id, offer.flow, context.now, facts=offer.facts
        )
        paragraphs = (*routes.list_offer_remarks(reply), *turn.screen.paragraphs)
        return replace(turn, screen=replace(turn.screen, paragraphs=paragraphs), is_taken=False)

    async def _make_submission_offer(
        self, chat_id: int, context: UpdateContext, reply: Reply
    ) -> StartFlow:
        """Return the conversation that asks whether a message is to become a submission."""
        async with self.database.reading() as connection:
            chat = await load_chat(connection, self.policy, chat_id)
            work = UnitOfWork(connection, context.now, self.policy)
            recent = await routes.find_recent_submission(work, chat)
        return routes.make_submission_offer(reply, recent)

    async def _find_target(
        self, update: Update, context: UpdateContext, reply: Reply
    ) -> ReplyTarget | None:
        """Return what the message is about that a message replies to."""
        if reply.reply_to is None:
            return None
        async with begin_work(self.database, context.now, self.policy) as work:
            chat_id = get_chat_id(update)
            chat = await load_chat(work.connection, self.policy, chat_id)
            return await replied_messages.find_target(work, chat, reply)

    async def _call(
        self, handle: HandleMessage, update: Update, context: UpdateContext, reply: Reply
    ) -> Screen | None:
        """Return the screen that a function answers a message with, after it is shown."""
        async with begin_work(self.database, context.now, self.policy) as work:
            chat_id = get_chat_id(update)
            chat = await load_chat(work.connection, self.policy, chat_id)
            screen = await handle(work, chat, reply)
        self.presenter.nudge()
        if screen is not None:
            self.presenter.show_response(chat, Show(screen), update, context)
        return screen

    def _get_pause(self, message: Message) -> float:
        """Return the seconds to wait: the files of an album are messages, and get one reply."""
        return self.album_pause if message.media_group_id else 0.0

    async def handle_question_button(self, update: Update, context: UpdateContext) -> None:
        """Pass a pressed button to its question, and show the next one.

        If the flow of the question has ended, the person sees a notice.
        """
        query = update.callback_query
        assert query is not None
        parsed, chat_id, turn = parse_button_data(query.data or ""), query.from_user.id, None
        if parsed is not None:
            flow, reply = parsed
            turn = await self.conversations.handle_reply(
                update.update_id, chat_id, reply, context.now, flow=flow
            )
        await record_forgery(
            self.conversations,
            self.database,
            self.policy,
            chat_id,
            context.now,
            pressed=parsed,
            turn=turn,
        )
        if turn is None:
            chat = await self._load_chat(chat_id)
            self.presenter.show_notice(chat, Words("draft.ended"), update, context, is_alert=False)
            return
        self.presenter.show_turn(chat_id, turn, update, context)

    async def handle_unknown_command(self, update: Update, context: UpdateContext) -> None:
        """Tell the person that the command does not exist."""
        if await self._is_too_fast(update, context):
            return
        await self._show_text(update, context, "errors.unknown_command")

    async def _show_text(
        self, update: Update, context: UpdateContext, key: str, *notices: Words
    ) -> None:
        """Show the text of a key, below the notices."""
        chat = await self._load_chat(get_chat_id(update))
        self.presenter.show_response(chat, Show(Screen((*notices, Words(key)))), update, context)

    async def _load_chat(self, chat_id: int) -> Chat:
        async with self.database.reading() as connection:
            return await load_chat(connection, self.policy, chat_id)

    # Groups

    async def handle_group_command(self, update: Update, context: UpdateContext, name: str) -> None:
        """Run the command `name` of a group, and put the text that it returns into the outbox."""
        message = update.effective_message
        assert message is not None
        request = GroupRequest(
            message.chat_id, get_thread_id(message), get_writer_id(message), update.update_id
        )
        person_id = request.person_id
        if person_id and await self.conversations.count_update(person_id, context.now):
            return
        async with begin_work(self.database, context.now, self.policy) as work:
            words = await routes.GROUP_ROUTES[name](work, request)
            await to_officers.answer_group_command(work, request, words)
        self.presenter.nudge()
