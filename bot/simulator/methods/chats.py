"""Methods for the bot, chats, members, files and forum topics.

Each function implements the Bot API method of its name and raises ApiError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator.api_types import ApiError, bad_request
from bot.simulator.bot_messages import find_known_chat, find_writable_chat
from bot.simulator.chats import ForumTopic

if TYPE_CHECKING:
    from bot.simulator.api_types import Json
    from bot.simulator.bot_accounts import BotAccount
    from bot.simulator.chats import SimulatedChat
    from bot.simulator.methods.signature import Method
    from bot.simulator.state import SimulatorState

_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
_ACCEPTED_GIFTS = dict.fromkeys(
    (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    ),
    False,
)


def get_me(_state: SimulatorState, bot: BotAccount, _params: Json) -> Json:
    return bot.as_json()


def get_file(state: SimulatorState, _bot: BotAccount, params: Json) -> Json:
    return state.files.describe_file(params["file_id"])


def get_chat(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    chat = find_known_chat(state, bot, params["chat_id"])
    pinned = chat.messages.get(chat.pinned or 0)
    return {
        **chat.as_json(),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": _ACCEPTED_GIFTS,
        **({"pinned_message": pinned} if pinned else {}),
    }


def get_chat_member(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    chat = find_known_chat(state, bot, params["chat_id"])
    user_id = params["user_id"]
    if user_id == bot.user.id:
        return _build_bot_member(chat, bot)
    if user_id not in state.users:
        raise bad_request("user not found")
    status = "member" if chat.id == user_id else chat.members.get(user_id, "left")
    return _build_member(state, user_id, status)


def _build_bot_member(chat: SimulatedChat, bot: BotAccount) -> Json:
    if chat.is_private:
        return {"status": "member", "user": bot.user.as_json()}
    return {"status": "administrator", "user": bot.user.as_json(), **dict.fromkeys(_RIGHTS, False)}


def _build_member(state: SimulatorState, user_id: int, status: str) -> Json:
    member: Json = {"status": status, "user": state.users[user_id].as_json()}
    if status == "administrator":
        member.update(dict.fromkeys(_RIGHTS, False))
    elif status == "creator":
        member["is_anonymous"] = False
    return member


def get_chat_member_count(state: SimulatorState, bot: BotAccount, params: Json) -> int:
    chat = find_known_chat(state, bot, params["chat_id"])
    return 2 if chat.is_private else len(chat.members) + 1


def get_chat_administrators(state: SimulatorState, bot: BotAccount, params: Json) -> list[Json]:
    chat = find_known_chat(state, bot, params["chat_id"])
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    people = [
        _build_member(state, user_id, status)
        for user_id, status in chat.members.items()
        if status in ("creator", "administrator")
    ]
    return [*people, _build_bot_member(chat, bot)]


def leave_chat(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat = find_known_chat(state, bot, params["chat_id"])
    if chat.is_private:
        raise bad_request("chat member status can't be changed in private chats")
    bot.left.add(chat.id)
    return True


def create_forum_topic(state: SimulatorState, bot: BotAccount, params: Json) -> Json:
    chat = find_writable_chat(state, bot, params["chat_id"])
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if not 1 <= len(params["name"]) <= 128:
        raise bad_request("TOPIC_TITLE_INVALID")
    thread = state.open_topic(chat, params["name"], bot.user.as_json())
    color = params.get("icon_color", 7322096)
    return {"message_thread_id": thread, "name": params["name"], "icon_color": color}


def close_forum_topic(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat, topic = _find_topic(state, bot, params)
    if topic.closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    chat.topics[params["message_thread_id"]] = ForumTopic(topic.name, closed=True)
    return True


def delete_forum_topic(state: SimulatorState, bot: BotAccount, params: Json) -> bool:
    chat, _ = _find_topic(state, bot, params)
    thread = params["message_thread_id"]
    del chat.topics[thread]
    inside = [
        key for key, message in chat.messages.items() if message.get("message_thread_id") == thread
    ]
    for message_id in (thread, *inside):
        state.delete_message(chat, message_id)
    return True


def _find_topic(
    state: SimulatorState, bot: BotAccount, params: Json
) -> tuple[SimulatedChat, ForumTopic]:
    chat = find_writable_chat(state, bot, params["chat_id"])
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    topic = chat.topics.get(params["message_thread_id"])
    if topic is None:
        raise ApiError("Bad Request: message thread not found")
    return chat, topic


# By the name in the Bot API.
METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getFile": get_file,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatMemberCount": get_chat_member_count,
    "getChatAdministrators": get_chat_administrators,
    "leaveChat": leave_chat,
    "createForumTopic": create_forum_topic,
    "closeForumTopic": close_forum_topic,
    "deleteForumTopic": delete_forum_topic,
}
