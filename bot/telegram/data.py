"""What residents ask for about their data: /mydata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram.ext import ContextTypes

from bot.conversation.service import Shown
from bot.privacy import rights, screens
from bot.screen import Screen, Words
from bot.telegram.arrival import arriving
from bot.telegram.reading import chat_of, pressed_in
from bot.telegram.replies import Upload

if TYPE_CHECKING:
    from telegram import Update

    from bot.conversation.service import Desk
    from bot.seal import Seal
    from bot.telegram.showing import Showing
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True)
class DataHandlers:
    """Translates for residents who ask about their data."""

    desk: Desk
    database: Database
    showing: Showing
    seal: Seal

    async def overview(self, update: Update, _context: Context) -> None:
        """What is stored, and what may be done with it."""
        chat_id = chat_of(update)
        async with self.database.reading() as connection:
            held = await rights.holding(connection, self.seal, chat_id)
        await self.showing.show(chat_id, screens.overview(held), update)

    async def press(self, update: Update, context: Context) -> None:
        """A button of /mydata."""
        match pressed_in(update):
            case "copy":
                await self._copy(update)
            case "correct":
                await self._correct(update)
            case "erase" | "withdraw" as way:
                await self.showing.show(chat_of(update), screens.ask(way), update)
            case "erase-yes":
                await self._erase(update, "erase")
            case "withdraw-yes":
                await self._erase(update, "withdraw")
            case _:
                await self.overview(update, context)

    async def _copy(self, update: Update) -> None:
        chat_id, now = chat_of(update), arriving.get().now
        async with self.database.transaction() as connection:
            content = await rights.copy(connection, self.seal, chat_id, now)
        upload = Upload(content, f"{now.date().isoformat()}.json")
        await self.showing.show(chat_id, Screen((Words("mydata.file"),)), update, upload=upload)

    async def _correct(self, update: Update) -> None:
        chat_id, now = chat_of(update), arriving.get().now
        shown = await self.desk.open(update.update_id, chat_id, "correction", now)
        if shown is not None:
            self.showing.say(chat_id, shown, update=update)

    async def _erase(self, update: Update, way: str) -> None:
        chat_id, now = chat_of(update), arriving.get().now
        does = rights.erase if way == "erase" else rights.withdraw_consent
        language = await self.desk.language(chat_id)  # which is forgotten with the rest
        async with self.database.transaction() as connection:
            done = await does(connection, self.seal, chat_id, now)
        shown = Shown(screens.erased(done, way), language)
        self.showing.say(chat_id, shown, update=update)
