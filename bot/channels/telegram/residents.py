"""What residents ask for besides giving an opinion: their own submissions, settings, help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram.ext import ContextTypes

from bot.casework.submission_rules import may_be_reopened
from bot.channels.telegram.message_parser import get_button_value, get_chat_id
from bot.channels.telegram.update_context import current_update
from bot.core.preferences import Preferences
from bot.core.requests import Chat, Upload
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import followup_service, intake_service, qr_codes, screens
from bot.texts import LANGUAGES
from storage import attendance

if TYPE_CHECKING:
    from telegram import Bot, Update

    from bot.channels.telegram.presenter import Presenter
    from bot.conversation.service import ConversationService
    from bot.core.policy import Policy
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True)
class ResidentHandlers:
    """Translates for residents."""

    desk: ConversationService
    database: Database
    showing: Presenter
    policy: Policy
    bot: Bot

    async def mine(self, update: Update, context: Context) -> None:
        """One's submissions, or the one whose code is given."""
        chat_id = get_chat_id(update)
        typed = " ".join(context.args or ())
        screen = await self._one(chat_id, typed) if typed else await self._list(chat_id)
        await self.showing.show(chat_id, screen)

    async def press_mine(self, update: Update, _context: Context) -> None:
        """Show one of one's submissions, or another page of the list."""
        chat_id = get_chat_id(update)
        verb, _, value = get_button_value(update).partition("=")
        match verb:
            case "show" | "open":
                # From the receipt it is opened below: the receipt itself stays.
                screen = await self._one(chat_id, value)
                await self.showing.show(chat_id, screen, update, new=verb == "open")
            case "addition" | "reply" | "rating" | "reopening":
                await self._open(update, verb, value)
            case "withdraw":
                await self.showing.show(chat_id, screens.confirm_withdrawal(value), update)
            case "withdrawn":
                await self._withdraw(update, value)
            case "receipt":
                await self._receipt(update, value)
            case _:
                before = int(value) if verb == "before" and value.isdecimal() else None
                await self.showing.show(chat_id, await self._list(chat_id, before), update)

    async def show_one(self, update: Update, typed: str) -> None:
        """The opinion whose code a deep link carries."""
        chat_id = get_chat_id(update)
        await self.showing.show(chat_id, await self._one(chat_id, typed))

    async def _open(self, update: Update, flow: str, code: str) -> None:
        """Begin a short conversation about one of one's own opinions."""
        chat_id, now = get_chat_id(update), current_update.get().now
        found = await self._found(chat_id, code)
        if found is None:
            await self.showing.show(chat_id, screens.show_unknown(), update)
            return
        reopens = may_be_reopened(found.submission, now, self.policy.reopen_within)
        facts = {"@code": found.submission.code, "@reopens": reopens}
        shown = await self.desk.start_flow(update.update_id, chat_id, flow, now, facts=facts)
        if shown is not None:
            self.showing.show_turn(chat_id, shown, update=update, new=True)

    async def _withdraw(self, update: Update, code: str) -> None:
        chat_id = get_chat_id(update)
        chat = Chat(chat_id, await self.desk.get_language(chat_id))
        async with self.database.transaction() as connection:
            now = current_update.get().now
            done = await followup_service.withdraw_submission(
                UnitOfWork(connection, now, self.policy), chat, code
            )
        key = "mine.withdrawn" if done else "mine.too_late"
        await self.showing.show(chat_id, Screen((Words(key, {"code": code[:20]}),)), update)
        self.showing.nudge()

    async def _receipt(self, update: Update, code: str) -> None:
        """The receipt once more, with a QR code of it."""
        chat_id = get_chat_id(update)
        found = await self._found(chat_id, code)
        if found is None:
            await self.showing.show(chat_id, screens.show_unknown(), update)
            return
        code = found.submission.code
        upload = Upload(
            qr_codes.draw_receipt_code(self.bot.username, code), f"{code}.png", is_picture=True
        )
        screen = intake_service.show_receipt(found.submission, self.policy)
        await self.showing.show(chat_id, screen, update, upload=upload)

    async def settings(self, update: Update, _context: Context) -> None:
        """The language, the quiet hours, and what not to be told."""
        chat_id = get_chat_id(update)
        chosen = Preferences.of(await self.desk.get_preferences(chat_id))
        await self.showing.show(chat_id, screens.show_settings(chosen), update)

    async def press_settings(self, update: Update, context: Context) -> None:
        """Change what was pressed, and show the settings as they are then."""
        chat_id, choice = get_chat_id(update), get_button_value(update)
        if choice in LANGUAGES:
            await self.desk.set_language(chat_id, choice)
            aliases = self.policy.pseudonyms.list_aliases(chat_id, named=True)
            async with self.database.transaction() as connection:
                await attendance.set_language(connection, aliases, choice)
        else:
            verb, _, value = choice.partition("=")
            await self.desk.update_preferences(
                chat_id, lambda stored: Preferences.of(stored).changed(verb, value).to_json()
            )
        await self.settings(update, context)

    async def help(self, update: Update, _context: Context) -> None:
        """What can be done here."""
        await self.showing.show(get_chat_id(update), screens.show_help(), update)

    async def _list(self, chat_id: int, before: int | None = None) -> Screen:
        async with self.database.reading() as connection:
            most = screens.PAGE + 1
            aliases = self.policy.pseudonyms.list_aliases(chat_id)
            found = await intake_service.list_own_submissions(
                connection, aliases, before=before, most=most
            )
        return screens.show_submissions(found)

    async def _one(self, chat_id: int, typed: str) -> Screen:
        found = await self._found(chat_id, typed)
        if found is None:
            return screens.show_unknown()
        return screens.show_submission(found, current_update.get().now, self.policy)

    async def _found(self, chat_id: int, typed: str) -> intake_service.OwnSubmission | None:
        async with self.database.reading() as connection:
            aliases = self.policy.pseudonyms.list_aliases(chat_id)
            return await intake_service.find_own_submission(connection, aliases, typed)
