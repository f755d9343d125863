"""Showing: what a handler found out becomes a post in the chat, or the answer of a button."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.channels.telegram.direct_replies import DirectReply
from bot.channels.telegram.update_context import current_update
from bot.core.requests import Show
from bot.core.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from telegram import Update

    from bot.channels.telegram.direct_replies import DirectReplies
    from bot.channels.telegram.render import Renderer
    from bot.conversation.service import ConversationService, TurnScreen
    from bot.core.requests import Chat, Pin, Upload
    from bot.core.screen import Words
    from storage.models import Attachment


@dataclass(frozen=True)
class Presenter:
    """Shows screens in a chat's own language. `nudge` tells delivery that the outbox grew."""

    desk: ConversationService
    replies: DirectReplies
    renderer: Renderer
    nudge: Callable[[], None]

    def show_turn(
        self,
        chat_id: int,
        shown: TurnScreen,
        *,
        update: Update | None = None,
        new: bool = False,
        settles: float = 0.0,
    ) -> None:
        """Show what a turn led to; in place of the message whose button was pressed, unless `new`.

        The pressed button of the `update` is answered.
        """
        screen = shown.screen if shown.screen.paragraphs else None
        post = DirectReply(screen, shown.language, settles=settles)
        if update is not None and update.callback_query is not None:
            self.replies.put(chat_id, _pressed(post, update, new=new))
        elif screen is not None:
            self.replies.put(chat_id, post)
        if shown.finished:
            self.nudge()

    async def show(
        self,
        chat_id: int,
        screen: Screen,
        update: Update | None = None,
        *,
        new: bool = False,
        files: tuple[Attachment, ...] = (),
        upload: Upload | None = None,
    ) -> None:
        """Show a screen; in place of the message whose button was pressed, unless `new`.

        With an `upload` the screen is its caption, in a new message.
        """
        new = new or upload is not None
        post = DirectReply(
            screen, await self.desk.get_language(chat_id), files=files, upload=upload
        )
        pressed = update is not None and update.callback_query is not None
        self.replies.put(chat_id, _pressed(post, update, new=new) if pressed and update else post)

    def show_answer(self, chat: Chat, answer: Show, update: Update | None = None) -> None:
        """Show a screen; in place of the message whose button was pressed, unless it is new.

        Without an update it is a new message that answers no button.
        """
        new = answer.new or answer.upload is not None
        post = DirectReply(answer.screen, chat.language, files=answer.files, upload=answer.upload)
        if update is not None and update.callback_query is not None:
            post = _pressed(post, update, new=new)
        self.replies.put(chat.id, post)

    def show_pin(self, chat: Chat, pin: Pin, update: Update) -> None:
        """Show a place on the map in answer to a button."""
        post = DirectReply(None, chat.language, pin=pin)
        self.replies.put(chat.id, _pressed(post, update, new=True))

    def show_notice(self, chat: Chat, words: Words, update: Update) -> None:
        """Answer a button with a notice above the chat; without a button, say it in the chat."""
        query = update.callback_query
        if query is None:
            self.show_answer(chat, Show(Screen((words,))), update)
            return
        text = self.renderer.plain(words, chat.language)[:200]
        arrival = current_update.get()
        if arrival.may_answer:
            arrival.answer = {
                "method": "answerCallbackQuery",
                "callback_query_id": query.id,
                "text": text,
                "show_alert": True,
            }
        else:
            post = DirectReply(None, chat.language, answers=query.id, toast=text)
            self.replies.put(chat.id, post)

    async def point(self, update: Update, pin: Pin) -> None:
        """Show a place on the map in answer to a button."""
        query = update.callback_query
        assert query is not None
        chat_id = query.from_user.id
        post = DirectReply(None, await self.desk.get_language(chat_id), pin=pin)
        self.replies.put(chat_id, _pressed(post, update, new=True))

    async def notice(self, update: Update, words: Words, *, alert: bool = False) -> None:
        """Answer a button with a notice above the chat; the chat itself stays as it is."""
        query = update.callback_query
        assert query is not None
        language = await self.desk.get_language(query.from_user.id)
        text = self.renderer.plain(words, language)[:200]
        arrival = current_update.get()
        if arrival.may_answer:
            arrival.answer = {
                "method": "answerCallbackQuery",
                "callback_query_id": query.id,
                "text": text,
                "show_alert": alert,
            }
        else:
            post = DirectReply(None, language, answers=query.id, toast=text)
            self.replies.put(query.from_user.id, post)


def _pressed(post: DirectReply, update: Update, *, new: bool = False) -> DirectReply:
    """The same post as the outcome of a pressed button: it is answered and changed."""
    query = update.callback_query
    assert query is not None
    edits = None if new or query.message is None else query.message.message_id
    answers: str | None = query.id
    arrival = current_update.get()
    if arrival.may_answer:
        arrival.answer = {"method": "answerCallbackQuery", "callback_query_id": query.id}
        answers = None
    return replace(post, edits=edits, answers=answers)
