"""What residents ask for besides giving an opinion: their own submissions, settings, help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram.ext import ContextTypes

from bot.feedback import screens, service
from bot.screen import Button, Screen, Words
from bot.telegram.reading import chat_of, pressed_in
from bot.texts import LANGUAGES

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from telegram import Update

    from bot.conversation.service import Desk
    from bot.seal import Seal
    from bot.telegram.showing import Showing
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True)
class ResidentHandlers:
    """Translates for residents."""

    desk: Desk
    database: Database
    showing: Showing
    seal: Seal
    zone: ZoneInfo

    async def mine(self, update: Update, context: Context) -> None:
        """One's submissions, or the one whose code is given."""
        chat_id = chat_of(update)
        typed = " ".join(context.args or ())
        screen = await self._one(chat_id, typed) if typed else await self._list(chat_id)
        await self.showing.show(chat_id, screen)

    async def press_mine(self, update: Update, _context: Context) -> None:
        """Show one of one's submissions, or another page of the list."""
        chat_id = chat_of(update)
        verb, _, value = pressed_in(update).partition("=")
        if verb in {"show", "open"}:
            # From the receipt it is opened below: the receipt itself stays.
            screen = await self._one(chat_id, value)
            await self.showing.show(chat_id, screen, update, new=verb == "open")
            return
        before = int(value) if verb == "before" and value.isdecimal() else None
        await self.showing.show(chat_id, await self._list(chat_id, before), update)

    async def settings(self, update: Update, _context: Context) -> None:
        """The choice of a language."""
        await self.showing.show(chat_of(update), screens.languages(), update)

    async def press_settings(self, update: Update, context: Context) -> None:
        """Use the language that was chosen."""
        choice = pressed_in(update)
        if choice not in LANGUAGES:
            await self.settings(update, context)
            return
        chat_id = chat_of(update)
        await self.desk.speak(chat_id, choice)
        await self.showing.show(chat_id, Screen((Words("settings.done"),)), update)

    async def help(self, update: Update, _context: Context) -> None:
        """What can be done here."""
        await self.showing.show(chat_of(update), screens.help_(), update)

    async def _list(self, chat_id: int, before: int | None = None) -> Screen:
        async with self.database.reading() as connection:
            most = screens.PAGE + 1
            aliases = self.seal.aliases(chat_id)
            found = await service.mine(connection, aliases, before=before, most=most)
        return screens.mine_list(found)

    async def _one(self, chat_id: int, typed: str) -> Screen:
        async with self.database.reading() as connection:
            found = await service.one_of_mine(connection, self.seal.aliases(chat_id), typed)
        if found is None:
            back = Button(Words("mine.back"), "mine:list=")
            return Screen((Words("mine.unknown"),), (back,))
        return screens.mine_one(found, self.zone)
