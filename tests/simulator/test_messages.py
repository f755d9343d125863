"""What bots send, change and take away."""

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
from tests.simulator.line import OTHER, TOKEN, Line

YES = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
PICTURE = make_sample_file("photo").content


async def test_a_message_is_what_telegram_makes_of_it(bot: Bot, ann: int) -> None:
    """python-telegram-bot reads it whole."""
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
async def test_a_text_has_its_length(line: Line, ann: int, text: str, words: str) -> None:
    """At most 4096 UTF-16 units, at least something."""
    assert await line.refusal("sendMessage", chat_id=ann, text=text) == words
    await line.ok("sendMessage", chat_id=ann, text="x" * 4096)


async def test_a_caption_has_its_length(line: Line, simulator: Simulator, ann: int) -> None:
    """At most 1024."""
    simulator.people.send_photo(ann)
    file_id = simulator.list_messages(ann)[-1]["photo"][-1]["file_id"]
    words = await line.refusal("sendPhoto", chat_id=ann, photo=file_id, caption="x" * 1025)
    assert words == "Bad Request: message caption is too long"


async def test_a_bot_cannot_write_first(bot: Bot, simulator: Simulator, ann: int) -> None:
    """A person has to have started it."""
    ben = simulator.state.add_user(first_name="Ben")
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(ben.id, "hello")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(77, "hello")


async def test_a_blocked_bot_is_told_so(bot: Bot, simulator: Simulator, ann: int) -> None:
    """Until it is unblocked."""
    simulator.people.block_bot(ann)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ann, "hello")
    simulator.people.unblock_bot(ann)
    await bot.send_message(ann, "hello")
    changes = [one.my_chat_member for one in await bot.get_updates()]
    assert [one.new_chat_member.status for one in changes if one] == ["kicked", "member"]


async def test_an_upgraded_group_names_its_successor(
    bot: Bot, simulator: Simulator, ann: int
) -> None:
    """And tells the bot in both chats."""
    group = simulator.state.add_chat("group", "Office", members=[ann])
    new = simulator.state.migrate_group(group)
    with pytest.raises(ChatMigrated) as migrated:
        await bot.send_message(group.id, "hello")
    assert migrated.value.new_chat_id == new.id
    assert (await bot.send_message(new.id, "hello")).chat.type == "supergroup"
    told = [one.message for one in await bot.get_updates()]
    assert [one.migrate_to_chat_id for one in told if one] == [new.id, None]
    assert [one.migrate_from_chat_id for one in told if one] == [None, group.id]


async def test_an_edit_changes_what_is_there(line: Line, simulator: Simulator, ann: int) -> None:
    """The keyboard goes unless it is given again; what is the same is refused."""
    keyboard = YES.to_dict()
    sent = await line.ok("sendMessage", chat_id=ann, text="one", reply_markup=keyboard)
    place = {"chat_id": ann, "message_id": sent["message_id"]}
    same = await line.refusal("editMessageText", **place, text="one", reply_markup=keyboard)
    assert same == (
        "Bad Request: message is not modified: specified new message content and reply markup are"
        " exactly the same as a current content and reply markup of the message"
    )
    edited = await line.ok("editMessageText", **place, text="two")
    assert edited["edit_date"] >= sent["date"]
    assert "reply_markup" not in edited
    assert simulator.list_messages(ann)[-1] == edited
    await line.ok("editMessageReplyMarkup", **place, reply_markup=keyboard)
    assert simulator.list_messages(ann)[-1]["reply_markup"] == keyboard


async def test_only_its_own_messages_can_be_edited(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """Neither a person's nor one that is gone."""
    said = simulator.people.send_text(ann, "mine")
    words = await line.refusal("editMessageText", chat_id=ann, message_id=said.message_id, text="x")
    assert words == "Bad Request: message can't be edited"
    words = await line.refusal("editMessageText", chat_id=ann, message_id=99, text="x")
    assert words == "Bad Request: message to edit not found"


async def test_what_is_deleted_is_gone(line: Line, simulator: Simulator, ann: int) -> None:
    """And cannot be deleted twice; after two days it stays."""
    sent = await line.ok("sendMessage", chat_id=ann, text="one")
    place = {"chat_id": ann, "message_id": sent["message_id"]}
    simulator.state.clock.advance(48 * 3600 + 10)
    old = await line.refusal("deleteMessage", **place)
    assert old == "Bad Request: message can't be deleted for everyone"
    simulator.state.clock.advance(-3600)
    await line.ok("deleteMessage", **place)
    assert all(one["message_id"] != sent["message_id"] for one in simulator.list_messages(ann))
    gone = await line.refusal("deleteMessage", **place)
    assert gone == "Bad Request: message to delete not found"


async def test_files_go_up_and_come_down(bot: Bot, ann: int) -> None:
    """Byte for byte, by the path that python-telegram-bot percent-encodes."""
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


async def test_a_photo_has_its_size(bot: Bot, ann: int) -> None:
    """Read from the picture; the largest is last."""
    sent = await bot.send_photo(ann, PICTURE)
    assert (sent.photo[-1].width, sent.photo[-1].height) == (320, 240)
    again = await bot.send_photo(ann, sent.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == sent.photo[-1].file_unique_id


async def test_every_kind_of_file_is_sent(bot: Bot, ann: int) -> None:
    """Each as what it is."""
    assert (await bot.send_video(ann, b"v")).video is not None
    assert (await bot.send_voice(ann, b"v")).voice is not None
    assert (await bot.send_audio(ann, b"v", title="T")).audio.title == "T"  # type: ignore[union-attr]
    assert (await bot.send_animation(ann, b"v")).animation is not None
    assert (await bot.send_video_note(ann, b"v")).video_note is not None
    assert (await bot.send_sticker(ann, b"v")).sticker is not None


async def test_an_album_is_one_group(bot: Bot, ann: int) -> None:
    """Uploaded by attach:// names."""
    sent = await bot.send_media_group(
        ann, [InputMediaPhoto(PICTURE, caption="first"), InputMediaPhoto(PICTURE)]
    )
    assert len({one.media_group_id for one in sent}) == 1
    assert [one.caption for one in sent] == ["first", None]
    with pytest.raises(BadRequest, match="2-10"):
        await bot.send_media_group(ann, [InputMediaPhoto(PICTURE)])


async def test_a_large_file_cannot_be_fetched(bot: Bot, simulator: Simulator, ann: int) -> None:
    """Beyond 20 MB the public server says no."""
    simulator.people.send_document(ann, bytes(20 * 1024 * 1024 + 1))
    file_id = simulator.list_messages(ann)[-1]["document"]["file_id"]
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(file_id)


async def test_reply_keyboards_change_what_the_chat_shows(
    bot: Bot, simulator: Simulator, ann: int
) -> None:
    """They are not part of the message that brings them."""
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


async def test_a_forced_reply_is_a_reply(bot: Bot, simulator: Simulator, ann: int) -> None:
    """What the person says next answers the message that asked for it."""
    asked = await bot.send_message(
        ann, "where?", reply_markup=ForceReply(input_field_placeholder="street")
    )
    assert simulator.state.get_chat(ann).input_area.placeholder == "street"
    simulator.people.send_text(ann, "here")
    assert simulator.list_messages(ann)[-1]["reply_to_message"]["message_id"] == asked.message_id
    simulator.people.send_text(ann, "and")
    assert "reply_to_message" not in simulator.list_messages(ann)[-1]


async def test_a_callback_is_answered_once(line: Line, simulator: Simulator, ann: int) -> None:
    """A second answer, a stranger's and one that is too late are refused."""
    await line.ok("sendMessage", chat_id=ann, text="one", reply_markup=YES.to_dict())
    query = simulator.people.press_button(ann, data="y").callback_query_id
    expired = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    other = Line(line.url, line.http, OTHER)
    assert await other.refusal("answerCallbackQuery", callback_query_id=query) == expired
    await line.ok("answerCallbackQuery", callback_query_id=query, text="ok", show_alert=True)
    assert await line.refusal("answerCallbackQuery", callback_query_id=query) == expired
    late = simulator.people.press_button(ann, label="Yes").callback_query_id
    simulator.state.clock.advance(151)
    assert await line.refusal("answerCallbackQuery", callback_query_id=late) == expired
    assert simulator.state.callbacks[query or ""].text == "ok"


async def test_a_forum_has_topics(line: Line, simulator: Simulator, ann: int) -> None:
    """What is said in a topic carries it; a deleted topic is not found."""
    forum = simulator.state.add_chat("supergroup", "Office", is_forum=True)
    topic = await line.ok("createForumTopic", chat_id=forum.id, name="Case 1")
    place = {"chat_id": forum.id, "message_thread_id": topic["message_thread_id"]}
    sent = await line.ok("sendMessage", **place, text="x")
    assert sent["is_topic_message"] is True
    simulator.people.send_text(ann, "y", **place)
    assert simulator.list_messages(forum.id)[-1]["message_thread_id"] == topic["message_thread_id"]
    await line.ok("closeForumTopic", **place)
    await line.ok("deleteForumTopic", **place)
    words = await line.refusal("sendMessage", **place, text="x")
    assert words == "Bad Request: message thread not found"
    assert all("message_thread_id" not in one for one in simulator.list_messages(forum.id))


async def test_messages_are_copied_and_forwarded(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """A copy is the bot's own, a forward says whose it was."""
    group = simulator.state.add_chat("group", "Office")
    said = simulator.people.send_text(ann, "a broken lamp")
    source = {"chat_id": group.id, "from_chat_id": ann, "message_id": said.message_id}
    copied = await line.ok("copyMessage", **source)
    forwarded = await line.ok("forwardMessage", **source)
    first, second = simulator.list_messages(group.id)
    assert first["message_id"] == copied["message_id"]
    assert first["text"] == "a broken lamp"
    assert "forward_origin" not in first
    assert second == forwarded
    assert second["forward_origin"]["sender_user"]["id"] == ann
    words = await line.refusal("copyMessage", **{**source, "message_id": 99})
    assert words == "Bad Request: message to copy not found"


async def test_chats_and_members_can_be_asked_for(bot: Bot, simulator: Simulator, ann: int) -> None:
    """As python-telegram-bot reads them."""
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


async def test_places_and_contacts_are_sent(bot: Bot, ann: int) -> None:
    """With what they were given."""
    assert (await bot.send_location(ann, 20.8, 106.6)).location is not None
    venue = (await bot.send_venue(ann, 20.8, 106.6, "Office", "1 Street")).venue
    assert venue is not None
    assert venue.title == "Office"
    contact = (await bot.send_contact(ann, "+84900000000", "Ben")).contact
    assert contact is not None
    assert contact.first_name == "Ben"
    assert await bot.send_chat_action(ann, "typing")


async def test_commands_are_shown_by_scope_and_language(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """The narrowest scope wins, and in it the person's language."""

    async def teach(name: str, **more: object) -> None:
        commands = [{"command": name, "description": name}]
        await line.ok("setMyCommands", commands=commands, **more)

    async def menu(chat_id: int = ann) -> list[str]:
        path = f"/sim/chats/{chat_id}/commands?user_id={ann}"
        _, answer = await line.control("GET", path)
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
    await line.ok("deleteMyCommands", scope={"type": "chat", "chat_id": ann})
    assert await menu() == ["private"]
    group = simulator.state.add_chat("group", "Office", members=[ann])
    assert await menu(group.id) == ["default_vi"]
    await teach("staff", scope={"type": "chat_administrators", "chat_id": group.id})
    assert await menu(group.id) == ["staff"]
    assert await line.ok("getMyCommands", language_code="vi") == [
        {"command": "default_vi", "description": "default_vi"}
    ]


async def test_a_bot_describes_itself(bot: Bot, ann: int) -> None:
    """In a language, or for all."""
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


async def test_a_chat_keeps_a_bounded_number_of_messages(
    line: Line, simulator: Simulator, ann: int
) -> None:
    """The oldest go."""
    for number in range(1_010):
        simulator.people.send_text(ann, str(number))
    kept = simulator.list_messages(ann)
    assert len(kept) == 1_000
    assert kept[-1]["text"] == "1009"
    assert TOKEN in simulator.state.accounts
