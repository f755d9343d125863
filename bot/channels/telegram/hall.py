"""What organisers do in the hall: opinion after opinion, and those that are spoken there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from telegram.ext import ContextTypes

from bot.channels.telegram.message_parser import get_button_value, get_chat_id
from bot.channels.telegram.update_context import current_update
from bot.core.requests import Refused, Upload
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import qr_codes
from bot.forums.planning import service
from bot.forums.session import oral_submissions, screens
from bot.forums.session import service as session_service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telegram import Bot, Update

    from bot.channels.telegram.presenter import Presenter
    from bot.conversation.service import ConversationService
    from bot.core.policy import Policy
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True)
class HallHandlers:
    """Translates for those who hold a forum, and for who spoke at one."""

    desk: ConversationService
    database: Database
    showing: Presenter
    policy: Policy
    bot: Bot

    async def press(self, update: Update, _context: Context) -> None:
        """A button about an opinion in the hall, or about the next one."""
        verb, _, value = get_button_value(update).partition("=")
        code, _, typed = value.partition(".")
        number = int(typed[:18]) if typed.isascii() and typed.isdecimal() else 0
        try:
            match verb:
                case "answer":
                    await self._answer(update, code, number)
                case "left":
                    await self._leave(update, code, number)
                case "spoken":
                    await self._spoken(update, code)
                case "qr":
                    await self._qr(update, value)
                case _:
                    await self._next(update, code, number)
        except Refused as refused:
            chat_id, now = get_chat_id(update), current_update.get().now
            async with self.database.transaction() as connection:
                await service.record_refusal(
                    UnitOfWork(connection, now, self.policy), chat_id, f"hall_{verb}", code
                )
            await self.showing.notice(update, refused.words, alert=True)

    async def _next(self, update: Update, code: str, after: int) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.transaction() as connection:
            found = await session_service.find_next_submission(
                UnitOfWork(connection, now, self.policy), chat_id, code, after=after
            )
        await self.showing.show(chat_id, screens.show_next_submission(found), update, new=not after)

    async def _answer(self, update: Update, code: str, number: int) -> None:
        async with self.database.transaction() as connection:
            facts = await session_service.begin_answer(
                connection, get_chat_id(update), code, number
            )
        await self._ask(update, "hall_answer", facts)

    async def _leave(self, update: Update, code: str, number: int) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.transaction() as connection:
            await session_service.leave_to_unit(
                UnitOfWork(connection, now, self.policy), chat_id, code, number
            )
        self.showing.nudge()
        await self._next(update, code, number)

    async def _spoken(self, update: Update, code: str) -> None:
        async with self.database.reading() as connection:
            facts = await oral_submissions.begin_oral_submission(
                UnitOfWork(connection, current_update.get().now, self.policy),
                get_chat_id(update),
                code,
            )
        await self._ask(update, "hall_spoken", facts)

    async def _ask(self, update: Update, flow: str, facts: Mapping[str, Any]) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        shown = await self.desk.start_flow(update.update_id, chat_id, flow, now, facts=facts)
        if shown is not None:
            self.showing.show_turn(chat_id, shown, update=update, new=True)

    async def _qr(self, update: Update, token: str) -> None:
        """The QR code by which who said something makes it theirs, for who has its button."""
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.reading() as connection:
            facts = await oral_submissions.find_claimable(
                UnitOfWork(connection, now, self.policy), token
            )
        if facts is None:
            raise Refused(Words("hall.claimed"))
        payload = oral_submissions.CLAIM + token
        picture = Upload(
            qr_codes.draw_link_code(self.bot.username, payload), "qr.png", is_picture=True
        )
        await self.showing.show(chat_id, Screen((Words("hall.scan"),)), update, upload=picture)

    async def claim(self, update: Update, token: str) -> None:
        """Somebody follows the QR code of what they said in the hall."""
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.reading() as connection:
            facts = await oral_submissions.find_claimable(
                UnitOfWork(connection, now, self.policy), token
            )
        if facts is None:
            await self.showing.show(chat_id, Screen((Words("claim.gone"),)))
            return
        shown = await self.desk.start_flow(update.update_id, chat_id, "claim", now, facts=facts)
        if shown is not None:
            self.showing.show_turn(chat_id, shown)
