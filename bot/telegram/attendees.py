"""What residents ask for about forums: the list, a page, a ticket, the door, what they hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from telegram.ext import ContextTypes

from bot.areas.units import CITY
from bot.conversation.flow import Chat, Refused
from bot.feedback import links, qr
from bot.forums import attending, calendar_file, subscribing
from bot.forums import attending_rules as rules
from bot.forums import attending_screens as screens
from bot.preferences import FORUMS, Preferences
from bot.screen import Screen, Words
from bot.telegram.arrival import arriving
from bot.telegram.reading import chat_of, pressed_in
from bot.telegram.replies import Pin, Upload
from storage import attendance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from telegram import Bot, Update

    from bot.conversation.service import Desk
    from bot.policy import Policy
    from bot.telegram.showing import Showing
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE

CHECKIN = "checkin_"  # before a ticket's token in a deep link
_FORUM = "forum_"
_HIDDEN = 50  # forums that somebody is not interested in, as far as is remembered


@dataclass(frozen=True)
class AttendeeHandlers:
    """Translates for those who attend. `usual` are the minutes at which they are reminded."""

    desk: Desk
    database: Database
    showing: Showing
    policy: Policy
    bot: Bot
    usual: Sequence[int]

    # Forums

    async def forums(self, update: Update, _context: Context) -> None:
        """The forums to come, those near first."""
        await self._list(update, "coming", 0)

    async def press_forums(self, update: Update, _context: Context) -> None:
        """A button about forums."""
        verb, _, value = pressed_in(update).partition("=")
        if verb in {"coming", "past"}:
            await self._list(update, verb, int(value[:6]) if value.isdecimal() else 0)
            return
        code, _, number = value.partition(".")
        chat_id = chat_of(update)
        view = await self._view(chat_id, code)
        if view is None:
            await self.showing.notice(update, Words("forums.unknown"), alert=True)
            return
        try:
            await self._press(update, verb, view, int(number) if number.isdecimal() else None)
        except Refused as refused:
            await self.showing.notice(update, refused.words, alert=True)

    async def _press(
        self, update: Update, verb: str, view: attending.View, number: int | None
    ) -> None:
        chat_id = chat_of(update)
        match verb:
            case "attend":
                await self._attend(update, view)
            case "opinion":
                await self._opinion(update, view)
            case "map":
                await self._map(update, view)
            case "calendar":
                await self._calendar(update, view)
            case "news":
                await self._subscriptions(update, view.forum.area)
            case "hide" | "unhide":
                await self._hide(update, view, hides=verb == "hide")
            case "rate":
                await self._rate(update, view, number)
            case (
                "ticket" | "mine" | "qr" | "people" | "remind" | "unremind" | "cancel" | "cancelled"
            ):
                if view.mine is None:
                    await self.showing.notice(update, Words("forums.no_ticket"), alert=True)
                else:
                    await self._of_ticket(update, verb, view, number)
            case _:
                # From an announcement it is opened below: the announcement itself stays.
                now = arriving.get().now
                screen = screens.page(view, now)
                await self.showing.show(chat_id, screen, update, new=verb == "open")

    async def show_one(self, update: Update, code: str) -> bool:
        """The forum whose code a deep link carries; whether there is one."""
        view = await self._view(chat_of(update), code)
        if view is not None:
            await self.showing.show(chat_of(update), screens.page(view, arriving.get().now))
        return view is not None

    async def _view(self, chat_id: int, code: str) -> attending.View | None:
        async with self.database.reading() as connection:
            return await attending.view(connection, chat_id, code, policy=self.policy)

    async def _list(self, update: Update, which: str, skip: int) -> None:
        chat_id, now = chat_of(update), arriving.get().now
        chosen = await self.desk.preferences(chat_id)
        most = screens.PAGE + 1
        async with self.database.reading() as connection:
            if which == "past":
                found = await attendance.past(connection, skip=skip, most=most)
            else:
                wished = await subscribing.subjects(connection, chat_id, policy=self.policy)
                near = {CITY, *chosen.get("areas", ()), *wished}
                hidden = chosen.get("hidden", ())
                found = await attendance.upcoming(
                    connection, now, near, hidden, skip=skip, most=most
                )
        screen = screens.forums_list(found, which, skip, self.policy.zone)
        await self.showing.show(chat_id, screen, update)

    async def _attend(self, update: Update, view: attending.View) -> None:
        if not rules.is_open(view.forum, arriving.get().now):
            raise Refused(Words("attend.gone"))
        if view.mine is not None:
            raise Refused(Words("attend.already"))
        await self._open(update, "attend", {"@code": view.forum.code})

    async def _open(self, update: Update, flow: str, facts: Mapping[str, Any]) -> None:
        chat_id, now = chat_of(update), arriving.get().now
        shown = await self.desk.open(update.update_id, chat_id, flow, now, facts=facts)
        if shown is not None:
            self.showing.say(chat_id, shown, update=update, new=True)

    async def _opinion(self, update: Update, view: attending.View) -> None:
        """Begin an opinion for a forum, as its deep link does."""
        chat_id, now = chat_of(update), arriving.get().now
        if not rules.takes_opinions(view.forum, now, view.mine):
            raise Refused(Words("forums.too_late", {"until": view.forum.opinions_until}))
        link = links.read(f"{_FORUM}{view.forum.code}", now)
        await self.desk.prefer(chat_id, lambda _chosen: link)
        await self._open(update, "feedback", {})

    async def _map(self, update: Update, view: attending.View) -> None:
        forum = view.forum
        if forum.latitude is None or forum.longitude is None:
            raise Refused(Words("forums.no_place"))
        pin = Pin(forum.latitude, forum.longitude, forum.title, forum.venue)
        await self.showing.point(update, pin)

    async def _calendar(self, update: Update, view: attending.View) -> None:
        forum, now = view.forum, arriving.get().now
        link = f"https://t.me/{self.bot.username}?start={_FORUM}{forum.code}"
        upload = Upload(calendar_file.content(forum, now, link), f"{forum.code}.ics")
        screen = Screen((Words("forums.calendar_file", screens.about(forum)),))
        await self.showing.show(chat_of(update), screen, update, upload=upload)

    async def _hide(self, update: Update, view: attending.View, *, hides: bool) -> None:
        chat_id, code = chat_of(update), view.forum.code

        def change(chosen: Mapping[str, Any]) -> Mapping[str, Any]:
            others = [each for each in chosen.get("hidden", ()) if each != code]
            return {"hidden": [*others, code][-_HIDDEN:] if hides else others}

        await self.desk.prefer(chat_id, change)
        screen = screens.hidden(view.forum)
        if not hides:
            screen = screens.page(view, arriving.get().now)
        await self.showing.show(chat_id, screen, update)

    async def _rate(self, update: Update, view: attending.View, score: int | None) -> None:
        chat_id, now = chat_of(update), arriving.get().now
        if not rules.was_there(view.forum, view.mine):
            raise Refused(Words("forums.no_ticket"))
        if score not in {0, 1, 2}:
            await self.showing.show(chat_id, screens.how_was_it(view.forum), update, new=True)
            return
        async with self.database.transaction() as connection:
            await attending.rate(
                connection, chat_id, view.forum.code, score, now, policy=self.policy
            )
        await self.showing.show(chat_id, Screen((Words("rating.done"),)), update)

    # A ticket

    async def _of_ticket(
        self, update: Update, verb: str, view: attending.View, number: int | None
    ) -> None:
        chat_id = chat_of(update)
        match verb:
            case "qr":
                await self._show_qr(update, view)
                return
            case "cancelled":
                await self._cancel(update, view)
                return
            case "people" if number is not None:
                await self._set_people(chat_id, view.forum.code, number)
            case "people":
                await self.showing.show(chat_id, screens.how_many(view), update)
                return
            case "remind" | "unremind":
                await self._remind(update, view, number, wanted=verb == "remind")
                return
            case "cancel":
                sure = screens.sure_to_cancel(view.forum)
                await self.showing.show(chat_id, sure, update, new=True)
                return
        now_mine = await self._view(chat_id, view.forum.code)
        if now_mine is not None and now_mine.mine is not None:
            screen = screens.ticket(now_mine)
            await self.showing.show(chat_id, screen, update, new=verb == "mine")

    async def _show_qr(self, update: Update, view: attending.View) -> None:
        assert view.mine is not None
        content = qr.of_link(self.bot.username, f"{CHECKIN}{view.mine.token}")
        upload = Upload(content, f"{view.forum.code}.png", is_picture=True)
        await self.showing.show(chat_of(update), screens.qr_caption(view), update, upload=upload)

    async def _cancel(self, update: Update, view: attending.View) -> None:
        chat_id, now = chat_of(update), arriving.get().now
        code = view.forum.code
        async with self.database.transaction() as connection:
            done = await attending.cancel(connection, chat_id, code, now, policy=self.policy)
        key = "forums.cancelled_mine" if done else "forums.no_ticket"
        await self.showing.show(chat_id, Screen((Words(key, screens.about(view.forum)),)), update)
        self.showing.nudge()

    async def _set_people(self, chat_id: int, code: str, people: int) -> None:
        async with self.database.transaction() as connection:
            now = arriving.get().now
            await attending.set_people(connection, chat_id, code, people, now, policy=self.policy)
        self.showing.nudge()

    async def _remind(
        self, update: Update, view: attending.View, offset: int | None, *, wanted: bool
    ) -> None:
        chat_id, code = chat_of(update), view.forum.code
        if offset is not None:
            async with self.database.transaction() as connection:
                await attending.set_offset(
                    connection, chat_id, code, offset,
                    wanted=wanted, policy=self.policy, usual=self.usual,
                )  # fmt: skip
        changed = await self._view(chat_id, code)
        assert changed is not None
        await self.showing.show(chat_id, screens.when_to_remind(changed, self.usual), update)

    async def arrive(self, update: Update, token: str) -> None:
        """A ticket's link is followed: at the door, or by whose ticket it is."""
        chat_id, now = chat_of(update), arriving.get().now
        async with self.database.transaction() as connection:
            found = await attending.at_the_door(connection, chat_id, token, now, policy=self.policy)
        if found is None:
            screen = Screen((Words("forums.unknown_ticket"),))
        elif isinstance(found, attending.Door):
            screen = screens.door(found)
        else:
            screen = screens.ticket(found) if found.mine else screens.page(found, now)
        await self.showing.show(chat_id, screen)

    # What one hears of

    async def press_subscription(self, update: Update, _context: Context) -> None:
        """A button about what one wants to hear of."""
        verb, _, subject = pressed_in(update).partition("=")
        chat_id = chat_of(update)
        match verb:
            case "take":
                if not await self._take(update, subject):
                    return
            case "drop":
                async with self.database.transaction() as connection:
                    await subscribing.unsubscribe(connection, chat_id, subject, policy=self.policy)
            case "add":
                await self._open(update, "subscription", {})
                return
            case "topics":
                async with self.database.reading() as connection:
                    known = await subscribing.subjects(connection, chat_id, policy=self.policy)
                await self.showing.show(chat_id, subscribing.topics(known), update)
                return
        await self._subscriptions(update, subject)

    async def _take(self, update: Update, subject: str) -> bool:
        """Whether it is done; who has not agreed to the notice is asked first."""
        chat_id, now = chat_of(update), arriving.get().now
        async with self.database.reading() as connection:
            agreed = await subscribing.has_agreed(connection, chat_id, policy=self.policy)
        if not agreed:
            await self._open(update, "subscription", {"@subject": subject})
            return False
        chat = Chat(chat_id, await self.desk.language(chat_id))
        try:
            async with self.database.transaction() as connection:
                await subscribing.subscribe(
                    connection, chat, {"@subject": subject}, now, policy=self.policy
                )
        except Refused as refused:
            await self.showing.notice(update, refused.words, alert=True)
            return False
        return True

    async def _subscriptions(self, update: Update, offered: str) -> None:
        chat_id = chat_of(update)
        async with self.database.reading() as connection:
            known = await subscribing.subjects(connection, chat_id, policy=self.policy)
        chosen = Preferences.of(await self.desk.preferences(chat_id))
        screen = subscribing.page(known, offered, muted=FORUMS in chosen.muted)
        await self.showing.show(chat_id, screen, update)
