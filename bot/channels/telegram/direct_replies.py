"""Replies of the conversation: sent after the acknowledgement, in order within a chat.

A reply that cannot be sent now goes to the outbox, where it waits its turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from telegram import (
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.channels.telegram.api import BotApi
from bot.channels.telegram.errors import ErrorKind, classify_error, get_retry_after
from storage import outbox
from storage.database import Unavailable
from storage.models import EvidenceState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from telegram import Bot

    from bot.casework.reachability import Reachability
    from bot.channels.telegram.render import Markup, Renderer
    from bot.core.requests import Pin, Upload
    from bot.core.screen import Screen
    from storage.database import Database
    from storage.models import Attachment

log = structlog.get_logger()

_KEPT_FOR = timedelta(minutes=10)  # a reply that is older answers nothing any more
_ALBUM_OF = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "document": InputMediaDocument,
    "audio": InputMediaAudio,
}
_MOST_IN_ALBUM = 10


@dataclass(frozen=True, slots=True)
class DirectReply:
    """Something to say in a chat.

    `edits`: the message to change instead of sending a new one. `settles`: the seconds to wait for
    a newer post that makes this one needless, as while an album is arriving.
    """

    screen: Screen | None
    language: str
    edits: int | None = None
    settles: float = 0.0
    files: tuple[Attachment, ...] = ()
    answers: str | None = None
    toast: str | None = None
    upload: Upload | None = None
    pin: Pin | None = None


@dataclass(slots=True)
class _Queue:
    posts: deque[DirectReply] = field(default_factory=deque)
    grew: asyncio.Event = field(default_factory=asyncio.Event)


class DirectReplies:
    """One short-lived task for each chat that is being answered."""

    def __init__(
        self,
        bot: Bot,
        renderer: Renderer,
        database: Database,
        clock: Callable[[], datetime],
        on_stop: Callable[[str], None],
        reach: Reachability,
        shown: Callable[[Attachment], Awaitable[bytes | None]],
        nudge: Callable[[], None],
    ) -> None:
        """`on_stop` is called when Telegram refuses the token, `nudge` when the outbox grew.

        `shown` gives the copy of an attachment that may be shown, if there is one.
        """
        self._bot = bot
        self._api = BotApi(bot)
        self._renderer = renderer
        self._database = database
        self._clock = clock
        self._on_stop = on_stop
        self._reach = reach
        self._shown = shown
        self._nudge = nudge
        self._queues: dict[int, _Queue] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, chat_id: int, post: DirectReply) -> None:
        """Say something in a chat after what is being said there already."""
        queue = self._queues.get(chat_id)
        if queue is not None:
            queue.posts.append(post)
            queue.grew.set()
            return
        queue = self._queues[chat_id] = _Queue(deque((post,)))
        task = asyncio.create_task(self._work(chat_id, queue))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drained(self) -> None:
        """Return when everything put so far has been said or handed to the outbox."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _work(self, chat_id: int, queue: _Queue) -> None:
        try:
            while queue.posts:
                post = queue.posts.popleft()
                if post.settles and await self._is_overtaken(queue, post.settles):
                    continue
                await self._send_post(chat_id, post)
        finally:
            del self._queues[chat_id]

    async def _is_overtaken(self, queue: _Queue, seconds: float) -> bool:
        if not queue.posts:
            queue.grew.clear()
            try:
                await asyncio.wait_for(queue.grew.wait(), seconds)
            except TimeoutError:
                return False
        return True

    async def _send_post(self, chat_id: int, post: DirectReply) -> None:
        try:
            if post.answers is not None:
                await self._answer(post.answers, post.toast)
            if post.screen is not None:
                await self._show(chat_id, post)
            if post.pin is not None:
                pin = post.pin
                await self._bot.send_venue(
                    chat_id, pin.latitude, pin.longitude, pin.title, pin.address
                )
            if post.files:
                await self._send_files(chat_id, post.files)
        except TelegramError as error:
            await self._cope_somehow(chat_id, post, error)
        except Exception:
            log.exception("a reply failed", chat_id=chat_id)

    async def _answer(self, callback_query_id: str, toast: str | None) -> None:
        try:
            await self._api.answer(callback_query_id, toast)
        except InvalidToken:
            raise
        except TelegramError as error:
            # Too old to be answered, or in doubt: what the button asked for is done all the same,
            # and the question that follows must not go missing with it.
            log.info("a button was not answered", error=str(error))

    async def _show(self, chat_id: int, post: DirectReply) -> None:
        assert post.screen is not None
        rendered = self._renderer.render(post.screen, post.language)
        texts, edits = rendered.texts, post.edits
        if post.upload is not None:
            await self._send_upload(chat_id, post.upload, texts[0], rendered.markup)
            return
        inline = rendered.markup is None or "inline_keyboard" in rendered.markup
        for position, text in enumerate(texts):
            markup = rendered.markup if position == len(texts) - 1 else None
            if edits is not None and inline:
                if await self._edit(chat_id, edits, text, markup):
                    edits = None
                    continue
                edits = None
            await self._api.send(chat_id, text, markup)

    async def _send_upload(self, chat_id: int, upload: Upload, caption: str, markup: Any) -> None:
        with_it = {"caption": caption, "parse_mode": ParseMode.HTML, "reply_markup": markup}
        send: Any = self._bot.send_photo if upload.is_picture else self._bot.send_document
        await send(chat_id, upload.content, filename=upload.name, **with_it)

    async def _edit(self, chat_id: int, message_id: int, text: str, markup: Markup | None) -> bool:
        """Whether the message shows the text now; not when it is gone or too old to change."""
        try:
            await self._api.edit(chat_id, message_id, text, markup)
        except BadRequest as error:
            return classify_error(error) is ErrorKind.DONE
        return True

    async def _send_files(self, chat_id: int, files: Sequence[Attachment]) -> None:
        for group in _groups(files):
            try:
                await self._send_group(chat_id, group)
            except BadRequest:
                # One file that Telegram no longer has must not hold back the others.
                log.warning("an attachment could not be shown", types=[f.type for f in group])

    async def _send_group(self, chat_id: int, group: Sequence[Attachment]) -> None:
        if len(group) > 1:
            media = [
                _ALBUM_OF[file.type](await self._content(file), filename=file.file_name)
                for file in group
            ]
            await self._bot.send_media_group(chat_id, media)
            return
        file = group[0]
        if file.state is EvidenceState.PLACE:
            await self._bot.send_location(chat_id, file.latitude, file.longitude)
            return
        method: Any = getattr(self._bot, f"send_{file.type}", self._bot.send_document)
        await method(chat_id, await self._content(file), filename=file.file_name)

    async def _content(self, file: Attachment) -> bytes | str:
        """Our own clean copy or, while there is none, Telegram's by reference."""
        try:
            return await self._shown(file) or file.file_id
        except OSError as error:
            log.warning("a stored file cannot be read", attachment=file.id, error=str(error))
            return file.file_id

    async def _cope_somehow(self, chat_id: int, post: DirectReply, error: TelegramError) -> None:
        try:
            await self._cope(chat_id, post, error)
        except Unavailable as away:
            # The person asks again; what else is to be said in this chat goes on.
            log.warning("a reply could not be kept", chat_id=chat_id, error=str(away))

    async def _cope(self, chat_id: int, post: DirectReply, error: TelegramError) -> None:
        judged = classify_error(error)
        log.warning("a reply was not sent", verdict=judged.name, error=str(error))
        match judged:
            case ErrorKind.STOP:
                self._on_stop(str(error))
            case ErrorKind.BLOCKED:
                async with self._database.transaction() as connection:
                    await self._reach.mark_chat_lost(connection, chat_id, self._clock())
            case ErrorKind.WAIT | ErrorKind.NOT_SENT if post.screen is not None:
                await self._hand_over(chat_id, post, post.screen, get_retry_after(error))

    async def _hand_over(
        self, chat_id: int, post: DirectReply, screen: Screen, wait: timedelta
    ) -> None:
        now = self._clock()
        message = outbox.OutboxMessage(
            dedup_key=f"reply:{uuid4().hex}",
            kind="reply",
            chat_id=chat_id,
            priority=outbox.Priority.REPLY,
            language=post.language,
            screen=screen.to_json(),
            expires_at=now + _KEPT_FOR,
            critical=False,
            not_before=now + wait,
        )
        async with self._database.transaction() as connection:
            await outbox.enqueue_messages(connection, [message], now)
        self._nudge()


def _groups(files: Sequence[Attachment]) -> list[list[Attachment]]:
    """Files that may stand in one album together, in order."""
    groups: list[list[Attachment]] = []
    for file in files:
        together = groups[-1] if groups else []
        if (
            together
            and len(together) < _MOST_IN_ALBUM
            and file.type in _ALBUM_OF
            and _album_kind(file) == _album_kind(together[-1])
        ):
            together.append(file)
        else:
            groups.append([file])
    return groups


def _album_kind(file: Attachment) -> str:
    return "picture" if file.type in {"photo", "video"} else file.type
