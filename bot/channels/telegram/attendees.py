"""What residents ask for about forums: the list, a page, a ticket, the door, what they hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from telegram.ext import ContextTypes

from bot.areas.units import CITY
from bot.channels.telegram.message_parser import get_button_value, get_chat_id
from bot.channels.telegram.update_context import current_update
from bot.core.preferences import FORUMS, Preferences
from bot.core.requests import Chat, Pin, Refused, Upload
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import deep_links, qr_codes
from bot.forums import subscriptions
from bot.forums.attendance import calendar_file, rules, screens, service
from storage import attendance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from telegram import Bot, Update

    from bot.channels.telegram.presenter import Presenter
    from bot.conversation.service import ConversationService
    from bot.core.policy import Policy
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE

CHECKIN = "checkin_"  # before a ticket's token in a deep link
_FORUM = "forum_"
_HIDDEN = 50  # forums that somebody is not interested in, as far as is remembered


@dataclass(frozen=True)
class AttendeeHandlers:
    """Translates for those who attend. `usual` are the minutes at which they are reminded."""

    desk: ConversationService
    database: Database
    showing: Presenter
    policy: Policy
    bot: Bot
    usual: Sequence[int]

    # Forums

    async def forums(self, update: Update, _context: Context) -> None:
        """The forums to come, those near first."""
        await self._list(update, "coming", 0)

    async def press_forums(self, update: Update, _context: Context) -> None:
        """A button about forums."""
        verb, _, value = get_button_value(update).partition("=")
        if verb in {"coming", "past"}:
            await self._list(update, verb, int(value[:6]) if value.isdecimal() else 0)
            return
        code, _, number = value.partition(".")
        chat_id = get_chat_id(update)
        view = await self._view(chat_id, code)
        if view is None:
            await self.showing.notice(update, Words("forums.unknown"), alert=True)
            return
        try:
            await self._press(update, verb, view, int(number) if number.isdecimal() else None)
        except Refused as refused:
            await self.showing.notice(update, refused.words, alert=True)

    async def _press(
        self, update: Update, verb: str, view: service.ForumView, number: int | None
    ) -> None:
        chat_id = get_chat_id(update)
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
                now = current_update.get().now
                screen = screens.show_forum(view, now)
                await self.showing.show(chat_id, screen, update, new=verb == "open")

    async def show_one(self, update: Update, code: str) -> bool:
        """The forum whose code a deep link carries; whether there is one."""
        view = await self._view(get_chat_id(update), code)
        if view is not None:
            await self.showing.show(
                get_chat_id(update), screens.show_forum(view, current_update.get().now)
            )
        return view is not None

    async def _view(self, chat_id: int, code: str) -> service.ForumView | None:
        async with self.database.reading() as connection:
            return await service.view_forum(
                UnitOfWork(connection, current_update.get().now, self.policy), chat_id, code
            )

    async def _list(self, update: Update, which: str, skip: int) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        chosen = await self.desk.get_preferences(chat_id)
        most = screens.PAGE + 1
        async with self.database.reading() as connection:
            if which == "past":
                found = await attendance.list_past_forums(connection, skip=skip, most=most)
            else:
                wished = await subscriptions.list_subjects(
                    UnitOfWork(connection, current_update.get().now, self.policy), chat_id
                )
                near = {CITY, *chosen.get("areas", ()), *wished}
                hidden = chosen.get("hidden", ())
                found = await attendance.list_upcoming_forums(
                    connection, now, near, hidden, skip=skip, most=most
                )
        screen = screens.show_forums(found, which, skip, self.policy.zone)
        await self.showing.show(chat_id, screen, update)

    async def _attend(self, update: Update, view: service.ForumView) -> None:
        if not rules.is_open(view.forum, current_update.get().now):
            raise Refused(Words("attend.gone"))
        if view.mine is not None:
            raise Refused(Words("attend.already"))
        await self._open(update, "attend", {"@code": view.forum.code})

    async def _open(self, update: Update, flow: str, facts: Mapping[str, Any]) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        shown = await self.desk.start_flow(update.update_id, chat_id, flow, now, facts=facts)
        if shown is not None:
            self.showing.show_turn(chat_id, shown, update=update, new=True)

    async def _opinion(self, update: Update, view: service.ForumView) -> None:
        """Begin an opinion for a forum, as its deep link does."""
        chat_id, now = get_chat_id(update), current_update.get().now
        if not rules.takes_opinions(view.forum, now, view.mine):
            raise Refused(Words("forums.too_late", {"until": view.forum.opinions_until}))
        link = deep_links.parse_payload(f"{_FORUM}{view.forum.code}", now)
        await self.desk.update_preferences(chat_id, lambda _chosen: link)
        await self._open(update, "feedback", {})

    async def _map(self, update: Update, view: service.ForumView) -> None:
        forum = view.forum
        if forum.latitude is None or forum.longitude is None:
            raise Refused(Words("forums.no_place"))
        pin = Pin(forum.latitude, forum.longitude, forum.title, forum.venue)
        await self.showing.point(update, pin)

    async def _calendar(self, update: Update, view: service.ForumView) -> None:
        forum, now = view.forum, current_update.get().now
        link = f"https://t.me/{self.bot.username}?start={_FORUM}{forum.code}"
        upload = Upload(calendar_file.make_calendar_file(forum, now, link), f"{forum.code}.ics")
        screen = Screen((Words("forums.calendar_file", screens.describe_forum(forum)),))
        await self.showing.show(get_chat_id(update), screen, update, upload=upload)

    async def _hide(self, update: Update, view: service.ForumView, *, hides: bool) -> None:
        chat_id, code = get_chat_id(update), view.forum.code

        def change(chosen: Mapping[str, Any]) -> Mapping[str, Any]:
            others = [each for each in chosen.get("hidden", ()) if each != code]
            return {"hidden": [*others, code][-_HIDDEN:] if hides else others}

        await self.desk.update_preferences(chat_id, change)
        screen = screens.show_hidden(view.forum)
        if not hides:
            screen = screens.show_forum(view, current_update.get().now)
        await self.showing.show(chat_id, screen, update)

    async def _rate(self, update: Update, view: service.ForumView, score: int | None) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        if not rules.was_there(view.forum, view.mine):
            raise Refused(Words("forums.no_ticket"))
        if score not in {0, 1, 2}:
            await self.showing.show(chat_id, screens.ask_rating(view.forum), update, new=True)
            return
        async with self.database.transaction() as connection:
            await service.rate_forum(
                UnitOfWork(connection, now, self.policy), chat_id, view.forum.code, score
            )
        await self.showing.show(chat_id, Screen((Words("rating.done"),)), update)

    # A ticket

    async def _of_ticket(
        self, update: Update, verb: str, view: service.ForumView, number: int | None
    ) -> None:
        chat_id = get_chat_id(update)
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
                await self.showing.show(chat_id, screens.ask_party_size(view), update)
                return
            case "remind" | "unremind":
                await self._remind(update, view, number, wanted=verb == "remind")
                return
            case "cancel":
                sure = screens.confirm_cancellation(view.forum)
                await self.showing.show(chat_id, sure, update, new=True)
                return
        now_mine = await self._view(chat_id, view.forum.code)
        if now_mine is not None and now_mine.mine is not None:
            screen = screens.show_ticket(now_mine)
            await self.showing.show(chat_id, screen, update, new=verb == "mine")

    async def _show_qr(self, update: Update, view: service.ForumView) -> None:
        assert view.mine is not None
        content = qr_codes.draw_link_code(self.bot.username, f"{CHECKIN}{view.mine.token}")
        upload = Upload(content, f"{view.forum.code}.png", is_picture=True)
        await self.showing.show(
            get_chat_id(update), screens.show_qr_caption(view), update, upload=upload
        )

    async def _cancel(self, update: Update, view: service.ForumView) -> None:
        chat_id, now = get_chat_id(update), current_update.get().now
        code = view.forum.code
        async with self.database.transaction() as connection:
            done = await service.cancel_registration(
                UnitOfWork(connection, now, self.policy), chat_id, code
            )
        key = "forums.cancelled_mine" if done else "forums.no_ticket"
        await self.showing.show(
            chat_id, Screen((Words(key, screens.describe_forum(view.forum)),)), update
        )
        self.showing.nudge()

    async def _set_people(self, chat_id: int, code: str, people: int) -> None:
        async with self.database.transaction() as connection:
            now = current_update.get().now
            await service.set_party_size(
                UnitOfWork(connection, now, self.policy), chat_id, code, people
            )
        self.showing.nudge()

    async def _remind(
        self, update: Update, view: service.ForumView, offset: int | None, *, wanted: bool
    ) -> None:
        chat_id, code = get_chat_id(update), view.forum.code
        if offset is not None:
            async with self.database.transaction() as connection:
                await service.set_reminder_offset(
                    UnitOfWork(connection, current_update.get().now, self.policy),
                    chat_id,
                    code,
                    offset,
                    wanted=wanted,
                    usual=self.usual,
                )
        changed = await self._view(chat_id, code)
        assert changed is not None
        await self.showing.show(chat_id, screens.ask_reminder_offsets(changed, self.usual), update)

    async def arrive(self, update: Update, token: str) -> None:
        """A ticket's link is followed: at the door, or by whose ticket it is."""
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.transaction() as connection:
            found = await service.scan_ticket(
                UnitOfWork(connection, now, self.policy), chat_id, token
            )
        if found is None:
            screen = Screen((Words("forums.unknown_ticket"),))
        elif isinstance(found, service.CheckInResult):
            screen = screens.show_check_in(found)
        else:
            screen = screens.show_ticket(found) if found.mine else screens.show_forum(found, now)
        await self.showing.show(chat_id, screen)

    # What one hears of

    async def press_subscription(self, update: Update, _context: Context) -> None:
        """A button about what one wants to hear of."""
        verb, _, subject = get_button_value(update).partition("=")
        chat_id = get_chat_id(update)
        match verb:
            case "take":
                if not await self._take(update, subject):
                    return
            case "drop":
                async with self.database.transaction() as connection:
                    await subscriptions.unsubscribe(
                        UnitOfWork(connection, current_update.get().now, self.policy),
                        chat_id,
                        subject,
                    )
            case "add":
                await self._open(update, "subscription", {})
                return
            case "topics":
                async with self.database.reading() as connection:
                    known = await subscriptions.list_subjects(
                        UnitOfWork(connection, current_update.get().now, self.policy), chat_id
                    )
                await self.showing.show(chat_id, subscriptions.show_topics(known), update)
                return
        await self._subscriptions(update, subject)

    async def _take(self, update: Update, subject: str) -> bool:
        """Whether it is done; who has not agreed to the notice is asked first."""
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.reading() as connection:
            agreed = await subscriptions.has_agreed(
                UnitOfWork(connection, current_update.get().now, self.policy), chat_id
            )
        if not agreed:
            await self._open(update, "subscription", {"@subject": subject})
            return False
        chat = Chat(chat_id, await self.desk.get_language(chat_id))
        try:
            async with self.database.transaction() as connection:
                await subscriptions.subscribe(
                    UnitOfWork(connection, now, self.policy), chat, {"@subject": subject}
                )
        except Refused as refused:
            await self.showing.notice(update, refused.words, alert=True)
            return False
        return True

    async def _subscriptions(self, update: Update, offered: str) -> None:
        chat_id = get_chat_id(update)
        async with self.database.reading() as connection:
            known = await subscriptions.list_subjects(
                UnitOfWork(connection, current_update.get().now, self.policy), chat_id
            )
        chosen = Preferences.of(await self.desk.get_preferences(chat_id))
        screen = subscriptions.show_subscriptions(known, offered, muted=FORUMS in chosen.muted)
        await self.showing.show(chat_id, screen, update)
