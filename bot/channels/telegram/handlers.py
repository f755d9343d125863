"""Handlers translate: an update becomes a reply of the conversation or a question to a service.

Here is which update is whose, and what belongs to the conversation itself; what residents and
officers ask for besides it has rooms of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from telegram.constants import ChatMemberStatus
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.channels.telegram.commands import COMMANDS, GROUP_COMMANDS
from bot.channels.telegram.message_parser import get_button_value, get_chat_id, parse_message
from bot.channels.telegram.routes import find_route
from bot.channels.telegram.update_context import current_update
from bot.conversation.engine import parse_button_data
from bot.conversation.inputs import make_message_record
from bot.core.screen import Screen, Words
from bot.feedback import deep_links, qr_codes, screens
from storage import attendance

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from telegram import Message, Update

    from bot.casework.reachability import Reachability
    from bot.channels.telegram.adapter import TelegramAdapter
    from bot.channels.telegram.message_parser import Locate
    from bot.channels.telegram.office import OfficeHandlers
    from bot.channels.telegram.officers import OfficerHandlers
    from bot.channels.telegram.presenter import Presenter
    from bot.channels.telegram.residents import ResidentHandlers
    from bot.conversation.engine import Reply
    from bot.conversation.service import ConversationService
    from storage.database import Database

Context = ContextTypes.DEFAULT_TYPE

# What we ask Telegram to send. Whatever else comes is acknowledged and left.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")


def _is_routed(data: object) -> bool:
    """Whether a button's data belong to the table of routes."""
    return isinstance(data, str) and find_route(data.partition("=")[0]) is not None


@dataclass(frozen=True)
class Handlers:
    """The handlers, with what they translate for.

    `album_pause` is the seconds to wait for the next file of an album.
    """

    desk: ConversationService
    database: Database
    showing: Presenter
    reach: Reachability
    residents: ResidentHandlers
    adapter: TelegramAdapter
    officers: OfficerHandlers
    office: OfficeHandlers
    locate: Locate
    album_pause: float

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Tell the library which update is whose."""
        private = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
        for name, handler in self._commands().items():
            application.add_handler(CommandHandler(COMMANDS[name], handler, filters=private))
        groups = filters.ChatType.GROUPS & filters.UpdateType.MESSAGE
        for name, commands in GROUP_COMMANDS.items():
            linking = getattr(self.office, name)
            application.add_handler(CommandHandler(commands, linking, filters=groups))
        for verb in ("mydata", "forums", "forum", "newforum"):
            application.add_handler(
                CommandHandler(
                    COMMANDS[verb],
                    partial(self.adapter.handle_command, f"/{verb}"),
                    filters=private,
                )
            )
        application.add_handler(CallbackQueryHandler(self.press_routed, pattern=_is_routed))
        for prefix, handler in self._buttons().items():
            application.add_handler(CallbackQueryHandler(handler, pattern=f"^{prefix}:"))
        application.add_handler(CallbackQueryHandler(self.press))
        application.add_handler(MessageHandler(private & filters.COMMAND, self.unknown_command))
        application.add_handler(MessageHandler(private & ~filters.StatusUpdate.ALL, self.message))
        edited = filters.ChatType.PRIVATE & filters.UpdateType.EDITED_MESSAGE
        application.add_handler(MessageHandler(edited, self.message))
        application.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, self.migrated))
        application.add_handler(
            ChatMemberHandler(self.membership, ChatMemberHandler.MY_CHAT_MEMBER)
        )

    def _commands(self) -> dict[str, Callable[[Update, Context], Coroutine[Any, Any, None]]]:
        return {
            "start": self.start,
            "feedback": self.begin,
            "cancel": self.cancel,
            "mine": self.residents.mine,
            "settings": self.residents.settings,
            "help": self.residents.help,
            "duty": self.officers.duty,
            "cases": self.officers.cases,
            "case": self.officers.case,
            "search": self.officers.search,
            "stats": self.office.stats,
            "export": self.office.export,
            "away": self.office.away,
            "templates": self.office.templates,
        }

    def _buttons(self) -> dict[str, Callable[[Update, Context], Coroutine[Any, Any, None]]]:
        """What the buttons that belong to no question mean, by what their data begin with."""
        return {
            "feedback": self.begin,
            "draft": self.press_draft,
            "mine": self.residents.press_mine,
            "settings": self.residents.press_settings,
            "help": self.residents.help,
            "case": self.officers.press_case,
            "cases": self.officers.press_cases,
            "templates": self.office.press_templates,
        }

    async def press_routed(self, update: Update, _context: Context) -> None:
        """A button of the table of routes."""
        await self.adapter.handle_button(update)

    # The conversation

    async def message(self, update: Update, _context: Context) -> None:
        """Text, a file or a contact: a reply to the open question or, if none, an offer."""
        message = update.effective_message
        assert message is not None
        reply = parse_message(message, self.locate, edited=update.edited_message is not None)
        now = current_update.get().now
        shown = await self.desk.handle_reply(update.update_id, message.chat_id, reply, now)
        if shown is not None:
            self.showing.show_turn(message.chat_id, shown, settles=self._settles(message))
        elif reply.edited:
            return  # a correction of something that is sent or dropped already
        elif reply.text is not None or reply.attachment is not None:
            await self._offer(update, message, reply)
        else:
            await self.showing.show(message.chat_id, Screen((Words("errors.not_understood"),)))

    async def _offer(self, update: Update, message: Message, reply: Reply) -> None:
        shown = await self.desk.start_flow(
            update.update_id,
            message.chat_id,
            "feedback",
            current_update.get().now,
            facts={"@wrote_first": True, "details.messages": [make_message_record(reply)]},
        )
        if shown is not None:
            self.showing.show_turn(message.chat_id, shown, settles=self._settles(message))

    def _settles(self, message: Message) -> float:
        """Files of an album come as messages of their own: one reply for all of them."""
        return self.album_pause if message.media_group_id else 0.0

    async def press(self, update: Update, _context: Context) -> None:
        """A button of a question."""
        query = update.callback_query
        assert query is not None
        understood = parse_button_data(query.data or "")
        chat_id = query.from_user.id
        shown = None
        if understood is not None:
            flow, reply = understood
            now = current_update.get().now
            shown = await self.desk.handle_reply(update.update_id, chat_id, reply, now, flow=flow)
        if shown is None:
            await self.showing.notice(update, Words("draft.ended"))
            return
        self.showing.show_turn(chat_id, shown, update=update)

    async def start(self, update: Update, context: Context) -> None:
        """The welcome; with a payload, what the deep link stands for."""
        payload = context.args[0] if context.args else ""
        if payload.startswith("invite_"):
            await self.officers.join(update, payload.removeprefix("invite_"))
            return
        if payload.startswith(qr_codes.PREFIX):
            await self.residents.show_one(update, payload.removeprefix(qr_codes.PREFIX))
            return
        for prefix in ("checkin_", "claim_"):
            if payload.startswith(prefix):
                argument = payload.removeprefix(prefix)
                await self.adapter.handle_request(update, f"start:{prefix}", argument)
                return
        chat_id, now = get_chat_id(update), current_update.get().now
        link = deep_links.parse_payload(payload, now)
        if link:
            await self.desk.update_preferences(chat_id, lambda _chosen: link)
        forum = link.get("link", {}).get("forum")
        if forum and await self._is_published(forum):
            await self.adapter.handle_request(update, "forums:show", forum)
            return
        has_draft = await self.desk.has_draft(chat_id, now)
        unit = link.get("link", {}).get("unit")
        await self.showing.show(chat_id, screens.show_start(has_draft=has_draft, unit=unit))

    async def _is_published(self, forum: str) -> bool:
        async with self.database.reading() as connection:
            return await attendance.find_published_forum(connection, forum) is not None

    async def begin(self, update: Update, _context: Context) -> None:
        """Begin to give an opinion, or go on with the one begun."""
        chat_id = get_chat_id(update)
        shown = await self.desk.start_flow(
            update.update_id, chat_id, "feedback", current_update.get().now
        )
        if shown is not None:
            self.showing.show_turn(chat_id, shown, update=update)

    async def cancel(self, update: Update, _context: Context) -> None:
        """Drop the draft."""
        chat_id = get_chat_id(update)
        shown = await self.desk.cancel_flow(update.update_id, chat_id, current_update.get().now)
        if shown is not None:
            self.showing.show_turn(chat_id, shown, update=update)
        else:
            await self.showing.show(chat_id, Screen((Words("draft.none"),)), update)

    async def press_draft(self, update: Update, context: Context) -> None:
        """Go on with a draft, or drop it, from its reminder."""
        chosen = self.cancel if get_button_value(update) == "drop" else self.begin
        await chosen(update, context)

    async def unknown_command(self, update: Update, _context: Context) -> None:
        """A command that does not exist."""
        await self.showing.show(get_chat_id(update), Screen((Words("errors.unknown_command"),)))

    # What happens to chats

    async def membership(self, update: Update, _context: Context) -> None:
        """A person blocks or unblocks the bot: what waits for them stops or goes on.

        So does a group that removes it, until it is linked again.
        """
        changed = update.my_chat_member
        if changed is None:
            return
        now, is_private = current_update.get().now, changed.chat.type == "private"
        gone = changed.new_chat_member.status in {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT}
        async with self.database.transaction() as connection:
            if gone:
                await self.reach.lost(connection, changed.chat.id, now)
            elif is_private:
                await self.reach.regained(connection, changed.chat.id, current_update.get().now)
        self.showing.nudge()

    async def migrated(self, update: Update, _context: Context) -> None:
        """A group became a supergroup: what waits for it goes to the new one."""
        message = update.effective_message
        if message is None or message.migrate_to_chat_id is None:
            return
        async with self.database.transaction() as connection:
            await self.reach.moved(connection, message.chat_id, message.migrate_to_chat_id)
