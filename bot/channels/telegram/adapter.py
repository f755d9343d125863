"""The adapter: turns Telegram's updates into requests, and answers into Telegram's messages.

It opens the transaction of every request, and decides nothing about any feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channels.telegram.message_parser import get_chat_id
from bot.channels.telegram.routes import find_route
from bot.channels.telegram.update_context import current_update
from bot.conversation.chats import load_chat
from bot.core.requests import (
    CancelFlow,
    Notice,
    Refused,
    Request,
    Show,
    ShowPin,
    StartFlow,
)
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork, begin_work

if TYPE_CHECKING:
    from telegram import Bot, Update
    from telegram.ext import ContextTypes

    from bot.channels.telegram.presenter import Presenter
    from bot.conversation.service import ConversationService
    from bot.core.policy import Policy
    from bot.core.requests import Answer, Answers, Chat, Route
    from storage.database import Database


@dataclass(frozen=True)
class TelegramAdapter:
    """Answers commands, buttons and deep links by the table of routes."""

    conversations: ConversationService
    database: Database
    presenter: Presenter
    policy: Policy
    bot: Bot

    async def handle_command(
        self, verb: str, update: Update, context: ContextTypes.DEFAULT_TYPE
    ) -> None:
        """Answer a command; `verb` is its English name with a slash, for example "/mine"."""
        await self.handle_request(update, verb, " ".join(context.args or ()))

    async def handle_button(self, update: Update) -> None:
        """Answer a button whose data are "group:action=argument"."""
        query = update.callback_query
        assert query is not None
        verb, _, argument = (query.data or "").partition("=")
        await self.handle_request(update, verb, argument)

    async def handle_request(self, update: Update, verb: str, argument: str) -> None:
        """Call the controller of a verb in a transaction, and show what it answers.

        If the controller refuses, the transaction is rolled back and the person is told why.
        """
        route = find_route(verb)
        assert route is not None, verb
        now, chat_id = current_update.get().now, get_chat_id(update)
        person = update.effective_user
        try:
            async with (
                self.database.reading() if route.reads_only else self.database.transaction()
            ) as connection:
                chat = await load_chat(connection, chat_id, self.policy.default_language)
                request = Request(
                    chat,
                    update.update_id,
                    verb,
                    argument,
                    person.full_name if person else "",
                    self.bot.username,
                )
                answers = await route.handle(UnitOfWork(connection, now, self.policy), request)
        except Refused as refused:
            await self._record_refusal(route, request)
            answers = Notice(refused.words)
        if not route.reads_only:
            self.presenter.nudge()
        await self._answer(update, chat, answers)

    async def _record_refusal(self, route: Route, request: Request) -> None:
        if route.record_refusal is None:
            return
        now = current_update.get().now
        async with begin_work(self.database, now, self.policy) as work:
            await route.record_refusal(work, request)

    async def _answer(self, update: Update, chat: Chat, answers: Answers) -> None:
        """Show answers in order; only the first one answers the pressed button."""
        first, *others = answers if isinstance(answers, tuple) else (answers,)
        await self._answer_one(update, chat, first)
        for answer in others:
            assert isinstance(answer, Show), answer
            self.presenter.show_answer(chat, answer)

    async def _answer_one(self, update: Update, chat: Chat, answer: Answer) -> None:
        match answer:
            case Show():
                self.presenter.show_answer(chat, answer, update)
            case ShowPin(pin):
                self.presenter.show_pin(chat, pin, update)
            case Notice(words):
                self.presenter.show_notice(chat, words, update)
            case StartFlow():
                await self._start_flow(update, chat, answer)
            case CancelFlow():
                await self._cancel_flow(update, chat)

    async def _start_flow(self, update: Update, chat: Chat, start: StartFlow) -> None:
        shown = await self.conversations.start_flow(
            update.update_id, chat.id, start.flow, current_update.get().now, facts=start.facts
        )
        if shown is not None:
            self.presenter.show_turn(chat.id, shown, update=update, new=start.new)

    async def _cancel_flow(self, update: Update, chat: Chat) -> None:
        now = current_update.get().now
        shown = await self.conversations.cancel_flow(update.update_id, chat.id, now)
        if shown is not None:
            self.presenter.show_turn(chat.id, shown, update=update)
        else:
            nothing = Show(Screen((Words("draft.none"),)))
            self.presenter.show_answer(chat, nothing, update)
