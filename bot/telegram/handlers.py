"""Handlers translate: an Update becomes a reply of the conversation or a question to a service."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from telegram import Message, Update
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

from bot.casework import screens as officer_screens
from bot.casework import service as casework
from bot.conversation.flow import Attachment, Reply, pressed
from bot.conversation.inputs import as_message
from bot.feedback import screens, service
from bot.screen import Button, Screen, Words
from bot.telegram.arrival import arriving
from bot.telegram.replies import Post
from bot.texts import LANGUAGES
from storage import outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from bot.conversation.service import Desk, Shown
    from bot.telegram.render import Renderer
    from bot.telegram.replies import Replies
    from storage.database import Database
    from storage.models import Attachment as StoredAttachment

Context = ContextTypes.DEFAULT_TYPE

# The English name first; it always works, the Vietnamese one beside it.
COMMANDS = {
    "start": ("start",),
    "feedback": ("feedback", "gopy"),
    "mine": ("mine", "tracuu"),
    "settings": ("settings", "caidat"),
    "help": ("help", "trogiup"),
    "cancel": ("cancel", "huy"),
    "duty": ("duty", "truc"),
}
MENU = ("feedback", "mine", "settings", "help", "cancel")

# What we ask Telegram to send. Whatever else comes is acknowledged and left.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

_FILES = ("video", "voice", "document", "audio", "animation", "video_note")


@dataclass(frozen=True)
class Handlers:
    """The handlers, with what they translate for."""

    desk: Desk
    database: Database
    replies: Replies
    renderer: Renderer
    zone: ZoneInfo
    nudge: Callable[[], None]
    album_pause: float

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Tell the library which update is whose."""
        private = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
        for name, words in COMMANDS.items():
            handler = getattr(self, f"command_{name}")
            application.add_handler(CommandHandler(words, handler, filters=private))
        for prefix in ("start", "mine", "settings", "case", "draft"):
            handler = getattr(self, f"press_{prefix}")
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

    # The conversation

    async def message(self, update: Update, _context: Context) -> None:
        """Text, a file or a contact: a reply to the open question or, if none, an offer."""
        message = update.effective_message
        assert message is not None
        reply = read_message(message, edited=update.edited_message is not None)
        now = arriving.get().now
        shown = await self.desk.take(update.update_id, message.chat_id, reply, now)
        if shown is not None:
            self._say(message.chat_id, shown, settles=self._settles(message))
        elif reply.edited:
            return  # a correction of something that is sent or dropped already
        elif reply.text is not None or reply.attachment is not None:
            await self._offer(update, message, reply)
        else:
            await self._show(message.chat_id, Screen((Words("errors.not_understood"),)))

    async def _offer(self, update: Update, message: Message, reply: Reply) -> None:
        shown = await self.desk.open(
            update.update_id,
            message.chat_id,
            "feedback",
            arriving.get().now,
            facts={"@wrote_first": True, "details.messages": [as_message(reply)]},
        )
        if shown is not None:
            self._say(message.chat_id, shown, settles=self._settles(message))

    def _settles(self, message: Message) -> float:
        """Files of an album come as messages of their own: one reply for all of them."""
        return self.album_pause if message.media_group_id else 0.0

    async def press(self, update: Update, _context: Context) -> None:
        """A button of a question."""
        query = update.callback_query
        assert query is not None
        understood = pressed(query.data or "")
        chat_id = query.from_user.id
        shown = None
        if understood is not None:
            flow, reply = understood
            now = arriving.get().now
            shown = await self.desk.take(update.update_id, chat_id, reply, now, flow=flow)
        if shown is None:
            await self._answer_only(update, Words("draft.ended"))
            return
        self._say(chat_id, shown, update=update)

    def _say(
        self, chat_id: int, shown: Shown, *, update: Update | None = None, settles: float = 0.0
    ) -> None:
        post = Post(shown.screen, shown.language, settles=settles)
        self.replies.put(chat_id, self._pressed(post, update) if update else post)
        if shown.finished:
            self.nudge()

    # Commands

    async def command_start(self, update: Update, context: Context) -> None:
        """The welcome; with a payload, what the deep link stands for."""
        payload = context.args[0] if context.args else ""
        if payload.startswith("invite_"):
            await self._join(update, payload.removeprefix("invite_"))
            return
        chat_id = _chat_id(update)
        has_draft = await self.desk.has_draft(chat_id, arriving.get().now)
        await self._show(chat_id, screens.start(has_draft=has_draft))

    async def command_feedback(self, update: Update, _context: Context) -> None:
        """Begin to give an opinion, or go on with the one begun."""
        await self._begin(update, _chat_id(update))

    async def command_mine(self, update: Update, context: Context) -> None:
        """One's submissions, or the one whose code is given."""
        chat_id = _chat_id(update)
        screen = await self._mine_one(chat_id, " ".join(context.args)) if context.args else None
        await self._show(chat_id, screen or await self._mine_list(chat_id))

    async def command_settings(self, update: Update, _context: Context) -> None:
        """The choice of a language."""
        await self._show(_chat_id(update), screens.languages())

    async def command_help(self, update: Update, _context: Context) -> None:
        """What can be done here."""
        await self._show(_chat_id(update), screens.help_())

    async def command_cancel(self, update: Update, _context: Context) -> None:
        """Drop the draft."""
        await self._cancel(update, _chat_id(update))

    async def command_duty(self, update: Update, context: Context) -> None:
        """An officer goes on or off duty."""
        wish = (context.args or [""])[0].casefold()
        chat_id, now = _chat_id(update), arriving.get().now
        if wish not in {"on", "off"}:
            await self._show(chat_id, Screen((Words("officer.duty.which"),)))
            return
        async with self.database.transaction() as connection:
            officer = await casework.set_duty(connection, chat_id, now, on_duty=wish == "on")
        key = f"officer.duty.{wish}" if officer else "errors.unknown_command"
        await self._show(chat_id, Screen((Words(key),)))

    async def unknown_command(self, update: Update, _context: Context) -> None:
        """A command that does not exist."""
        await self._show(_chat_id(update), Screen((Words("errors.unknown_command"),)))

    # Buttons that belong to no question

    async def press_start(self, update: Update, _context: Context) -> None:
        """A button of the welcome."""
        chat_id, choice = _pressed_of(update)
        match choice:
            case "feedback" | "resume":
                await self._begin(update, chat_id)
            case "mine":
                await self._show(chat_id, await self._mine_list(chat_id), update)
            case "settings":
                await self._show(chat_id, screens.languages(), update)
            case _:
                await self._show(chat_id, screens.help_(), update)

    async def press_mine(self, update: Update, _context: Context) -> None:
        """Show one of one's submissions, or another page of the list."""
        chat_id, choice = _pressed_of(update)
        verb, _, value = choice.partition("=")
        if verb in {"show", "open"}:
            # From the receipt it is opened below: the receipt itself stays.
            screen = await self._mine_one(chat_id, value)
            await self._show(chat_id, screen, update, new=verb == "open")
            return
        before = int(value) if verb == "before" and value.isdecimal() else None
        await self._show(chat_id, await self._mine_list(chat_id, before), update)

    async def press_settings(self, update: Update, _context: Context) -> None:
        """Use the language that was chosen."""
        chat_id, choice = _pressed_of(update)
        if choice in LANGUAGES:
            await self.desk.speak(chat_id, choice)
        await self._show(chat_id, Screen((Words("settings.done"),)), update)

    async def press_draft(self, update: Update, _context: Context) -> None:
        """Go on with a draft, or drop it, from its reminder."""
        chat_id, choice = _pressed_of(update)
        if choice == "drop":
            await self._cancel(update, chat_id)
        else:
            await self._begin(update, chat_id)

    async def press_case(self, update: Update, _context: Context) -> None:
        """Open a case, for the officer who may see it."""
        chat_id, choice = _pressed_of(update)
        code = choice.removeprefix("open=")
        async with self.database.transaction() as connection:
            opened = await casework.open_case(connection, chat_id, code, arriving.get().now)
        if opened is None:
            await self._answer_only(update, Words("case.refused"), alert=True)
            return
        screen = officer_screens.case(opened, self.zone)
        await self._show(chat_id, screen, update, new=True, files=tuple(opened.attachments))

    # What happens to chats

    async def membership(self, update: Update, _context: Context) -> None:
        """A person blocks or unblocks the bot: what waits for them stops or goes on."""
        changed = update.my_chat_member
        if changed is None or changed.chat.type != "private":
            return
        now = arriving.get().now
        gone = changed.new_chat_member.status == ChatMemberStatus.BANNED
        async with self.database.transaction() as connection:
            await outbox.set_blocked(connection, changed.chat.id, now if gone else None)
            if gone:
                await casework.lost(connection, changed.chat.id, now)
        self.nudge()

    async def migrated(self, update: Update, _context: Context) -> None:
        """A group became a supergroup: what waits for it goes to the new one."""
        message = update.effective_message
        if message is None or message.migrate_to_chat_id is None:
            return
        async with self.database.transaction() as connection:
            await outbox.move_chat(connection, message.chat_id, message.migrate_to_chat_id)

    # The ways to show

    async def _begin(self, update: Update, chat_id: int) -> None:
        shown = await self.desk.open(update.update_id, chat_id, "feedback", arriving.get().now)
        if shown is not None:
            self._say(chat_id, shown, update=update if update.callback_query else None)

    async def _cancel(self, update: Update, chat_id: int) -> None:
        shown = await self.desk.cancel(update.update_id, chat_id, arriving.get().now)
        if shown is not None:
            self._say(chat_id, shown, update=update if update.callback_query else None)
        else:
            pressed_in = update if update.callback_query else None
            await self._show(chat_id, Screen((Words("draft.none"),)), pressed_in)

    async def _join(self, update: Update, token: str) -> None:
        chat_id, person = _chat_id(update), update.effective_user
        name = person.full_name if person else ""
        now = arriving.get().now
        async with self.database.transaction() as connection:
            officer = await casework.join(connection, chat_id, name, token, now)
        if officer is None:
            await self._show(chat_id, Screen((Words("officer.invite_unusable"),)))
        else:
            await self._show(chat_id, officer_screens.welcome(officer))

    async def _mine_list(self, chat_id: int, before: int | None = None) -> Screen:
        async with self.database.reading() as connection:
            most = screens.PAGE + 1
            found = await service.mine(connection, chat_id, before=before, most=most)
        return screens.mine_list(found)

    async def _mine_one(self, chat_id: int, typed: str) -> Screen:
        async with self.database.reading() as connection:
            found = await service.one_of_mine(connection, chat_id, typed)
        if found is None:
            back = Button(Words("mine.back"), "mine:list=")
            return Screen((Words("mine.unknown"),), (back,))
        return screens.mine_one(found, self.zone)

    async def _show(
        self,
        chat_id: int,
        screen: Screen,
        update: Update | None = None,
        *,
        new: bool = False,
        files: tuple[StoredAttachment, ...] = (),
    ) -> None:
        """Show a screen in the chat's language, in place of the pressed message unless `new`."""
        post = Post(screen, await self.desk.language(chat_id), files=files)
        self.replies.put(chat_id, self._pressed(post, update, new=new) if update else post)

    def _pressed(self, post: Post, update: Update, *, new: bool = False) -> Post:
        """The same post as the outcome of a pressed button: it is answered and changed."""
        query = update.callback_query
        assert query is not None
        edits = None if new or query.message is None else query.message.message_id
        answers: str | None = query.id
        arrival = arriving.get()
        if arrival.may_answer:
            arrival.answer = {"method": "answerCallbackQuery", "callback_query_id": query.id}
            answers = None
        return Post(post.screen, post.language, edits, post.settles, post.files, answers)

    async def _answer_only(self, update: Update, words: Words, *, alert: bool = False) -> None:
        """Answer a button with a notice above the chat; the chat itself stays as it is."""
        query = update.callback_query
        assert query is not None
        language = await self.desk.language(query.from_user.id)
        text = self.renderer.plain(words, language)[:200]
        arrival = arriving.get()
        if arrival.may_answer:
            arrival.answer = {
                "method": "answerCallbackQuery",
                "callback_query_id": query.id,
                "text": text,
                "show_alert": alert,
            }
        else:
            post = Post(None, language, answers=query.id, toast=text)
            self.replies.put(query.from_user.id, post)


def read_message(message: Message, *, edited: bool) -> Reply:
    """What a message says, in the conversation's own terms."""
    text = message.text if message.text is not None else message.caption
    contact = message.contact
    sender = message.from_user.id if message.from_user else None
    return Reply(
        text=None if text is None else _clean(text),
        attachment=_attachment(message),
        phone=contact.phone_number if contact else None,
        someone_elses=contact is not None and contact.user_id != sender,
        message_id=message.message_id,
        edited=edited,
    )


def _clean(text: str) -> str:
    """Composed letters, and no zero byte: PostgreSQL could not store what was accepted."""
    return unicodedata.normalize("NFC", text).replace("\0", "")


def _attachment(message: Message) -> Attachment | None:
    if message.photo:
        largest = message.photo[-1]
        return Attachment(
            "photo",
            largest.file_id,
            largest.file_unique_id,
            message.media_group_id,
            size=largest.file_size,
        )
    for kind in _FILES:
        file = getattr(message, kind)
        if file is not None:
            return Attachment(
                kind,
                file.file_id,
                file.file_unique_id,
                message.media_group_id,
                getattr(file, "file_name", None),
                getattr(file, "mime_type", None),
                file.file_size,
            )
    return None


def _chat_id(update: Update) -> int:
    assert update.effective_chat is not None
    return update.effective_chat.id


def _pressed_of(update: Update) -> tuple[int, str]:
    """Whose button it was, and what stands after the prefix."""
    query = update.callback_query
    assert query is not None
    return query.from_user.id, (query.data or "").partition(":")[2]
