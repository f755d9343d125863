"""Actions of people, and the updates that they create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.simulator.api_types import ControlError, SentUpdates
from bot.simulator.chat_lookup import find_button
from bot.simulator.markup import complete_entities
from bot.simulator.person_files import PersonFiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.simulator.api_types import Json
    from bot.simulator.bot_accounts import BotAccount


class PersonActions(PersonFiles):
    """Actions of people.

    All methods take the user's id. `chat_id` is a group's, by default the private chat's. `bot` is
    the token of a bot, by default the first one's. They return the ids of what they created, and
    raise ControlError for an action that is not possible in Telegram.
    """

    def perform_action(self, name: str, user_id: int, /, *args: Any, **fields: Any) -> SentUpdates:
        """Perform an action by its name in ACTIONS, with the arguments of its method."""
        return ACTIONS[name](self, user_id, *args, **fields)

    def send_text(
        self,
        user_id: int,
        text: str,
        *,
        chat_id: int | None = None,
        reply_to: int | None = None,
        message_thread_id: int | None = None,
        bot: str | None = None,
    ) -> SentUpdates:
        """Send a text. Commands, links and the like get their entities."""
        trimmed, entities = complete_entities(text, [])
        if not trimmed:
            raise ControlError("a text must not be empty", 400)
        content: Json = {"text": trimmed, **({"entities": entities} if entities else {})}
        return self._send(user_id, content, chat_id, reply_to, message_thread_id, bot)

    def start_bot(
        self, user_id: int, payload: str | None = None, *, bot: str | None = None
    ) -> SentUpdates:
        """Open the bot by a link, with or without a payload. A user who blocked it unblocks it."""
        if user_id in self._state.get_account(bot).blocked_by:
            self.unblock_bot(user_id, bot=bot)
        return self.send_text(user_id, f"/start {payload}" if payload else "/start", bot=bot)

    def press_button(
        self,
        user_id: int,
        message_id: int | None = None,
        data: str | None = None,
        label: str | None = None,
        *,
        chat_id: int | None = None,
        bot: str | None = None,
    ) -> SentUpdates:
        """Press an inline button by its data or label.

        Without a message id, it is a button of the newest message that has it.
        """
        user, chat, account = self._check_presence(user_id, chat_id, bot)
        if data is None and label is None:
            raise ControlError("name the button by its data or its label", 400)
        message, button = find_button(chat, message_id, data, label)
        if "callback_data" not in button:
            raise ControlError(f"the button {button['text']!r} sends nothing to the bot")
        # A group may have several bots. The bot that sent the message gets the press.
        account = self._find_author(message) or account
        callback = self._state.add_callback(account, chat.id)
        query = {
            "id": callback.id,
            "from": user.as_json(),
            "message": message,
            "chat_instance": str(chat.id * 7919),
            "data": button["callback_data"],
        }
        update_id = self._state.queue_update(account, chat.id, "callback_query", query)
        return SentUpdates(update_id, callback_query_id=callback.id)

    def _find_author(self, message: Json) -> BotAccount | None:
        """Return the bot that sent a message, None if a person did."""
        author = message.get("from", {}).get("id")
        accounts = self._state.accounts.values()
        return next((account for account in accounts if account.user.id == author), None)

    def choose_button(
        self, user_id: int, text: str, *, chat_id: int | None = None, bot: str | None = None
    ) -> SentUpdates:
        """Press a button of the reply keyboard by its text.

        A button that asks for a contact shares the user's own. A button that asks for a location
        shares a sample location.
        """
        _, chat, _ = self._check_presence(user_id, chat_id, bot)
        rows = (chat.input_area.keyboard or {}).get("keyboard", [])
        button = next((button for row in rows for button in row if button["text"] == text), None)
        if button is None:
            labels = [button["text"] for row in rows for button in row]
            raise ControlError(f"no button {text!r} on the reply keyboard: it shows {labels}")
        if button.get("request_contact"):
            return self.share_contact(user_id, chat_id=chat_id, bot=bot, chosen=True)
        if button.get("request_location"):
            return self.share_location(
                user_id, 20.8561, 106.6822, chat_id=chat_id, bot=bot, chosen=True
            )
        trimmed, entities = complete_entities(text, [])
        content: Json = {"text": trimmed, **({"entities": entities} if entities else {})}
        return self._send(user_id, content, chat_id, None, None, bot, chosen=True)

    def share_contact(
        self,
        person: int,
        /,
        phone_number: str | None = None,
        user_id: int | None = None,
        first_name: str | None = None,
        *,
        chat_id: int | None = None,
        bot: str | None = None,
        chosen: bool = False,
    ) -> SentUpdates:
        """Share a contact. `person` is the id of the user who shares it.

        - `user_id`: the user whose contact it is; by default the person.
        - `first_name`: the name in the contact. Without a `user_id` the contact has no account.
        - `phone_number`: by default made from the user's id.
        - `chosen`: True if a button of the reply keyboard was pressed for it. A one-time keyboard
          then disappears.
        """
        sharer = self._state.get_user(person)
        if user_id is None and first_name is None:
            user_id = person
        shared = self._state.users.get(user_id or 0)
        contact: Json = {
            "phone_number": phone_number or f"+8490{(user_id or person) % 10_000_000:07d}",
            "first_name": first_name or (shared or sharer).first_name,
        }
        if shared and shared.last_name and first_name is None:
            contact["last_name"] = shared.last_name
        if user_id is not None:
            contact["user_id"] = user_id
        return self._send(person, {"contact": contact}, chat_id, None, None, bot, chosen=chosen)

    def share_location(
        self,
        user_id: int,
        latitude: float,
        longitude: float,
        *,
        chat_id: int | None = None,
        bot: str | None = None,
        chosen: bool = False,
    ) -> SentUpdates:
        """Share a location, in degrees.

        `chosen` is True if a button of the reply keyboard was pressed for it. A one-time keyboard
        then disappears.
        """
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise ControlError("no such place on Earth", 400)
        point = {"latitude": latitude, "longitude": longitude}
        return self._send(user_id, {"location": point}, chat_id, None, None, bot, chosen=chosen)

    def edit_message(
        self,
        user_id: int,
        message_id: int,
        text: str,
        *,
        chat_id: int | None = None,
        bot: str | None = None,
    ) -> SentUpdates:
        """Change the text of one's own message."""
        _, chat, account = self._check_presence(user_id, chat_id, bot)
        message = chat.messages.get(message_id)
        if message is None or message.get("from", {}).get("id") != user_id:
            raise ControlError(f"{user_id} has no message {message_id} in chat {chat.id}", 404)
        if "text" not in message:
            raise ControlError(f"message {message_id} has no text to edit")
        trimmed, entities = complete_entities(text, [])
        rest = {key: value for key, value in message.items() if key != "entities"}
        new = {**rest, "text": trimmed, "edit_date": self._state.now()}
        if entities:
            new["entities"] = entities
        self._state.replace_message(chat, new)
        return SentUpdates(self._queue_update(chat, account, "edited_message", new), message_id)

    def block_bot(self, user_id: int, *, bot: str | None = None) -> SentUpdates:
        """Block the bot."""
        return self._change_membership(user_id, bot, "member", "kicked")

    def unblock_bot(self, user_id: int, *, bot: str | None = None) -> SentUpdates:
        """Unblock the bot."""
        return self._change_membership(user_id, bot, "kicked", "member")

    def _change_membership(self, user_id: int, bot: str | None, old: str, new: str) -> SentUpdates:
        """Change the bot's status in the private chat from `old` to `new`."""
        user = self._state.get_user(user_id)
        account = self._state.get_account(bot)
        if not account.token:
            raise ControlError("no bot has made a request yet: start it, or give its token")
        if (user_id in account.blocked_by) != (old == "kicked"):
            raise ControlError(
                f"{user.first_name} has {'not ' if old == 'kicked' else ''}blocked it"
            )
        account.blocked_by.symmetric_difference_update({user_id})
        chat = self._state.chats[user_id]
        change = {
            "chat": chat.as_json(),
            "from": user.as_json(),
            "date": self._state.now(),
            "old_chat_member": _build_membership(account, old),
            "new_chat_member": _build_membership(account, new),
        }
        return SentUpdates(self._state.queue_update(account, user_id, "my_chat_member", change))

    def send_update(self, user_id: int, update: Json, *, bot: str | None = None) -> SentUpdates:
        """Queue any JSON object as an update. It gets an `update_id` if it has none.

        It is delivered in the order of the updates in the user's private chat.
        """
        self._state.get_user(user_id)
        return SentUpdates(self._state.get_account(bot).updates.add_raw_update(update, user_id))


def _build_membership(account: BotAccount, status: str) -> Json:
    member = {"status": status, "user": account.user.as_json()}
    return {**member, "until_date": 0} if status == "kicked" else member


# The actions by their names in the control interface.
ACTIONS: dict[str, Callable[..., SentUpdates]] = {
    "text": PersonActions.send_text,
    "start": PersonActions.start_bot,
    "press": PersonActions.press_button,
    "choose": PersonActions.choose_button,
    "contact": PersonActions.share_contact,
    "location": PersonActions.share_location,
    "photo": PersonActions.send_photo,
    "video": PersonActions.send_video,
    "voice": PersonActions.send_voice,
    "document": PersonActions.send_document,
    "album": PersonActions.send_album,
    "edit": PersonActions.edit_message,
    "block": PersonActions.block_bot,
    "unblock": PersonActions.unblock_bot,
    "update": PersonActions.send_update,
}
