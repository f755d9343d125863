"""The presenter: turns screens of turns and responses of controllers into direct replies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.channels.telegram.reply import DirectReply
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
    """Sends responses to the chat, and answers the callback query of the pressed button.

    After a button press, a screen replaces the message with the button, unless `new` is True.
    `nudge` tells the delivery of the outbox to look for messages now.
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
        """Show the screen of a turn. A screen without paragraphs is not shown.

        - `new`: True if the screen must not replace the message whose button was pressed.
        - `pause`: seconds to wait. If another reply to the chat is enqueued meanwhile, this one is
          dropped.
        """
        screen = turn.screen if turn.screen.paragraphs else None
        reply = DirectReply(screen, turn.language, pause=pause)
        if screen is not None or update.callback_query is not None:
            self._send(chat_id, reply, update, context, new=new)
        if turn.finished:
            self.nudge()

    def show_response(
        self, chat: Chat, response: Show, update: Update, context: UpdateContext
    ) -> None:
        """Show the screen and the files of a controller's response."""
        new = response.new or response.upload is not None
        self._send(chat.id, _make_reply(chat, response), update, context, new=new)

    def show_further_response(self, chat: Chat, response: Show, context: UpdateContext) -> None:
        """Show one more response to the same update, in a new message."""
        self._enqueue(chat.id, _make_reply(chat, response), context)

    def show_pin(self, chat: Chat, pin: Pin, update: Update, context: UpdateContext) -> None:
        """Send a place as a map, in a new message."""
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
        """Show a notice above the chat if a button was pressed, else in a message.

        `is_alert` is True if the notice stays until the person closes it. Otherwise it disappears
        by itself.
        """
        query = update.callback_query
        if query is None:
            self.show_response(chat, Show(Screen((words,))), update, context)
            return
        text = self.renderer.render_plain(words, chat.language)[:_MAX_NOTICE]
        if context.may_answer:
            context.answer = _answer_query(query, text=text, show_alert=is_alert)
        else:
            reply = DirectReply(None, chat.language, query_id=query.id, notice=text)
            self._enqueue(chat.id, reply, context)

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
        self._enqueue(chat_id, reply, context)

    def _enqueue(self, chat_id: int, reply: DirectReply, context: UpdateContext) -> None:
        context.replies.append(self.replies.enqueue_reply(chat_id, reply))


def _make_reply(chat: Chat, response: Show) -> DirectReply:
    language = response.language or chat.language
    return DirectReply(response.screen, language, files=response.files, upload=response.upload)


def _answer_query(query: CallbackQuery, **parameters: Any) -> dict[str, Any]:
    """Return the Bot API method that answers a button in the body of a webhook's response."""
    return {"method": "answerCallbackQuery", "callback_query_id": query.id, **parameters}
