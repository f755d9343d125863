"""The presenter: turns what a turn or a controller answers into direct replies to the chat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.channels.telegram.direct_replies import DirectReply
from bot.core.requests import Show
from bot.core.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from telegram import CallbackQuery, Update

    from bot.channels.telegram.direct_replies import DirectReplies
    from bot.channels.telegram.render import Renderer
    from bot.channels.telegram.update_context import UpdateContext
    from bot.conversation.service import TurnScreen
    from bot.core.requests import Chat, Pin
    from bot.core.screen import Words

_MAX_NOTICE = 200  # characters that Telegram takes in the answer of a button


@dataclass(frozen=True)
class Presenter:
    """Shows answers in the chat, and answers the button that was pressed.

    `nudge` wakes the delivery of the outbox.
    """

    replies: DirectReplies
    renderer: Renderer
    nudge: Callable[[], None]

    def show_turn(
        self,
        chat_id: int,
        turn: TurnScreen,
        update: Update,
        context: UpdateContext,
        *,
        new: bool = False,
        pause: float = 0.0,
    ) -> None:
        """Show the screen of a turn; in place of the message whose button was pressed, unless new.

        A screen without paragraphs is not shown, but the button is answered all the same. The
        reply waits `pause` seconds: another one to the same chat replaces it meanwhile.
        """
        screen = turn.screen if turn.screen.paragraphs else None
        reply = DirectReply(screen, turn.language, pause=pause)
        if screen is not None or update.callback_query is not None:
            self._send(chat_id, reply, update, context, new=new)
        if turn.finished:
            self.nudge()

    def show_answer(self, chat: Chat, answer: Show, update: Update, context: UpdateContext) -> None:
        """Show a screen; in place of the message whose button was pressed, unless it is new."""
        new = answer.new or answer.upload is not None
        self._send(chat.id, _make_reply(chat, answer), update, context, new=new)

    def show_further_answer(self, chat: Chat, answer: Show) -> None:
        """Show a screen in a new message, after another answer to the same update."""
        self.replies.enqueue_reply(chat.id, _make_reply(chat, answer))

    def show_pin(self, chat: Chat, pin: Pin, update: Update, context: UpdateContext) -> None:
        """Show a place on the map in a new message."""
        self._send(chat.id, DirectReply(None, chat.language, pin=pin), update, context, new=True)

    def show_notice(
        self,
        chat: Chat,
        words: Words,
        update: Update,
        context: UpdateContext,
        *,
        is_alert: bool = True,
    ) -> None:
        """Answer a button with a notice above the chat; without a button, as a message.

        The person closes an alert; any other notice disappears by itself.
        """
        query = update.callback_query
        if query is None:
            self.show_answer(chat, Show(Screen((words,))), update, context)
            return
        text = self.renderer.render_plain(words, chat.language)[:_MAX_NOTICE]
        if context.may_answer:
            context.answer = _answer_query(query, text=text, show_alert=is_alert)
        else:
            reply = DirectReply(None, chat.language, query_id=query.id, notice=text)
            self.replies.enqueue_reply(chat.id, reply)

    def _send(
        self,
        chat_id: int,
        reply: DirectReply,
        update: Update,
        context: UpdateContext,
        *,
        new: bool,
    ) -> None:
        query = update.callback_query
        if query is not None:
            edits = None if new or query.message is None else query.message.message_id
            reply = replace(reply, edits=edits, query_id=query.id)
            if context.may_answer:
                context.answer = _answer_query(query)
                reply = replace(reply, query_id=None)
        self.replies.enqueue_reply(chat_id, reply)


def _make_reply(chat: Chat, answer: Show) -> DirectReply:
    language = answer.language or chat.language
    return DirectReply(answer.screen, language, files=answer.files, upload=answer.upload)


def _answer_query(query: CallbackQuery, **parameters: Any) -> dict[str, Any]:
    """Return the Bot API method that answers a button in the body of a webhook's response."""
    return {"method": "answerCallbackQuery", "callback_query_id": query.id, **parameters}
