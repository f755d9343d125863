"""What organisers do: plan a forum, see how far it has come, move it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram.ext import ContextTypes

from bot.conversation.flow import Refused
from bot.feedback import qr
from bot.forums import hearing, screens, service
from bot.forums.workflow import BY_NAME
from bot.screen import Screen, Words
from bot.telegram.arrival import arriving
from bot.telegram.reading import chat_of, pressed_in
from bot.telegram.replies import Upload

if TYPE_CHECKING:
    from telegram import Bot, Update

    from bot.conversation.service import Desk
    from bot.policy import Policy
    from bot.telegram.showing import Showing
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE


@dataclass(frozen=True)
class OrganiserHandlers:
    """Translates for those who plan forums."""

    desk: Desk
    database: Database
    showing: Showing
    policy: Policy
    bot: Bot

    async def new(self, update: Update, _context: Context) -> None:
        """Plan a forum."""
        chat_id, now = chat_of(update), arriving.get().now
        shown = await self.desk.open(update.update_id, chat_id, "newforum", now)
        if shown is not None:
            self.showing.say(chat_id, shown, update=update, new=True)

    async def list(self, update: Update, _context: Context) -> None:
        """The forums of one's unit."""
        await self._list(update, 0)

    async def press(self, update: Update, context: Context) -> None:
        """A button about a forum that one plans."""
        verb, _, value = pressed_in(update).partition("=")
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
        chat_id = chat_of(update)
        async with self.database.reading() as connection:
            found = await service.plans(connection, chat_id, skip)
        unknown = Screen((Words("errors.unknown_command"),))
        if found is None:
            await self.showing.show(chat_id, unknown, update)
            return
        screen = screens.plans(found, skip, service.PAGE, self.policy.zone)
        await self.showing.show(chat_id, screen, update)

    async def _open(self, update: Update, code: str, *, new: bool) -> None:
        chat_id, now = chat_of(update), arriving.get().now
        async with self.database.reading() as connection:
            found = await service.plan(connection, chat_id, code, now)
        if found is None:
            await self._refuse(update, "open", code)
            return
        await self.showing.show(chat_id, screens.plan(found), update, new=new)

    async def _refuse(
        self, update: Update, action: str, code: str, words: Words | None = None
    ) -> None:
        """Say that it is not possible, and write it down."""
        chat_id, now = chat_of(update), arriving.get().now
        async with self.database.transaction() as connection:
            await service.refused(connection, chat_id, action, code, now)
        await self.showing.notice(update, words or Words(service.REFUSED), alert=True)

    async def _move(self, update: Update, move: str, code: str) -> None:
        """Do something with a forum at once or, where it needs words, begin to ask for them."""
        chat_id, now = chat_of(update), arriving.get().now
        try:
            if BY_NAME[move].asks:
                async with self.database.reading() as connection:
                    facts = await service.begin(connection, chat_id, move, code, now, self.policy)
                flow = "newforum" if move == "edit" else f"forum_{move}"
                shown = await self.desk.open(update.update_id, chat_id, flow, now, facts=facts)
                if shown is not None:
                    self.showing.say(chat_id, shown, update=update, new=True)
                return
            async with self.database.transaction() as connection:
                await service.do(connection, chat_id, move, code, now, {}, policy=self.policy)
        except Refused as refused:
            await self._refuse(update, move, code, refused.words)
            return
        self.showing.nudge()
        await self._open(update, code, new=False)

    async def _opinions(self, update: Update, value: str) -> None:
        code, _, skip = value.partition(".")
        chat_id, now = chat_of(update), arriving.get().now
        first = int(skip[:6]) if skip.isdecimal() else 0
        async with self.database.transaction() as connection:
            found = await hearing.opinions(connection, chat_id, code, now, skip=first)
        if found is None:
            await self._refuse(update, "opinions", code)
            return
        await self.showing.show(chat_id, screens.opinions(found), update, new=not skip)

    async def _poster(self, update: Update, code: str) -> None:
        """The QR code that opens the forum: as a picture, and to be printed."""
        chat_id, now = chat_of(update), arriving.get().now
        async with self.database.reading() as connection:
            found = await service.plan(connection, chat_id, code, now)
        if found is None:
            await self._refuse(update, "poster", code)
            return
        forum = found.forum
        words = Words(
            "forum.poster_text",
            {"title": forum.title, "at": forum.starts_at, "venue": forum.venue},
        )
        payload = f"forum_{forum.code}"
        picture = Upload(qr.of_link(self.bot.username, payload), "forum.png", is_picture=True)
        await self.showing.show(chat_id, Screen((words,)), update, upload=picture)
        printed = Upload(qr.printed(self.bot.username, payload), f"forum-{forum.code}.pdf")
        await self.showing.show(chat_id, Screen((Words("forum.printed"),)), upload=printed)

    async def _stop(self, update: Update, code: str) -> None:
        async with self.database.transaction() as connection:
            await service.stop_announcing(connection, chat_of(update), code, arriving.get().now)
        await self._open(update, code, new=False)
