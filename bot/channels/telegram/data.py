"""What residents ask for about their data: /mydata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram.ext import ContextTypes

from bot.channels.telegram.direct_replies import Upload
from bot.channels.telegram.message_parser import get_button_value, get_chat_id
from bot.channels.telegram.update_context import current_update
from bot.conversation.service import TurnScreen
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork
from bot.privacy import data_requests, screens

if TYPE_CHECKING:
    from telegram import Update

    from bot.channels.telegram.presenter import Presenter
    from bot.conversation.service import ConversationService
    from bot.core.policy import Policy
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True)
class DataHandlers:
    """Translates for residents who ask about their data."""

    desk: ConversationService
    database: Database
    showing: Presenter
    policy: Policy

    async def overview(self, update: Update, _context: Context) -> None:
        """What is stored, and what may be done with it."""
        chat_id = get_chat_id(update)
        async with self.database.reading() as connection:
            held = await data_requests.load_personal_data(
                UnitOfWork(connection, current_update.get().now, self.policy), chat_id
            )
        await self.showing.show(chat_id, screens.show_overview(held), update)

    async def press(self, update: Update, context: Context) -> None:
        """A button of /mydata."""
        match get_button_value(update):
            case "copy":
                await self._copy(update)
            case "correct":
                await self._correct(update)
            case "erase" | "withdraw" as way:
                await self.showing.show(get_chat_id(update), screens.ask_confirmation(way), update)
            case "erase-yes":
                await self._erase(update, "erase")
            case "withdraw-yes":
                await self._erase(update, "withdraw")
            case _:
                await self.overview(update, context)

    async def _copy(self, update: Update) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.transaction() as connection:
            content = await data_requests.make_copy(
                UnitOfWork(connection, now, self.policy), chat_id
            )
        upload = Upload(content, f"{now.date().isoformat()}.json")
        await self.showing.show(chat_id, Screen((Words("mydata.file"),)), update, upload=upload)

    async def _correct(self, update: Update) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        shown = await self.desk.open(update.update_id, chat_id, "correction", now)
        if shown is not None:
            self.showing.say(chat_id, shown, update=update)

    async def _erase(self, update: Update, way: str) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        does = data_requests.erase_person if way == "erase" else data_requests.withdraw_consent
        language = await self.desk.language(chat_id)  # which is forgotten with the rest
        async with self.database.transaction() as connection:
            done = await does(UnitOfWork(connection, now, self.policy), chat_id)
        shown = TurnScreen(screens.show_erasure_report(done, way), language)
        self.showing.say(chat_id, shown, update=update)
