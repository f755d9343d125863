"""What people do, and the updates it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.simulator.api_types import ControlError, SentUpdates, UploadedFile
from bot.simulator.bot_messages import remove_reply
from bot.simulator.keyboards import close_used_keyboard, list_inline_buttons
from bot.simulator.markup import complete_entities
from bot.simulator.media import build_media
from bot.simulator.sample_files import make_sample_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.simulator.api_types import Json, User
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.chats import SimulatedChat
    from bot.simulator.state import SimulatorState

_ALBUM_KINDS = ("photo", "video", "document")
_DETAILS = ("duration", "width", "height")


class PersonActions:
    """The acts of people, by their ids.

    `chat_id` names another chat than the private one, `bot` the token of another bot than the
    first. What a person could not do in Telegram raises NotPossible.
    """

    def __init__(self, world: SimulatorState) -> None:
        self._world = world

    def text(
        self,
        user_id: int,
        text: str,
        *,
        chat_id: int | None = None,
        reply_to: int | None = None,
        message_thread_id: int | None = None,
        bot: str | None = None,
    ) -> SentUpdates:
        """Write something; a leading /command gets its entity."""
        words, entities = complete_entities(text, [])
        if not words:
            raise ControlError("a text must not be empty", 400)
        content: Json = {"text": words, **({"entities": entities} if entities else {})}
        return self._says(user_id, content, chat_id, reply_to, message_thread_id, bot)

    def start(
        self, user_id: int, payload: str | None = None, *, bot: str | None = None
    ) -> SentUpdates:
        """Open the bot by a link, with a payload or without; one who blocked it unblocks it."""
        if user_id in self._world.account(bot).blocked_by:
            self.unblock(user_id, bot=bot)
        return self.text(user_id, f"/start {payload}" if payload else "/start", bot=bot)

    def press(
        self,
        user_id: int,
        message_id: int | None = None,
        data: str | None = None,
        label: str | None = None,
        *,
        chat_id: int | None = None,
        bot: str | None = None,
    ) -> SentUpdates:
        """Press an inline button, by its data or label; of the newest message that has it."""
        user, chat, account = self._present(user_id, chat_id, bot)
        if data is None and label is None:
            raise ControlError("name the button by its data or its label", 400)
        message, button = _find_button(chat, message_id, data, label)
        if "callback_data" not in button:
            raise ControlError(f"the button {button['text']!r} sends nothing to the bot")
        # A group may hold several bots: the press goes to the one whose message it is.
        account = self._author(message) or account
        callback = self._world.add_callback(account, chat.id)
        query = {
            "id": callback.id,
            "from": user.as_json(),
            "message": message,
            "chat_instance": str(chat.id * 7919),
            "data": button["callback_data"],
        }
        update_id = self._world.tell(account, chat.id, "callback_query", query)
        return SentUpdates(update_id, callback_query_id=callback.id)

    def _author(self, message: Json) -> BotAccount | None:
        author = message.get("from", {}).get("id")
        accounts = self._world.accounts.values()
        return next((one for one in accounts if one.user.id == author), None)

    def choose(
        self, user_id: int, text: str, *, chat_id: int | None = None, bot: str | None = None
    ) -> SentUpdates:
        """Press a button of the reply keyboard that is shown."""
        _, chat, _ = self._present(user_id, chat_id, bot)
        rows = (chat.shown.keyboard or {}).get("keyboard", [])
        button = next((one for row in rows for one in row if one["text"] == text), None)
        if button is None:
            labels = [one["text"] for row in rows for one in row]
            raise ControlError(f"no button {text!r} on the reply keyboard: it shows {labels}")
        if button.get("request_contact"):
            return self.contact(user_id, chat_id=chat_id, bot=bot, chosen=True)
        if button.get("request_location"):
            return self.location(user_id, 20.8561, 106.6822, chat_id=chat_id, bot=bot, chosen=True)
        words, entities = complete_entities(text, [])
        content: Json = {"text": words, **({"entities": entities} if entities else {})}
        return self._says(user_id, content, chat_id, None, None, bot, chosen=True)

    def contact(
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
        """Share a contact: one's own unless another user or name is given."""
        own = self._world.user(person)
        if user_id is None and first_name is None:
            user_id = person
        shared = self._world.users.get(user_id or 0)
        contact: Json = {
            "phone_number": phone_number or f"+8490{(user_id or person) % 10_000_000:07d}",
            "first_name": first_name or (shared or own).first_name,
        }
        if shared and shared.last_name and first_name is None:
            contact["last_name"] = shared.last_name
        if user_id is not None:
            contact["user_id"] = user_id
        return self._says(person, {"contact": contact}, chat_id, None, None, bot, chosen=chosen)

    def location(
        self,
        user_id: int,
        latitude: float,
        longitude: float,
        *,
        chat_id: int | None = None,
        bot: str | None = None,
        chosen: bool = False,
    ) -> SentUpdates:
        """Share a place."""
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise ControlError("no such place on Earth", 400)
        point = {"latitude": latitude, "longitude": longitude}
        return self._says(user_id, {"location": point}, chat_id, None, None, bot, chosen=chosen)

    def photo(self, user_id: int, content: bytes | None = None, **more: Any) -> SentUpdates:
        """Send a photo; `more` as for any file: see `file`."""
        return self.file(user_id, "photo", content, **more)

    def video(self, user_id: int, content: bytes | None = None, **more: Any) -> SentUpdates:
        """Send a video; `more` as for any file: see `file`."""
        return self.file(user_id, "video", content, **more)

    def voice(self, user_id: int, content: bytes | None = None, **more: Any) -> SentUpdates:
        """Send a voice message; `more` as for any file: see `file`."""
        return self.file(user_id, "voice", content, **more)

    def document(self, user_id: int, content: bytes | None = None, **more: Any) -> SentUpdates:
        """Send a document; `more` as for any file: see `file`."""
        return self.file(user_id, "document", content, **more)

    def file(
        self,
        user_id: int,
        kind: str,
        content: bytes | None = None,
        *,
        chat_id: int | None = None,
        reply_to: int | None = None,
        message_thread_id: int | None = None,
        bot: str | None = None,
        **item: Any,
    ) -> SentUpdates:
        """Send a file: `file_name`, `mime_type`, `caption`, `duration`, `width`, `height`."""
        self._present(user_id, chat_id, bot)
        shown = self._shown(kind, {"content": content, **item})
        return self._says(user_id, shown, chat_id, reply_to, message_thread_id, bot)

    def album(
        self,
        user_id: int,
        items: Sequence[Json],
        *,
        chat_id: int | None = None,
        bot: str | None = None,
    ) -> SentUpdates:
        """Send several files as one album: each has a `type`, and what `file` takes."""
        self._present(user_id, chat_id, bot)
        kinds = {item.get("type") for item in items}
        if not 2 <= len(items) <= 10:
            raise ControlError("an album has 2 to 10 items", 400)
        if not kinds <= set(_ALBUM_KINDS) or ("document" in kinds and len(kinds) > 1):
            raise ControlError("an album is of photos and videos, or of documents", 400)
        shown = [
            self._shown(item["type"], {key: item[key] for key in item if key != "type"})
            for item in items
        ]
        group = {"media_group_id": str(13_000_000_000_000_000 + self._world.number())}
        acts = [self._says(user_id, {**group, **one}, chat_id, None, None, bot) for one in shown]
        return SentUpdates(
            acts[-1].update_id, acts[-1].message_id, update_ids=tuple(one.update_id for one in acts)
        )

    def _shown(self, kind: str, item: Json) -> Json:
        given = make_sample_file(kind)
        content = item.get("content")
        upload = UploadedFile(
            item.get("file_name") or given.file_name,
            given.content if content is None else content,
            item.get("mime_type") or (given.mime_type if content is None else None),
        )
        details = {key: item[key] for key in _DETAILS if item.get(key) is not None}
        shown = build_media(kind, self._world.files.store(kind, upload), details)
        caption, entities = complete_entities(item.get("caption") or "", [])
        if caption:
            shown["caption"] = caption
        if entities:
            shown["caption_entities"] = entities
        return shown

    def edit(
        self,
        user_id: int,
        message_id: int,
        text: str,
        *,
        chat_id: int | None = None,
        bot: str | None = None,
    ) -> SentUpdates:
        """Change the words of one's own message."""
        _, chat, account = self._present(user_id, chat_id, bot)
        message = chat.messages.get(message_id)
        if message is None or message.get("from", {}).get("id") != user_id:
            raise ControlError(f"{user_id} has no message {message_id} in chat {chat.id}", 404)
        if "text" not in message:
            raise ControlError(f"message {message_id} has no text to edit")
        words, entities = complete_entities(text, [])
        rest = {key: value for key, value in message.items() if key != "entities"}
        new = {**rest, "text": words, "edit_date": self._world.now()}
        if entities:
            new["entities"] = entities
        self._world.replace(chat, new)
        return SentUpdates(self._tell(chat, account, "edited_message", new), message_id)

    def block(self, user_id: int, *, bot: str | None = None) -> SentUpdates:
        """Block the bot."""
        return self._change_membership(user_id, bot, "member", "kicked")

    def unblock(self, user_id: int, *, bot: str | None = None) -> SentUpdates:
        """Let the bot write again."""
        return self._change_membership(user_id, bot, "kicked", "member")

    def _change_membership(self, user_id: int, bot: str | None, old: str, new: str) -> SentUpdates:
        user = self._world.user(user_id)
        account = self._world.account(bot)
        if not account.token:
            raise ControlError("no bot has made a request yet: start it, or give its token")
        if (user_id in account.blocked_by) != (old == "kicked"):
            raise ControlError(
                f"{user.first_name} has {'not ' if old == 'kicked' else ''}blocked it"
            )
        account.blocked_by.symmetric_difference_update({user_id})
        chat = self._world.chats[user_id]
        change = {
            "chat": chat.as_json(),
            "from": user.as_json(),
            "date": self._world.now(),
            "old_chat_member": _membership(account, old),
            "new_chat_member": _membership(account, new),
        }
        return SentUpdates(self._world.tell(account, user_id, "my_chat_member", change))

    def update(self, user_id: int, update: Json, *, bot: str | None = None) -> SentUpdates:
        """Send a raw update, whatever it is."""
        self._world.user(user_id)
        return SentUpdates(self._world.account(bot).updates.add_raw(update, user_id))

    def _present(
        self, user_id: int, chat_id: int | None, bot: str | None
    ) -> tuple[User, SimulatedChat, BotAccount]:
        """Who acts, where, towards which bot; NotPossible when they cannot."""
        user = self._world.user(user_id)
        account = self._world.account(bot)
        chat = self._world.chat(user_id if chat_id is None else chat_id)
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

    def _says(
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
        user, chat, account = self._present(user_id, chat_id, bot)
        if chat.kind == "channel":
            sender: Json = {"sender_chat": chat.as_json()}
        else:
            sender = {"from": user.as_json()}
        reply = _reply(chat, chat.shown.replying_to if reply_to is None else reply_to)
        if chat.is_private:
            account.started_by.add(user_id)
        message = self._world.post(chat, {**sender, **_place(chat, thread), **reply, **content})
        close_used_keyboard(self._world, chat, chosen=chosen)
        kind = "channel_post" if chat.kind == "channel" else "message"
        return SentUpdates(self._tell(chat, account, kind, message), message["message_id"])

    def _tell(self, chat: SimulatedChat, account: BotAccount, kind: str, message: Json) -> int:
        if chat.is_private:
            return self._world.tell(account, chat.id, kind, message)
        return self._world.tell_all(chat, kind, message, account)


def _find_button(
    chat: SimulatedChat, message_id: int | None, data: str | None, label: str | None
) -> tuple[Json, Json]:
    if message_id is not None and message_id not in chat.messages:
        raise ControlError(f"no message {message_id} in chat {chat.id}", 404)
    wanted: Callable[[Json], bool] = (
        (lambda button: button.get("callback_data") == data)
        if data is not None
        else (lambda button: bool(button["text"] == label))
    )
    places = [message_id] if message_id is not None else reversed(chat.messages)
    for place in places:
        for button in list_inline_buttons(chat.messages[place]):
            if wanted(button):
                return chat.messages[place], button
    name = f"data {data!r}" if data is not None else f"label {label!r}"
    where = f"under message {message_id}" if message_id is not None else "in the chat"
    raise ControlError(f"no button with {name} {where}")


def _reply(chat: SimulatedChat, message_id: int | None) -> Json:
    if message_id is None:
        return {}
    message = chat.messages.get(message_id)
    if message is None:
        raise ControlError(f"no message {message_id} in chat {chat.id} to reply to", 404)
    return {"reply_to_message": remove_reply(message)}


def _place(chat: SimulatedChat, thread: int | None) -> Json:
    if thread is None:
        return {}
    if thread not in chat.topics:
        raise ControlError(f"no topic {thread} in chat {chat.id}", 404)
    return {"message_thread_id": thread, "is_topic_message": True}


def _membership(account: BotAccount, status: str) -> Json:
    member = {"status": status, "user": account.user.as_json()}
    return {**member, "until_date": 0} if status == "kicked" else member
