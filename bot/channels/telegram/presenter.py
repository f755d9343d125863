"""The presenter: turns screens of turns and responses of controllers into direct replies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.channels.telegram.reply import DirectReply
from bot.core.requests import Show
from bot.core.screen import Screen, Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from telegram import CallbackQuery, Update

    from bot.channels.telegram.direct_replies import DirectReplies
    from bot.channels.telegram.render import Renderer
    from bot.channels.telegram.update_context import UpdateContext
    from bot.conversation.turns import TurnScreen
    from bot.core.requests import Chat, Pin

_UNCHANGED = Words("draft.unchanged")
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

    def show_typing(self, chat_id: int) -> None:
        """Show that the answer is coming, while a file is taken or a search runs."""
        self.replies.typing.show(chat_id)

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
        reply = DirectReply(screen, turn.language, pause=pause, about=turn.about)
        if turn.is_of_earlier:
            reply, new = replace(reply, closes=_get_pressed(update)), True
        if screen is not None or update.callback_query is not None:
            self._send(chat_id, reply, update, context, new=new, notice=turn.notice)
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
        reply = DirectReply(None, chat.language)
        self._answer_press(chat.id, reply, update, context, words, is_alert=is_alert)

    def show_ended(
        self, chat: Chat, words: Words, update: Update, context: UpdateContext, *, is_over: bool
    ) -> None:
        """Show a notice that disappears by itself after a button of a question was pressed.

        `is_over`: the message with the button has only buttons of that question, and loses them.
        """
        reply = DirectReply(None, chat.language, closes=_get_pressed(update) if is_over else None)
        self._answer_press(chat.id, reply, update, context, words)

    def _send(
        self,
        chat_id: int,
        reply: DirectReply,
        update: Update,
        context: UpdateContext,
        *,
        new: bool,
        notice: Words | None = None,
    ) -> None:
        query = update.callback_query
        if query is None:
            self._enqueue(chat_id, reply, context)
            return
        reply = replace(reply, edits=None if new else _get_pressed(update))
        if self._changes_nothing(reply, context):
            reply, notice = replace(reply, screen=None, edits=None), notice or _UNCHANGED
        self._answer_press(chat_id, reply, update, context, notice)

    def _changes_nothing(self, reply: DirectReply, context: UpdateContext) -> bool:
        """Return True if the message whose button was pressed shows the screen already."""
        return (
            reply.screen is not None
            and reply.edits is not None
            and self.renderer.is_shown(reply.screen, reply.language, context.pressed_message)
        )

    def _answer_press(
        self,
        chat_id: int,
        reply: DirectReply,
        update: Update,
        context: UpdateContext,
        notice: Words | None,
        *,
        is_alert: bool = False,
    ) -> None:
        """Answer a pressed button, with a notice if there is one, and send what else is to be sent.

        A press that was answered before, because its update is redelivered, is not answered again.
        """
        query, text = update.callback_query, None
        assert query is not None
        if notice is not None:
            text = self.renderer.render_plain(notice, reply.language)[:_MAX_NOTICE]
        is_answered = update.update_id in self.replies.answered
        if context.may_answer and not is_answered:
            shown = {} if text is None else {"text": text, "show_alert": is_alert}
            context.answer = _answer_query(query, **shown)
        elif not is_answered:
            reply = replace(reply, query_id=query.id, update_id=update.update_id, notice=text)
        if reply.needs_request():
            self._enqueue(chat_id, reply, context)

    def _enqueue(self, chat_id: int, reply: DirectReply, context: UpdateContext) -> None:
        context.replies.append(self.replies.enqueue_reply(chat_id, reply))


def _get_pressed(update: Update) -> int | None:
    """Return the id of the message whose button was pressed; None if it is not known."""
    query = update.callback_query
    return None if query is None or query.message is None else query.message.message_id


def _make_reply(chat: Chat, response: Show) -> DirectReply:
    language = response.language or chat.language
    return DirectReply(
        response.screen,
        language,
        files=response.files,
        upload=response.upload,
        about=response.about,
    )


def _answer_query(query: CallbackQuery, **parameters: Any) -> dict[str, Any]:
    """Return the Bot API method that answers a button in the body of a webhook's response."""
    return {"method": "answerCallbackQuery", "callback_query_id": query.id, **parameters}
