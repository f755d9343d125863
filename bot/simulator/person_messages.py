"""The sending of messages of people: what every action that writes a message shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator.api_types import ControlError, SentUpdates
from bot.simulator.chat_lookup import build_reply, build_thread
from bot.simulator.keyboards import close_used_keyboard

if TYPE_CHECKING:
    from bot.simulator.api_types import Json, User
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.chats import SimulatedChat
    from bot.simulator.state import SimulatorState


class PersonMessages:
    """Checks that a person may act in a chat, and sends their messages to the bot."""

    def __init__(self, state: SimulatorState) -> None:
        self._state = state

    def _check_presence(
        self, user_id: int, chat_id: int | None, bot: str | None
    ) -> tuple[User, SimulatedChat, BotAccount]:
        """Return the user, chat and bot of an action; a user joins a group by acting there.

        Raises ControlError if the user cannot act in the chat.
        """
        user = self._state.get_user(user_id)
        account = self._state.get_account(bot)
        chat = self._state.get_chat(user_id if chat_id is None else chat_id)
        if chat.is_private:
            if chat.id != user_id:
                raise ControlError(f"chat {chat.id} is another's private chat")
            if user_id in account.blocked_by:
                raise ControlError(f"{user.first_name} has blocked the bot: unblock it first")
        elif chat.migrated_to is not None:
            raise ControlError(f"the group is now chat {chat.migrated_to}: act there")
        elif user_id not in chat.members:
            chat.members[user_id] = "member"
        return user, chat, account

    def _send(
        self,
        user_id: int,
        content: Json,
        chat_id: int | None,
        reply_to: int | None,
        thread: int | None,
        bot: str | None,
        *,
        chosen: bool = False,
    ) -> SentUpdates:
        user, chat, account = self._check_presence(user_id, chat_id, bot)
        if chat.kind == "channel":
            sender: Json = {"sender_chat": chat.as_json()}
        else:
            sender = {"from": user.as_json()}
        reply = build_reply(chat, chat.input_area.replying_to if reply_to is None else reply_to)
        if chat.is_private:
            account.started_by.add(user_id)
        message = self._state.post_message(
            chat, {**sender, **build_thread(chat, thread), **reply, **content}
        )
        close_used_keyboard(self._state, chat, chosen=chosen)
        kind = "channel_post" if chat.kind == "channel" else "message"
        return SentUpdates(self._queue_update(chat, account, kind, message), message["message_id"])

    def _queue_update(
        self, chat: SimulatedChat, account: BotAccount, kind: str, message: Json
    ) -> int:
        if chat.is_private:
            return self._state.queue_update(account, chat.id, kind, message)
        return self._state.queue_update_for_all(chat, kind, message, account)
