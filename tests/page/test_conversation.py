"""Being somebody and talking with the bot."""

import pytest
from playwright.async_api import expect

from tests.page.stage import Stage, Tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_person_is_picked_and_says_something(stage: Stage, tab: Tab) -> None:
    """The text reaches the bot as that person's, and stands on the right-hand side."""
    await stage.person("Lan")
    hung = await stage.person("Hùng")
    await tab.open()
    await tab.hook(f"person-{hung}").click()
    await expect(tab.hook("me")).to_have_text("Hùng")
    await tab.hook("composer").fill("Đèn đường hỏng")
    await tab.hook("composer").press("Shift+Enter")
    await tab.hook("composer").press_sequentially("ba tuần nay")
    await tab.hook("composer").press("Enter")
    await expect(tab.messages("me").locator(".text")).to_have_text("Đèn đường hỏng\nba tuần nay")
    arrived = await stage.update("message")
    assert arrived["text"] == "Đèn đường hỏng\nba tuần nay"
    assert arrived["from"]["id"] == hung
    await expect(tab.hook("composer")).to_have_value("")


async def test_the_start_button_opens_an_empty_conversation(stage: Stage, tab: Tab) -> None:
    """It is there until something was said."""
    await tab.open(await stage.person("Lan"))
    await tab.hook("start").click()
    assert (await stage.update("message"))["text"] == "/start"
    await expect(tab.messages("me")).to_have_count(1)
    await expect(tab.hook("start")).to_be_hidden()


async def test_html_of_the_bot_is_shown_as_meant(stage: Stage, tab: Tab) -> None:
    """Offsets count UTF-16 units: an emoji before bold text does not shift it."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    html = (
        '👮🏽 <b>Mã: <i>HP-01</i></b>\n<a href="https://example.org/a?b=1">xem</a> <code>x</code>'
    )
    sent = await stage.says(lan, html, parse_mode="HTML")
    bubble = tab.message(sent)
    await expect(bubble.locator("strong")).to_have_text("Mã: HP-01")
    await expect(bubble.locator("strong em")).to_have_text("HP-01")
    await expect(bubble.locator("code")).to_have_text("x")
    shown = bubble.get_by_role("link")
    await expect(shown).to_have_attribute("href", "https://example.org/a?b=1")
    await expect(shown).to_have_attribute("rel", "noopener noreferrer")
    await expect(bubble.locator(".text")).to_contain_text("👮🏽 Mã: HP-01\nxem x")


async def test_markup_in_a_text_stays_text(stage: Stage, tab: Tab) -> None:
    """Neither a name, a message, a button nor a link can bring the page to run something."""
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    lan = await stage.person(evil[:60])
    await tab.open(lan)
    entities = [{"type": "text_link", "offset": 0, "length": 4, "url": "javascript:alert(1)"}]
    keyboard = {"inline_keyboard": [[{"text": evil[:60], "callback_data": "x"}]]}
    first = await stage.says(lan, evil, reply_markup=keyboard)
    await stage.bot("sendMessage", chat_id=lan, text=evil, entities=entities)
    await stage.act(lan, "text", text=evil)
    await expect(tab.message(first).locator(".text")).to_have_text(evil)
    await expect(tab.messages("me").locator(".text")).to_have_text(evil)
    await expect(tab.inline("<img")).to_have_count(1)
    await expect(tab.page.locator('a[href^="javascript"]')).to_have_count(0)
    await expect(tab.page.locator('img[src="x"], body script')).to_have_count(0)
    await expect(tab.page).to_have_title("Lắng nghe – Trình mô phỏng")


async def test_an_edit_changes_the_message_in_its_place(stage: Stage, tab: Tab) -> None:
    """The bot's edit is marked, and a deleted message is gone."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    first = await stage.says(lan, "Bước một")
    second = await stage.says(lan, "Bước hai")
    await expect(tab.messages("bot")).to_have_count(2)
    await stage.bot("editMessageText", chat_id=lan, message_id=first, text="Bước một, đã rõ")
    await expect(tab.messages("bot").first.locator(".text")).to_have_text("Bước một, đã rõ")
    await expect(tab.message(first)).to_contain_text("đã sửa")
    await stage.bot("deleteMessage", chat_id=lan, message_id=second)
    await expect(tab.messages("bot")).to_have_count(1)


async def test_one_edits_ones_own_text(stage: Stage, tab: Tab) -> None:
    """By the message's menu; the bot is told, the text changes where it stands."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    await tab.say("ngõ 21")
    await tab.messages("me").click(button="right")
    await tab.hook("message-edit").click()
    await expect(tab.hook("composer")).to_have_value("ngõ 21")
    await tab.say("ngõ 12")
    assert (await stage.update("edited_message"))["text"] == "ngõ 12"
    await expect(tab.messages("me").locator(".text")).to_have_text("ngõ 12")
    await expect(tab.messages("me")).to_contain_text("đã sửa")


async def test_a_reply_shows_what_it_answers(stage: Stage, tab: Tab) -> None:
    """The bot receives the message replied to, the bubble quotes it."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    asked = await stage.says(lan, "Việc này ở phường nào?")
    await tab.message(asked).hover()
    await tab.message(asked).get_by_test_id("message-menu").click()
    await tab.hook("message-reply").click()
    await tab.say("An Biên")
    assert (await stage.update("message"))["reply_to_message"]["message_id"] == asked
    await expect(tab.messages("me").locator(".quote")).to_contain_text("Việc này ở phường nào?")


async def test_a_command_in_a_text_and_in_the_menu_is_sent_by_a_tap(stage: Stage, tab: Tab) -> None:
    """The menu shows the commands that this person has."""
    lan = await stage.person("Lan")
    commands = [{"command": "mine", "description": "Ý kiến của tôi"}]
    await stage.bot("setMyCommands", commands=commands)
    await tab.open(lan)
    sent = await stage.says(lan, "Tra cứu: /help")
    await tab.message(sent).get_by_role("button", name="/help").click()
    assert (await stage.update("message"))["text"] == "/help"
    await tab.hook("menu").click()
    await expect(tab.hook("command")).to_contain_text("Ý kiến của tôi")
    await tab.hook("command").click()
    assert (await stage.update("message"))["text"] == "/mine"


async def test_the_bot_is_seen_to_type(stage: Stage, tab: Tab) -> None:
    """Until its message arrives."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    await expect(tab.hook("status")).to_have_text("Sẵn sàng")
    await stage.bot("sendChatAction", chat_id=lan, action="typing")
    await expect(tab.hook("status")).to_have_text("đang soạn tin")
    await stage.says(lan, "Đã tiếp nhận.")
    await expect(tab.messages("bot")).to_have_count(1)
    await expect(tab.hook("status")).to_have_text("Sẵn sàng")
