"""The adapter: turns Telegram's updates into requests and replies, and responses into messages.

It opens the transaction of every request, and has no rule of any feature. Every method takes the
update and its context. `dispatch.py` maps kinds of updates to methods.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channels.telegram import routes
from bot.channels.telegram.forged_buttons import record_forgery
from bot.channels.telegram.message_parser import (
    get_chat_id,
    get_person_name,
    get_thread_id,
    get_writer_id,
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
    from telegram import Bot, Update

    from bot.casework.reachability import Reachability
    from bot.channels.telegram.presenter import Presenter
    from bot.channels.telegram.update_context import UpdateContext
    from bot.conversation.service import ConversationService
    from bot.core.policy import Policy
    from bot.core.requests import Chat, Response, Responses
    from storage.database import Database


@dataclass(frozen=True)
class TelegramAdapter:
    """Handles updates: replies by the conversation service, all others by the table of routes.

    All methods raise Unavailable if the database cannot be used now.
    """

    conversations: ConversationService
    database: Database
    presenter: Presenter
    policy: Policy
    bot: Bot
    reachability: Reachability

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
        if await self.is_too_fast(update, context):
            return
        if route.prepare is not None or (route.searches and argument):
            self.presenter.show_typing(chat_id)
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

    async def is_too_fast(self, update: Update, context: UpdateContext) -> bool:
        """Count an update that is no turn. Return True if it is one too many of the minute."""
        chat_id = get_chat_id(update)
        slow = await self.conversations.count_update(
            chat_id, context.now, language=context.language
        )
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
            language=context.language,
        )
        if turn.is_forbidden:
            async with begin_work(self.database, context.now, self.policy) as work:
                details = {"verb": change.flow}
                await refusals.append_refusal(work, refusals.REFUSED, chat_id, details)
        self.presenter.show_turn(chat_id, turn, update, context, new=change.new)

    # The buttons of questions, and commands that do not exist

    async def handle_question_button(self, update: Update, context: UpdateContext) -> None:
        """Pass a pressed button to its question, and show the next one.

        If the flow of the question has ended, the person sees a notice, and its buttons go.
        """
        query = update.callback_query
        assert query is not None
        parsed, chat_id, turn = parse_button_data(query.data or ""), query.from_user.id, None
        if parsed is not None:
            flow, reply = parsed
            turn = await self.conversations.handle_reply(
                update.update_id,
                chat_id,
                reply,
                context.now,
                flow=flow,
                pressed_in=None if query.message is None else query.message.message_id,
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
            chat = await self.load_chat(chat_id)
            # The page at the end of some flows has a button of its own, which must stay.
            is_over = parsed is not None and not self.conversations.opens_subject(parsed[0])
            ended = Words("draft.ended")
            self.presenter.show_ended(chat, ended, update, context, is_over=is_over)
            return
        self.presenter.show_turn(chat_id, turn, update, context)

    async def handle_unknown_command(self, update: Update, context: UpdateContext) -> None:
        """Tell the person that the command does not exist."""
        if await self.is_too_fast(update, context):
            return
        await self.show_text(update, context, "errors.unknown_command")

    async def show_text(
        self, update: Update, context: UpdateContext, key: str, *notices: Words
    ) -> None:
        """Show the text of a key, below the notices."""
        chat = await self.load_chat(get_chat_id(update))
        self.presenter.show_response(chat, Show(Screen((*notices, Words(key)))), update, context)

    async def load_chat(self, chat_id: int) -> Chat:
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
