"""Tests of the Bot API methods that send, change and delete messages, and of others."""

from __future__ import annotations

import pytest
from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.simulator.sample_files import make_sample_file
from bot.simulator.server import Simulator
from tests.simulator.api_client import OTHER_TOKEN, TOKEN, ApiClient

YES = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
PICTURE = make_sample_file("photo").content


async def test_a_sent_message_has_the_fields_of_telegram(bot: Bot, ann: int) -> None:
    """python-telegram-bot parses the whole response."""
    first = await bot.send_message(ann, "<b>one</b>", parse_mode="HTML", reply_markup=YES)
    second = await bot.send_message(ann, "two", reply_to_message_id=first.message_id)
    assert first.text == "one"
    assert first.entities[0].type == "bold"
    assert first.reply_markup == YES
    assert first.from_user is not None
    assert first.from_user.is_bot
    assert first.chat.first_name == "Ann"
    assert second.message_id == first.message_id + 1
    assert second.reply_to_message is not None
    assert second.reply_to_message.text == "one"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x" * 4097, "Bad Request: message is too long"),
        ("😀" * 2049, "Bad Request: message is too long"),
        (" \n ", "Bad Request: message text is empty"),
    ],
)
async def test_a_text_of_an_invalid_length_is_refused(
    client: ApiClient, ann: int, text: str, words: str
) -> None:
    """A text has 1 to 4096 UTF-16 units."""
    assert await client.call_refused("sendMessage", chat_id=ann, text=text) == words
    await client.call("sendMessage", chat_id=ann, text="x" * 4096)


async def test_a_caption_that_is_too_long_is_refused(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """A caption has at most 1024 UTF-16 units."""
    simulator.people.send_photo(ann)
    file_id = simulator.list_messages(ann)[-1]["photo"][-1]["file_id"]
    words = await client.call_refused("sendPhoto", chat_id=ann, photo=file_id, caption="x" * 1025)
    assert words == "Bad Request: message caption is too long"


async def test_a_bot_cannot_write_to_a_user_who_has_not_started_it(
    bot: Bot, simulator: Simulator, ann: int
) -> None:
    """The error is 403, as from Telegram."""
    ben = simulator.state.add_user(first_name="Ben")
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(ben.id, "hello")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(77, "hello")


async def test_a_message_to_a_user_who_blocked_the_bot_is_refused(
    bot: Bot, simulator: Simulator, ann: int
) -> None:
    """Until the user unblocks the bot. The bot gets an update about both."""
    simulator.people.block_bot(ann)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ann, "hello")
    simulator.people.unblock_bot(ann)
    await bot.send_message(ann, "hello")
    changes = [one.my_chat_member for one in await bot.get_updates()]
    assert [one.new_chat_member.status for one in changes if one] == ["kicked", "member"]


async def test_a_message_to_an_upgraded_group_is_refused_with_the_new_id(
    bot: Bot, simulator: Simulator, ann: int
) -> None:
    """The bot gets a service message in both chats."""
    group = simulator.state.add_chat("group", "Office", members=[ann])
    new = simulator.state.migrate_group(group)
    with pytest.raises(ChatMigrated) as migrated:
        await bot.send_message(group.id, "hello")
    assert migrated.value.new_chat_id == new.id
    assert (await bot.send_message(new.id, "hello")).chat.type == "supergroup"
    told = [one.message for one in await bot.get_updates()]
    assert [one.migrate_to_chat_id for one in told if one] == [new.id, None]
    assert [one.migrate_from_chat_id for one in told if one] == [None, group.id]


async def test_an_edit_replaces_the_text_and_the_keyboard(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """Without a keyboard in the request, it is removed. An edit that changes nothing is refused."""
    keyboard = YES.to_dict()
    sent = await client.call("sendMessage", chat_id=ann, text="one", reply_markup=keyboard)
    place = {"chat_id": ann, "message_id": sent["message_id"]}
    same = await client.call_refused("editMessageText", **place, text="one", reply_markup=keyboard)
    assert same == (
        "Bad Request: message is not modified: specified new message content and reply markup are"
        " exactly the same as a current content and reply markup of the message"
    )
    edited = await client.call("editMessageText", **place, text="two")
    assert edited["edit_date"] >= sent["date"]
    assert "reply_markup" not in edited
    assert simulator.list_messages(ann)[-1] == edited
    await client.call("editMessageReplyMarkup", **place, reply_markup=keyboard)
    assert simulator.list_messages(ann)[-1]["reply_markup"] == keyboard


async def test_a_bot_can_edit_only_its_own_messages(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """A person's message and a missing message are refused."""
    said = simulator.people.send_text(ann, "mine")
    words = await client.call_refused(
        "editMessageText", chat_id=ann, message_id=said.message_id, text="x"
    )
    assert words == "Bad Request: message can't be edited"
    words = await client.call_refused("editMessageText", chat_id=ann, message_id=99, text="x")
    assert words == "Bad Request: message to edit not found"


async def test_a_message_is_deleted_once(client: ApiClient, simulator: Simulator, ann: int) -> None:
    """A second deletion is refused, and so is one after two days."""
    sent = await client.call("sendMessage", chat_id=ann, text="one")
    place = {"chat_id": ann, "message_id": sent["message_id"]}
    simulator.state.clock.advance(48 * 3600 + 10)
    old = await client.call_refused("deleteMessage", **place)
    assert old == "Bad Request: message can't be deleted for everyone"
    simulator.state.clock.advance(-3600)
    await client.call("deleteMessage", **place)
    assert all(one["message_id"] != sent["message_id"] for one in simulator.list_messages(ann))
    gone = await client.call_refused("deleteMessage", **place)
    assert gone == "Bad Request: message to delete not found"


async def test_an_uploaded_file_is_downloaded_unchanged(bot: Bot, ann: int) -> None:
    """Also by the path that python-telegram-bot percent-encodes."""
    content = bytes(range(256)) * 8000
    sent = await bot.send_document(
        ann, content, filename="thư.bin", caption="<i>x</i>", parse_mode="HTML"
    )
    assert sent.document is not None
    assert sent.document.file_name == "thư.bin"
    assert sent.document.file_size == len(content)
    assert sent.caption == "x"
    file = await sent.document.get_file()
    assert bytes(await file.download_as_bytearray()) == content


async def test_a_photo_has_the_size_of_the_picture(bot: Bot, ann: int) -> None:
    """The largest size is the last."""
    sent = await bot.send_photo(ann, PICTURE)
    assert (sent.photo[-1].width, sent.photo[-1].height) == (320, 240)
    again = await bot.send_photo(ann, sent.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == sent.photo[-1].file_unique_id


async def test_every_kind_of_file_is_sent(bot: Bot, ann: int) -> None:
    """Each message has the field of its kind."""
    assert (await bot.send_video(ann, b"v")).video is not None
    assert (await bot.send_voice(ann, b"v")).voice is not None
    assert (await bot.send_audio(ann, b"v", title="T")).audio.title == "T"  # type: ignore[union-attr]
    assert (await bot.send_animation(ann, b"v")).animation is not None
    assert (await bot.send_video_note(ann, b"v")).video_note is not None
    assert (await bot.send_sticker(ann, b"v")).sticker is not None


async def test_an_album_has_one_media_group_id(bot: Bot, ann: int) -> None:
    """The files are uploaded with attach:// names."""
    sent = await bot.send_media_group(
        ann, [InputMediaPhoto(PICTURE, caption="first"), InputMediaPhoto(PICTURE)]
    )
    assert len({one.media_group_id for one in sent}) == 1
    assert [one.caption for one in sent] == ["first", None]
    with pytest.raises(BadRequest, match="2-10"):
        await bot.send_media_group(ann, [InputMediaPhoto(PICTURE)])


async def test_a_file_over_20_mb_cannot_be_downloaded(
    bot: Bot, simulator: Simulator, ann: int
) -> None:
    """As from Telegram's public server."""
    simulator.people.send_document(ann, bytes(20 * 1024 * 1024 + 1))
    file_id = simulator.list_messages(ann)[-1]["document"]["file_id"]
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(file_id)


async def test_a_reply_keyboard_is_shown_in_the_chat(
    bot: Bot, simulator: Simulator, ann: int
) -> None:
    """It is not a field of the message that was sent with it."""
    shown = simulator.state.get_chat(ann)
    sent = await bot.send_message(
        ann, "choose", reply_markup=ReplyKeyboardMarkup([["A", "B"]], one_time_keyboard=True)
    )
    assert sent.reply_markup is None
    assert shown.input_area.keyboard is not None
    simulator.people.choose_button(ann, "B")
    assert shown.input_area.keyboard is None
    await bot.send_message(ann, "again", reply_markup=ReplyKeyboardMarkup([["A"]]))
    await bot.send_message(ann, "done", reply_markup=ReplyKeyboardRemove())
    assert shown.input_area.keyboard is None


async def test_force_reply_makes_the_next_message_a_reply(
    bot: Bot, simulator: Simulator, ann: int
) -> None:
    """The person's next text replies to the message that requested it."""
    asked = await bot.send_message(
        ann, "where?", reply_markup=ForceReply(input_field_placeholder="street")
    )
    assert simulator.state.get_chat(ann).input_area.placeholder == "street"
    simulator.people.send_text(ann, "here")
    assert simulator.list_messages(ann)[-1]["reply_to_message"]["message_id"] == asked.message_id
    simulator.people.send_text(ann, "and")
    assert "reply_to_message" not in simulator.list_messages(ann)[-1]


async def test_a_callback_query_is_answered_once(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """A second answer, another bot's answer and a late answer are refused."""
    await client.call("sendMessage", chat_id=ann, text="one", reply_markup=YES.to_dict())
    query = simulator.people.press_button(ann, data="y").callback_query_id
    expired = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    other = ApiClient(client.url, client.http, OTHER_TOKEN)
    assert await other.call_refused("answerCallbackQuery", callback_query_id=query) == expired
    await client.call("answerCallbackQuery", callback_query_id=query, text="ok", show_alert=True)
    assert await client.call_refused("answerCallbackQuery", callback_query_id=query) == expired
    late = simulator.people.press_button(ann, label="Yes").callback_query_id
    simulator.state.clock.advance(151)
    assert await client.call_refused("answerCallbackQuery", callback_query_id=late) == expired
    assert simulator.state.callbacks[query or ""].text == "ok"


async def test_messages_have_their_forum_topic(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """A message to a deleted topic is refused."""
    forum = simulator.state.add_chat("supergroup", "Office", is_forum=True)
    topic = await client.call("createForumTopic", chat_id=forum.id, name="Case 1")
    place = {"chat_id": forum.id, "message_thread_id": topic["message_thread_id"]}
    sent = await client.call("sendMessage", **place, text="x")
    assert sent["is_topic_message"] is True
    simulator.people.send_text(ann, "y", **place)
    assert simulator.list_messages(forum.id)[-1]["message_thread_id"] == topic["message_thread_id"]
    await client.call("closeForumTopic", **place)
    await client.call("deleteForumTopic", **place)
    words = await client.call_refused("sendMessage", **place, text="x")
    assert words == "Bad Request: message thread not found"
    assert all("message_thread_id" not in one for one in simulator.list_messages(forum.id))


async def test_messages_are_copied_and_forwarded(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """A copy is a message of the bot; a forwarded message names its origin."""
    group = simulator.state.add_chat("group", "Office")
    said = simulator.people.send_text(ann, "a broken lamp")
    source = {"chat_id": group.id, "from_chat_id": ann, "message_id": said.message_id}
    copied = await client.call("copyMessage", **source)
    forwarded = await client.call("forwardMessage", **source)
    first, second = simulator.list_messages(group.id)
    assert first["message_id"] == copied["message_id"]
    assert first["text"] == "a broken lamp"
    assert "forward_origin" not in first
    assert second == forwarded
    assert second["forward_origin"]["sender_user"]["id"] == ann
    words = await client.call_refused("copyMessage", **{**source, "message_id": 99})
    assert words == "Bad Request: message to copy not found"


async def test_chats_and_members_can_be_read(bot: Bot, simulator: Simulator, ann: int) -> None:
    """python-telegram-bot parses the responses."""
    group = simulator.state.add_chat("supergroup", "Office", members=[ann])
    assert (await bot.get_chat(group.id)).title == "Office"
    assert (await bot.get_chat(ann)).first_name == "Ann"
    assert (await bot.get_chat_member(group.id, ann)).status == "creator"
    assert await bot.get_chat_member_count(group.id) == 2
    assert {one.user.id for one in await bot.get_chat_administrators(group.id)} == {ann, bot.id}
    sent = await bot.send_message(group.id, "read this")
    await sent.pin()
    pinned = (await bot.get_chat(group.id)).pinned_message
    assert pinned is not None
    assert pinned.message_id == sent.message_id
    await bot.unpin_chat_message(group.id)
    await bot.leave_chat(group.id)
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await bot.send_message(group.id, "hello")


async def test_locations_and_contacts_are_sent(bot: Bot, ann: int) -> None:
    """The messages have the values of the request."""
    assert (await bot.send_location(ann, 20.8, 106.6)).location is not None
    venue = (await bot.send_venue(ann, 20.8, 106.6, "Office", "1 Street")).venue
    assert venue is not None
    assert venue.title == "Office"
    contact = (await bot.send_contact(ann, "+84900000000", "Ben")).contact
    assert contact is not None
    assert contact.first_name == "Ben"
    assert await bot.send_chat_action(ann, "typing")


async def test_commands_are_shown_by_scope_and_language(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """The narrowest scope wins, then the language of the person."""

    async def teach(name: str, **more: object) -> None:
        commands = [{"command": name, "description": name}]
        await client.call("setMyCommands", commands=commands, **more)

    async def menu(chat_id: int = ann) -> list[str]:
        path = f"/sim/chats/{chat_id}/commands?user_id={ann}"
        _, answer = await client.request_control("GET", path)
        return [one["command"] for one in answer["commands"]]

    assert await menu() == []
    await teach("default")
    assert await menu() == ["default"]
    await teach("default_vi", language_code="vi")
    assert await menu() == ["default_vi"]
    await teach("private", scope={"type": "all_private_chats"})
    assert await menu() == ["private"]
    await teach("mine", scope={"type": "chat", "chat_id": ann})
    assert await menu() == ["mine"]
    await client.call("deleteMyCommands", scope={"type": "chat", "chat_id": ann})
    assert await menu() == ["private"]
    group = simulator.state.add_chat("group", "Office", members=[ann])
    assert await menu(group.id) == ["default_vi"]
    await teach("staff", scope={"type": "chat_administrators", "chat_id": group.id})
    assert await menu(group.id) == ["staff"]
    assert await client.call("getMyCommands", language_code="vi") == [
        {"command": "default_vi", "description": "default_vi"}
    ]


async def test_the_name_and_descriptions_of_a_bot_are_stored(bot: Bot, ann: int) -> None:
    """For one language, or for all."""
    await bot.set_my_description("all")
    await bot.set_my_description("tất cả", language_code="vi")
    await bot.set_my_short_description("short")
    await bot.set_my_name("Listener")
    assert (await bot.get_my_description("vi")).description == "tất cả"
    assert (await bot.get_my_description("en")).description == "all"
    assert (await bot.get_my_short_description()).short_description == "short"
    assert (await bot.get_my_name()).name == "Listener"
    assert (await bot.get_me()).first_name == "Listener"
    assert (await bot.get_chat_menu_button(ann)).type == "commands"


async def test_a_chat_stores_a_limited_number_of_messages(
    client: ApiClient, simulator: Simulator, ann: int
) -> None:
    """The oldest messages are deleted."""
    for number in range(1_010):
        simulator.people.send_text(ann, str(number))
    kept = simulator.list_messages(ann)
    assert len(kept) == 1_000
    assert kept[-1]["text"] == "1009"
    assert TOKEN in simulator.state.accounts
