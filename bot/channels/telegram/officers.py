"""What officers do: join by an invite, go on and off duty, open a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram.ext import ContextTypes

from bot.casework import action_service, case_lists, screens, staff
from bot.casework.actions import BY_NAME
from bot.casework.submission_rules import parse_code
from bot.channels.telegram.message_parser import get_button_value, get_chat_id
from bot.channels.telegram.update_context import current_update
from bot.core.requests import Refused
from bot.core.screen import Screen, Words
from bot.core.text_folding import fold_text
from bot.core.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from telegram import Update

    from bot.channels.telegram.presenter import Presenter
    from bot.conversation.service import ConversationService
    from bot.core.policy import Policy
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE

# What is typed after /cases, folded, for each of the lists.
_WHICH = {
    "mine": {"mine", "toi", "cua toi"},
    "new": {"new", "moi"},
    "overdue": {"overdue", "qua han"},
    "proposed": {"proposed", "cho duyet"},
}


@dataclass(frozen=True)
class OfficerHandlers:
    """Translates for officers."""

    desk: ConversationService
    database: Database
    showing: Presenter
    policy: Policy

    async def join(self, update: Update, token: str) -> None:
        """Somebody follows an invite link."""
        chat_id, person = get_chat_id(update), update.effective_user
        name = person.full_name if person else ""
        now = current_update.get().now
        async with self.database.transaction() as connection:
            officer = await staff.accept_invite(
                UnitOfWork(connection, now, self.policy), chat_id, name, token
            )
        unusable = Screen((Words("officer.invite_unusable"),))
        await self.showing.show(chat_id, screens.show_welcome(officer) if officer else unusable)

    async def duty(self, update: Update, context: Context) -> None:
        """An officer goes on or off duty."""
        wish = (context.args or [""])[0].casefold()
        chat_id, now = get_chat_id(update), current_update.get().now
        if wish not in {"on", "off"}:
            await self.showing.show(chat_id, Screen((Words("officer.duty.which"),)))
            return
        async with self.database.transaction() as connection:
            officer = await staff.set_duty(
                UnitOfWork(connection, now, self.policy), chat_id, on_duty=wish == "on"
            )
        key = f"officer.duty.{wish}" if officer else "errors.unknown_command"
        await self.showing.show(chat_id, Screen((Words(key),)))

    async def press_case(self, update: Update, _context: Context) -> None:
        """A button about a case, for the officer who may see it."""
        verb, _, code = get_button_value(update).partition("=")
        match verb:
            case "ban":
                await self._ban(update, code)
            case "unban":
                await self._unban(update, code)
            case name if name in BY_NAME:
                await self._act(update, name, code)
            case "more":
                await self._open(update, code, rare=True)
            case _:
                await self._open(update, code)

    async def _open(self, update: Update, code: str, *, rare: bool = False) -> None:
        chat_id = get_chat_id(update)
        async with self.database.transaction() as connection:
            now = current_update.get().now
            opened = await staff.open_case(UnitOfWork(connection, now, self.policy), chat_id, code)
        if opened is None:
            if update.callback_query is None:
                await self.showing.show(chat_id, Screen((Words("case.refused"),)))
            else:
                await self.showing.notice(update, Words("case.refused"), alert=True)
            return
        if rare:
            await self.showing.show(chat_id, screens.show_more_actions(opened), update, new=True)
            return
        screen = screens.show_case(opened, self.policy.zone)
        files = tuple(opened.files)
        await self.showing.show(chat_id, screen, update, new=True, files=files)

    async def _ban(self, update: Update, code: str) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.reading() as connection:
            may = await staff.may_ban(UnitOfWork(connection, now, self.policy), chat_id, code)
        if not may:
            await self.showing.notice(update, Words("case.refused"), alert=True)
            return
        facts = {"@code": code}
        shown = await self.desk.start_flow(update.update_id, chat_id, "ban", now, facts=facts)
        if shown is not None:
            self.showing.show_turn(chat_id, shown, update=update, new=True)

    async def _unban(self, update: Update, code: str) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.transaction() as connection:
            lifted = await staff.unban_resident(
                UnitOfWork(connection, now, self.policy), chat_id, code
            )
        key = "ban.lifted" if lifted else "ban.none"
        await self.showing.notice(update, Words(key), alert=True)

    async def _act(self, update: Update, action: str, code: str) -> None:
        """Do something with a case at once or, where it needs words, begin to ask for them."""
        chat_id, now = get_chat_id(update), current_update.get().now
        try:
            if BY_NAME[action].asks:
                async with self.database.reading() as connection:
                    facts = await action_service.begin_action(
                        UnitOfWork(connection, now, self.policy), chat_id, action, code
                    )
                shown = await self.desk.start_flow(
                    update.update_id, chat_id, action, now, facts=facts
                )
                if shown is not None:
                    self.showing.show_turn(chat_id, shown, update=update, new=True)
                return
            async with self.database.transaction() as connection:
                await action_service.perform_action(
                    UnitOfWork(connection, now, self.policy), chat_id, action, code, {}
                )
        except Refused as refused:
            async with self.database.transaction() as connection:
                await action_service.record_refusal(
                    UnitOfWork(connection, now, self.policy), chat_id, action, code
                )
            await self.showing.notice(update, refused.words, alert=True)
            return
        self.showing.nudge()
        await self._open(update, code)

    async def cases(self, update: Update, context: Context) -> None:
        """The open cases, the most pressing first."""
        typed = fold_text(" ".join(context.args or ()))
        which = next((name for name, words in _WHICH.items() if typed in words), "unit")
        await self._list(update, which, "")

    async def press_cases(self, update: Update, _context: Context) -> None:
        """Another page of a list."""
        which, _, after = get_button_value(update).partition("=")
        await self._list(update, which, after)

    async def _list(self, update: Update, which: str, after: str) -> None:
        chat_id = get_chat_id(update)
        async with self.database.reading() as connection:
            now = current_update.get().now
            page = await case_lists.list_cases(
                UnitOfWork(connection, now, self.policy), chat_id, which=which, after=after
            )
        await self._show_page(update, page, which if which in case_lists.FILTERS else "unit")

    async def case(self, update: Update, context: Context) -> None:
        """The case whose code is typed."""
        await self._open(update, parse_code(" ".join(context.args or ())))

    async def search(self, update: Update, context: Context) -> None:
        """Cases by words of their text, with or without diacritics."""
        words = " ".join(context.args or ())
        async with self.database.reading() as connection:
            page = await case_lists.search_cases(connection, get_chat_id(update), words)
        await self._show_page(update, page, "found")

    async def _show_page(
        self, update: Update, page: case_lists.CasePage | None, title: str
    ) -> None:
        if page is None:
            screen = Screen((Words("errors.unknown_command"),))
        else:
            filters = case_lists.FILTERS if title in case_lists.FILTERS else ()
            screen = screens.show_case_list(
                page.cases, title, self.policy.zone, more=page.more, filters=filters
            )
        await self.showing.show(get_chat_id(update), screen, update)
