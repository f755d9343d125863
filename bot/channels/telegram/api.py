"""The Bot API methods that a busy bot calls most, without objects for their responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telegram import Bot
    from telegram.request import RequestData


MAX_CONNECTIONS = 100  # connections to the Bot API that may be open at once


@dataclass(frozen=True, slots=True)
class _Parameters:
    """The attributes of the library's RequestData that our request class reads."""

    parameters: Mapping[str, Any]
    contains_files: bool = False


class BotApi:
    """Sends and edits messages, and answers callback queries.

    The library's own methods would turn every response into a Message, which costs more than the
    request. Errors are raised as by the library.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send_message(
        self,
        chat_id: int,
        text: str,
        markup: Mapping[str, Any] | None,
        thread_id: int | None = None,
        *,
        protected: bool = False,
    ) -> int:
        """Send an HTML text. Return the id of the message. Raises TelegramError.

        `markup` is the `reply_markup` of the Bot API, the keyboard. `thread_id` is the topic of a
        group. A `protected` message cannot be forwarded or saved.
        """
        parameters = {"chat_id": chat_id, "text": text, "parse_mode": "HTML"}
        if protected:
            parameters["protect_content"] = True
        if thread_id is not None:
            parameters["message_thread_id"] = thread_id
        if markup is not None:
            parameters["reply_markup"] = markup
        message = await self._call("sendMessage", parameters)
        return int(message["message_id"])

    async def edit_message(
        self, chat_id: int, message_id: int, text: str, markup: Mapping[str, Any] | None
    ) -> None:
        """Replace a message's HTML text and its inline keyboard. Raises TelegramError."""
        parameters = {
            "chat_id": chat_id,
            "message_id": message_id,
            "text": text,
            "parse_mode": "HTML",
        }
        if markup is not None:
            parameters["reply_markup"] = markup
        await self._call("editMessageText", parameters)

    async def remove_buttons(self, chat_id: int, message_id: int) -> None:
        """Remove a message's inline keyboard. Raises TelegramError."""
        parameters = {"chat_id": chat_id, "message_id": message_id}
        await self._call("editMessageReplyMarkup", parameters)

    async def delete_message(self, chat_id: int, message_id: int) -> None:
        """Delete a message. Raises TelegramError, such as BadRequest 48 hours after it was sent."""
        await self._call("deleteMessage", {"chat_id": chat_id, "message_id": message_id})

    async def answer_query(self, callback_query_id: str, text: str | None) -> None:
        """Answer a pressed button; show `text`, if any, above the chat. Raises TelegramError."""
        parameters = {"callback_query_id": callback_query_id}
        if text is not None:
            parameters["text"] = text
        await self._call("answerCallbackQuery", parameters)

    async def show_typing(self, chat_id: int) -> None:
        """Show for five seconds that the bot is typing. Raises TelegramError."""
        await self._call("sendChatAction", {"chat_id": chat_id, "action": "typing"})

    async def _call(self, method: str, parameters: Mapping[str, Any]) -> Any:
        data = cast("RequestData", _Parameters(parameters))
        return await self._bot.request.post(f"{self._bot.base_url}/{method}", data)
