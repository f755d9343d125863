"""What organisers do: plan a forum, see how far it has come, move it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram.ext import ContextTypes

from bot.channels.telegram.message_parser import get_button_value, get_chat_id
from bot.channels.telegram.update_context import current_update
from bot.core.requests import Refused, Upload
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import qr_codes
from bot.forums.planning import screens, service
from bot.forums.planning.actions import BY_NAME
from bot.forums.session import service as session_service

if TYPE_CHECKING:
    from telegram import Bot, Update

    from bot.channels.telegram.presenter import Presenter
    from bot.conversation.service import ConversationService
    from bot.core.policy import Policy
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True)
class OrganiserHandlers:
    """Translates for those who plan forums."""

    desk: ConversationService
    database: Database
    showing: Presenter
    policy: Policy
    bot: Bot

    async def new(self, update: Update, _context: Context) -> None:
        """Plan a forum."""
        chat_id, now = get_chat_id(update), current_update.get().now
        shown = await self.desk.start_flow(update.update_id, chat_id, "newforum", now)
        if shown is not None:
            self.showing.show_turn(chat_id, shown, update=update, new=True)

    async def list(self, update: Update, _context: Context) -> None:
        """The forums of one's unit."""
        await self._list(update, 0)

    async def press(self, update: Update, context: Context) -> None:
        """A button about a forum that one plans."""
        verb, _, value = get_button_value(update).partition("=")
        match verb:
            case "new":
                await self.new(update, context)
            case "list":
                await self._list(update, int(value[:6]) if value.isdecimal() else 0)
            case "opinions":
                await self._opinions(update, value)
            case "poster":
                await self._poster(update, value)
            case "stop":
                await self._stop(update, value)
            case move if move in BY_NAME:
                await self._move(update, move, value)
            case _:
                await self._open(update, value, new=verb == "open")

    async def _list(self, update: Update, skip: int) -> None:
        chat_id = get_chat_id(update)
        async with self.database.reading() as connection:
            found = await service.list_plans(connection, chat_id, skip)
        unknown = Screen((Words("errors.unknown_command"),))
        if found is None:
            await self.showing.show(chat_id, unknown, update)
            return
        screen = screens.show_plans(found, skip, service.PAGE, self.policy.zone)
        await self.showing.show(chat_id, screen, update)

    async def _open(self, update: Update, code: str, *, new: bool) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.reading() as connection:
            found = await service.load_plan(UnitOfWork(connection, now, self.policy), chat_id, code)
        if found is None:
            await self._refuse(update, "open", code)
            return
        await self.showing.show(chat_id, screens.show_plan(found), update, new=new)

    async def _refuse(
        self, update: Update, action: str, code: str, words: Words | None = None
    ) -> None:
        """Say that it is not possible, and write it down."""
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.transaction() as connection:
            await service.record_refusal(
                UnitOfWork(connection, now, self.policy), chat_id, action, code
            )
        await self.showing.notice(update, words or Words(service.REFUSED), alert=True)

    async def _move(self, update: Update, move: str, code: str) -> None:
        """Do something with a forum at once or, where it needs words, begin to ask for them."""
        chat_id, now = get_chat_id(update), current_update.get().now
        try:
            if BY_NAME[move].asks:
                async with self.database.reading() as connection:
                    facts = await service.begin_action(
                        UnitOfWork(connection, now, self.policy), chat_id, move, code
                    )
                flow = "newforum" if move == "edit" else f"forum_{move}"
                shown = await self.desk.start_flow(
                    update.update_id, chat_id, flow, now, facts=facts
                )
                if shown is not None:
                    self.showing.show_turn(chat_id, shown, update=update, new=True)
                return
            async with self.database.transaction() as connection:
                await service.perform_action(
                    UnitOfWork(connection, now, self.policy), chat_id, move, code, {}
                )
        except Refused as refused:
            await self._refuse(update, move, code, refused.words)
            return
        self.showing.nudge()
        await self._open(update, code, new=False)

    async def _opinions(self, update: Update, value: str) -> None:
        code, _, skip = value.partition(".")
        chat_id, now = get_chat_id(update), current_update.get().now
        first = int(skip[:6]) if skip.isdecimal() else 0
        async with self.database.transaction() as connection:
            found = await session_service.list_submissions(
                UnitOfWork(connection, now, self.policy), chat_id, code, skip=first
            )
        if found is None:
            await self._refuse(update, "opinions", code)
            return
        await self.showing.show(chat_id, screens.show_submissions(found), update, new=not skip)

    async def _poster(self, update: Update, code: str) -> None:
        """The QR code that opens the forum: as a picture, and to be printed."""
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.reading() as connection:
            found = await service.load_plan(UnitOfWork(connection, now, self.policy), chat_id, code)
        if found is None:
            await self._refuse(update, "poster", code)
            return
        forum = found.forum
        words = Words(
            "forum.poster_text",
            {"title": forum.title, "at": forum.starts_at, "venue": forum.venue},
        )
        payload = f"forum_{forum.code}"
        picture = Upload(
            qr_codes.draw_link_code(self.bot.username, payload), "forum.png", is_picture=True
        )
        await self.showing.show(chat_id, Screen((words,)), update, upload=picture)
        printed = Upload(
            qr_codes.print_link_code(self.bot.username, payload), f"forum-{forum.code}.pdf"
        )
        await self.showing.show(chat_id, Screen((Words("forum.printed"),)), upload=printed)

    async def _stop(self, update: Update, code: str) -> None:
        async with self.database.transaction() as connection:
            await service.stop_announcing(
                UnitOfWork(connection, current_update.get().now, self.policy),
                get_chat_id(update),
                code,
            )
        await self._open(update, code, new=False)
