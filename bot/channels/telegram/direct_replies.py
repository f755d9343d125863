"""Direct replies: messages that are sent at once after an update, without the outbox.

Replies to one chat are sent in order. An update is acknowledged after its replies are sent or
stored in the outbox. See docs/decisions/0014-answer-before-acknowledging.md.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from telegram import (
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.channels.telegram.answered_presses import AnsweredPresses
from bot.channels.telegram.api import BotApi
from bot.channels.telegram.errors import ErrorKind, classify_error, get_retry_after
from bot.channels.telegram.render import REMOVE_KEYBOARD
from bot.channels.telegram.reply import DirectReply, PendingReply
from bot.channels.telegram.typing_indicator import TypingIndicator
from bot.channels.telegram.unsent_replies import UnsentReplies
from bot.core.screen import Screen, Words
from storage import message_subjects
from storage.database import Unavailable
from storage.rounding import round_to_month

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from telegram import Bot

    from bot.casework.reachability import Reachability
    from bot.channels.telegram.render import Markup, Rendered, Renderer
    from bot.channels.telegram.reply_pacer import ReplyPacer
    from bot.core.requests import Upload
    from bot.core.shown_files import ShownFile
    from storage.database import Database

log = structlog.get_logger()

_ALBUM_MEDIA = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "document": InputMediaDocument,
    "audio": InputMediaAudio,
}
_MAX_IN_ALBUM = 10  # files in one album, the limit of the Bot API


@dataclass(slots=True)
class _Queue:
    """The replies to one chat that are not sent yet. `grew` is set when one is added."""

    replies: deque[PendingReply] = field(default_factory=deque)
    grew: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class _Media:
    """The content of a file and its name, or Telegram's id of it without a name."""

    content: bytes | str
    name: str | None


class DirectReplies:
    """Sends direct replies. Each chat with unsent replies has one task.

    `answered` are the presses that Telegram has the answer to. `typing` shows that one is coming.
    """

    def __init__(
        self,
        bot: Bot,
        renderer: Renderer,
        database: Database,
        clock: Callable[[], datetime],
        on_stop: Callable[[str], None],
        reachability: Reachability,
        read_file: Callable[[str], Awaitable[bytes]],
        nudge: Callable[[], None],
        *,
        patience: float,
        pacer: ReplyPacer,
    ) -> None:
        """Create the sender.

        - `clock`: returns the present time in UTC.
        - `on_stop`: called with the reason if Telegram refuses the token.
        - `read_file`: returns the content of a stored file by its name.
        - `nudge`: called after a reply was put into the outbox.
        - `patience`: a reply that is not sent after so many seconds is stored in the outbox.
        - `pacer`: delays messages until the rate limit allows them.
        """
        self._bot = bot
        self._api = BotApi(bot)
        self._renderer = renderer
        self._database = database
        self._clock = clock
        self._on_stop = on_stop
        self._reachability = reachability
        self._read_file = read_file
        self._patience = patience
        self._unsent = UnsentReplies(database, reachability.policy.pseudonyms, clock, nudge)
        self._pacer = pacer
        self.answered = AnsweredPresses()
        self.typing = TypingIndicator(self._api)
        self._queues: dict[int, _Queue] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def enqueue_reply(self, chat_id: int, reply: DirectReply) -> PendingReply:
        """Enqueue a reply and return it. It is sent after the earlier replies to the same chat."""
        pending = PendingReply(chat_id, reply, asyncio.get_running_loop().create_future())
        queue = self._queues.get(chat_id)
        if queue is not None:
            queue.replies.append(pending)
            queue.grew.set()
            return pending
        queue = self._queues[chat_id] = _Queue(deque((pending,)))
        task = asyncio.create_task(self._send_queue(chat_id, queue))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return pending

    async def secure_replies(self, replies: Sequence[PendingReply]) -> None:
        """Return when no reply can be lost: each was sent or dropped, or is in the outbox.

        A reply with a pause is stored at once, because the update that replaces it may come only
        after this one is acknowledged. Raises Unavailable if one can be neither sent nor stored.
        """
        prompt = [
            each.finished for each in replies if not (each.reply.pause or each.finished.done())
        ]
        if prompt:
            await asyncio.wait(prompt, timeout=self._patience)
        late = [each for each in replies if not each.finished.done()]
        if late:
            await self._unsent.store_late_replies(late)
        for each in replies:
            if each.finished.done() and (error := each.finished.result()) is not None:
                raise error

    async def wait_until_sent(self) -> None:
        """Wait until every enqueued reply is sent, dropped or put into the outbox."""
        while tasks := self._tasks | self.typing.tasks:
            await asyncio.wait(tasks)

    async def _send_queue(self, chat_id: int, queue: _Queue) -> None:
        try:
            while queue.replies:
                pending = queue.replies.popleft()
                pause, error = pending.reply.pause, None
                if not (pause and await self._is_overtaken(queue, pause)):
                    error = await self._send_reply(pending)
                pending.finished.set_result(error)
                await self._unsent.discard_row(pending)
        finally:
            del self._queues[chat_id]

    async def _is_overtaken(self, queue: _Queue, seconds: float) -> bool:
        """Return True as soon as there is a newer reply, False after `seconds` without one."""
        if not queue.replies:
            queue.grew.clear()
            try:
                await asyncio.wait_for(queue.grew.wait(), seconds)
            except TimeoutError:
                return False
        return True

    async def _send_reply(self, pending: PendingReply) -> Unavailable | None:
        """Send a reply. Return the error if it could be neither sent nor stored."""
        chat_id, reply = pending.chat_id, pending.reply
        try:
            if reply.query_id is not None:
                await self._answer_query(reply.query_id, reply)
            if reply.closes is not None:
                await self._remove_buttons(chat_id, reply.closes)
            if reply.screen is not None:
                await self._show_screen(chat_id, reply)
            if reply.pin is not None:
                pin = reply.pin
                await self._pacer.acquire_slots()
                await self._bot.send_venue(
                    chat_id, pin.latitude, pin.longitude, pin.title, pin.address
                )
            if reply.files:
                await self._send_files(chat_id, reply)
        except TelegramError as error:
            try:
                await self._handle_error(pending, error)
            except Unavailable as unavailable:
                return unavailable
        except Exception:
            log.exception("a reply failed", chat_id=chat_id)
        return None

    async def _answer_query(self, query_id: str, reply: DirectReply) -> None:
        try:
            await self._api.answer_query(query_id, reply.notice)
            self._record_answer(reply)
        except InvalidToken:
            raise
        except TelegramError as error:
            # The query is too old, or the request failed. The screen must still be sent.
            if isinstance(error, BadRequest):
                self._record_answer(reply)
            log.info("a button was not answered", error=str(error))

    def _record_answer(self, reply: DirectReply) -> None:
        if reply.update_id is not None:
            self.answered.add(reply.update_id)

    async def _show_screen(self, chat_id: int, reply: DirectReply) -> None:
        assert reply.screen is not None
        rendered = self._renderer.render(reply.screen, reply.language)
        texts, edits = rendered.texts, reply.edits
        if reply.upload is not None:
            sent = await self._send_upload(chat_id, reply.upload, rendered)
            await self._store_subject(chat_id, sent, reply)
            return
        if rendered.removal is not None:
            await self._pacer.acquire_slots()
            await self._api.send_message(
                chat_id, rendered.removal, REMOVE_KEYBOARD, protected=rendered.protected
            )
        inline = rendered.markup is None or "inline_keyboard" in rendered.markup
        if edits is not None and not inline:
            await self._remove_buttons(chat_id, edits)
        for position, text in enumerate(texts):
            markup = rendered.markup if position == len(texts) - 1 else None
            await self._pacer.acquire_slots()
            if edits is not None and inline:
                if await self._edit_message(chat_id, edits, text, markup):
                    await self._store_subject(chat_id, edits, reply)
                    edits = None
                    continue
                edits = None
                await self._pacer.acquire_slots()
            sent = await self._api.send_message(chat_id, text, markup, protected=rendered.protected)
            await self._store_subject(chat_id, sent, reply)

    async def _remove_buttons(self, chat_id: int, message_id: int) -> None:
        """Remove the buttons of a message whose question is over.

        It is not replaced by the next question, which has keys or stands below it already.
        """
        try:
            await self._pacer.acquire_slots()
            await self._api.remove_buttons(chat_id, message_id)
        except InvalidToken:
            raise
        except TelegramError as error:
            log.info("the buttons of a message stay", error=str(error))

    async def _store_subject(self, chat_id: int, message_id: int, reply: DirectReply) -> None:
        """Store what a sent message is about, so that a reply to it is understood."""
        if reply.about is None:
            return
        pseudonyms = self._reachability.policy.pseudonyms
        flow, code = reply.about
        address = pseudonyms.make_message_address(chat_id, message_id)
        row = {
            "key": address.key,
            "sealed": address.encrypted_ids,
            "flow": flow,
            "subject": code,
            "text": None,
            "at": round_to_month(self._clock()),
        }
        try:
            async with self._database.transaction() as connection:
                await message_subjects.save_subjects(connection, [row])
        except Unavailable as error:
            log.warning("the subject of a message was not stored", error=str(error))

    async def _send_upload(self, chat_id: int, upload: Upload, rendered: Rendered) -> int:
        """Send a file with its caption; return the id of the message."""
        options = {
            "caption": rendered.texts[0],
            "parse_mode": ParseMode.HTML,
            "reply_markup": rendered.markup,
            "protect_content": rendered.protected,
        }
        await self._pacer.acquire_slots()
        send: Any = self._bot.send_photo if upload.is_picture else self._bot.send_document
        message = await send(chat_id, upload.content, filename=upload.name, **options)
        return int(message.message_id)

    async def _edit_message(
        self, chat_id: int, message_id: int, text: str, markup: Markup | None
    ) -> bool:
        """Edit a message. Return False if it is deleted or too old to be edited."""
        try:
            await self._api.edit_message(chat_id, message_id, text, markup)
        except BadRequest as error:
            return classify_error(error) is ErrorKind.DONE
        return True

    async def _send_files(self, chat_id: int, reply: DirectReply) -> None:
        """Send the files of a reply, then name those that could not be sent."""
        unsent: list[ShownFile] = []
        screen = reply.screen
        protected = screen is not None and self._renderer.is_protected(screen)
        for group in _group_albums(reply.files):
            loaded = [(file, await self._load_file(file)) for file in group]
            ready = [(file, media) for file, media in loaded if media is not None]
            unsent += [file for file, media in loaded if media is None]
            try:
                for message_id in await self._send_group(chat_id, ready, protected=protected):
                    await self._store_subject(chat_id, message_id, reply)
            except BadRequest as error:
                # Telegram may have deleted one file. The others are sent all the same.
                log.warning("files could not be shown", files=len(ready), error=str(error))
                unsent += [file for file, _media in ready]
        if unsent:
            numbers = ", ".join(str(file.number) for file in unsent)
            words = Words("case.files.unsent", {"numbers": numbers})
            text = self._renderer.render(Screen((words,)), reply.language).texts[0]
            await self._pacer.acquire_slots()
            await self._api.send_message(chat_id, text, None)

    async def _send_group(
        self, chat_id: int, group: Sequence[tuple[ShownFile, _Media]], *, protected: bool
    ) -> list[int]:
        """Send files as one album, or a file or a place alone; return the ids of the messages."""
        if not group:
            return []
        await self._pacer.acquire_slots(len(group))
        if len(group) > 1:
            album = [
                _ALBUM_MEDIA[file.type](media.content, filename=media.name) for file, media in group
            ]
            sent = await self._bot.send_media_group(chat_id, album, protect_content=protected)
            return [message.message_id for message in sent]
        file, media = group[0]
        if (place := file.place) is not None:
            at = (place.latitude, place.longitude)
            if place.title is None:
                message = await self._bot.send_location(chat_id, *at, protect_content=protected)
            else:
                address = place.address or "–"
                message = await self._bot.send_venue(
                    chat_id, *at, place.title, address, protect_content=protected
                )
            return [message.message_id]
        method: Any = getattr(self._bot, f"send_{file.type}", self._bot.send_document)
        message = await method(
            chat_id, media.content, filename=media.name, protect_content=protected
        )
        return [message.message_id]

    async def _load_file(self, file: ShownFile) -> _Media | None:
        """Return the stored file, or Telegram's id if it may be sent instead.

        Return None if there is neither, or the store cannot be read: the original is never sent
        instead of the copy.
        """
        if file.place is not None:
            return _Media(b"", None)
        if file.stored is None:
            return _Media(file.telegram_id, None) if file.telegram_id else None
        try:
            return _Media(await self._read_file(file.stored), file.name)
        except Exception as error:  # whatever a file system raises, the rest of the reply is sent
            log.warning("a stored file cannot be read", file=file.stored, error=repr(error))
            return None

    async def _handle_error(self, pending: PendingReply, error: TelegramError) -> None:
        """Store a reply that can still be sent. Raises Unavailable."""
        error_kind = classify_error(error)
        log.warning("a reply was not sent", verdict=error_kind.name, error=str(error))
        match error_kind:
            case ErrorKind.BLOCKED:
                async with self._database.transaction() as connection:
                    await self._reachability.mark_person_lost(
                        connection, pending.chat_id, self._clock()
                    )
            case ErrorKind.STOP:
                self._on_stop(str(error))
                await self._unsent.store_failed_reply(pending)
            case ErrorKind.WAIT | ErrorKind.NOT_SENT:
                await self._unsent.store_failed_reply(pending, wait=get_retry_after(error))
            case ErrorKind.UNSURE:
                await self._unsent.store_failed_reply(pending, repeated=True)


def _group_albums(files: Sequence[ShownFile]) -> list[list[ShownFile]]:
    """Return the files in order, in groups that Telegram accepts as one album."""
    groups: list[list[ShownFile]] = []
    for file in files:
        album = groups[-1] if groups else []
        if (
            album
            and len(album) < _MAX_IN_ALBUM
            and file.type in _ALBUM_MEDIA
            and _get_album_kind(file) == _get_album_kind(album[-1])
        ):
            album.append(file)
        else:
            groups.append([file])
    return groups


def _get_album_kind(file: ShownFile) -> str:
    return "picture" if file.type in {"photo", "video"} else file.type
