"""What officers do: join by an invite, go on and off duty, open a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram.ext import ContextTypes

from bot.casework import screens, service
from bot.screen import Screen, Words
from bot.telegram.arrival import arriving
from bot.telegram.reading import chat_of, pressed_in

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from telegram import Update

    from bot.conversation.service import Desk
    from bot.seal import Seal
    from bot.telegram.showing import Showing
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True)
class OfficerHandlers:
    """Translates for officers."""

    desk: Desk
    database: Database
    showing: Showing
    seal: Seal
    zone: ZoneInfo

    async def join(self, update: Update, token: str) -> None:
        """Somebody follows an invite link."""
        chat_id, person = chat_of(update), update.effective_user
        name = person.full_name if person else ""
        now = arriving.get().now
        async with self.database.transaction() as connection:
            officer = await service.join(connection, chat_id, name, token, now)
        unusable = Screen((Words("officer.invite_unusable"),))
        await self.showing.show(chat_id, screens.welcome(officer) if officer else unusable)

    async def duty(self, update: Update, context: Context) -> None:
        """An officer goes on or off duty."""
        wish = (context.args or [""])[0].casefold()
        chat_id, now = chat_of(update), arriving.get().now
        if wish not in {"on", "off"}:
            await self.showing.show(chat_id, Screen((Words("officer.duty.which"),)))
            return
        async with self.database.transaction() as connection:
            officer = await service.set_duty(connection, chat_id, now, on_duty=wish == "on")
        key = f"officer.duty.{wish}" if officer else "errors.unknown_command"
        await self.showing.show(chat_id, Screen((Words(key),)))

    async def press_case(self, update: Update, _context: Context) -> None:
        """A button about a case, for the officer who may see it."""
        verb, _, code = pressed_in(update).partition("=")
        match verb:
            case "ban":
                await self._ban(update, code)
            case "unban":
                await self._unban(update, code)
            case _:
                await self._open(update, code)

    async def _open(self, update: Update, code: str) -> None:
        chat_id = chat_of(update)
        async with self.database.transaction() as connection:
            now = arriving.get().now
            opened = await service.open_case(connection, chat_id, code, now, seal=self.seal)
        if opened is None:
            await self.showing.notice(update, Words("case.refused"), alert=True)
            return
        screen = screens.case(opened, self.zone)
        files = tuple(opened.files)
        await self.showing.show(chat_id, screen, update, new=True, files=files)

    async def _ban(self, update: Update, code: str) -> None:
        chat_id, now = chat_of(update), arriving.get().now
        async with self.database.reading() as connection:
            may = await service.may_ban(connection, chat_id, code)
        if not may:
            await self.showing.notice(update, Words("case.refused"), alert=True)
            return
        facts = {"@code": code}
        shown = await self.desk.open(update.update_id, chat_id, "ban", now, facts=facts)
        if shown is not None:
            self.showing.say(chat_id, shown, update=update, new=True)

    async def _unban(self, update: Update, code: str) -> None:
        chat_id, now = chat_of(update), arriving.get().now
        async with self.database.transaction() as connection:
            lifted = await service.unban(connection, chat_id, code, now, seal=self.seal)
        key = "ban.lifted" if lifted else "ban.none"
        await self.showing.notice(update, Words(key), alert=True)
