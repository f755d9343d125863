"""Tests of the conversation: texts, edits, replies, commands, chat actions."""

import pytest
from playwright.async_api import expect

from tests.page.stage import Stage, Tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_text_is_sent_as_the_selected_person(stage: Stage, tab: Tab) -> None:
    """The bot gets the person's text, and the page shows it on the right-hand side."""
    await stage.add_person("Lan")
    hung = await stage.add_person("Hùng")
    await tab.open_page()
    await tab.find_element(f"person-{hung}").click()
    await expect(tab.find_element("me")).to_have_text("Hùng")
    await tab.find_element("composer").fill("Đèn đường hỏng")
    await tab.find_element("composer").press("Shift+Enter")
    await tab.find_element("composer").press_sequentially("ba tuần nay")
    await tab.find_element("composer").press("Enter")
    await expect(tab.find_messages("me").locator(".text")).to_have_text(
        "Đèn đường hỏng\nba tuần nay"
    )
    arrived = await stage.receive_update("message")
    assert arrived["text"] == "Đèn đường hỏng\nba tuần nay"
    assert arrived["from"]["id"] == hung
    await expect(tab.find_element("composer")).to_have_value("")


async def test_the_start_button_is_shown_in_an_empty_conversation(stage: Stage, tab: Tab) -> None:
    """A click sends /start. The button disappears with the first message."""
    await tab.open_page(await stage.add_person("Lan"))
    await tab.find_element("start").click()
    assert (await stage.receive_update("message"))["text"] == "/start"
    await expect(tab.find_messages("me")).to_have_count(1)
    await expect(tab.find_element("start")).to_be_hidden()


async def test_entities_of_a_bot_message_are_shown(stage: Stage, tab: Tab) -> None:
    """Offsets count UTF-16 units, so an emoji before bold text does not shift the bold part."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    html = (
        '👮🏽 <b>Mã: <i>HP-01</i></b>\n<a href="https://example.org/a?b=1">xem</a> <code>x</code>'
    )
    sent = await stage.send_bot_message(lan, html, parse_mode="HTML")
    bubble = tab.find_message(sent)
    await expect(bubble.locator("strong")).to_have_text("Mã: HP-01")
    await expect(bubble.locator("strong em")).to_have_text("HP-01")
    await expect(bubble.locator("code")).to_have_text("x")
    shown = bubble.get_by_role("link")
    await expect(shown).to_have_attribute("href", "https://example.org/a?b=1")
    await expect(shown).to_have_attribute("rel", "noopener noreferrer")
    await expect(bubble.locator(".text")).to_contain_text("👮🏽 Mã: HP-01\nxem x")


async def test_a_folded_quotation_shows_three_lines_until_it_is_clicked(
    stage: Stage, tab: Tab
) -> None:
    """As in Telegram, so that a long notice leaves its buttons on the screen."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    notice = "\n".join(f"Điều {number}" for number in range(20))
    html = f"<blockquote expandable>{notice}</blockquote>"
    await stage.send_bot_message(lan, html, parse_mode="HTML")
    folded = tab.find_element("folded")
    await expect(folded).to_be_visible()
    before = await folded.evaluate("one => one.clientHeight")
    await folded.click()
    await expect(folded).to_have_class("folded shown")
    assert await folded.evaluate("one => one.clientHeight") > 5 * before


async def test_html_in_data_is_never_executed(stage: Stage, tab: Tab) -> None:
    """HTML or JavaScript in a name, a message, a button or a link is shown as text."""
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    lan = await stage.add_person(evil[:60])
    await tab.open_page(lan)
    entities = [{"type": "text_link", "offset": 0, "length": 4, "url": "javascript:alert(1)"}]
    keyboard = {"inline_keyboard": [[{"text": evil[:60], "callback_data": "x"}]]}
    first = await stage.send_bot_message(lan, evil, reply_markup=keyboard)
    await stage.call_bot_api("sendMessage", chat_id=lan, text=evil, entities=entities)
    await stage.perform_action(lan, "text", text=evil)
    await expect(tab.find_message(first).locator(".text")).to_have_text(evil)
    await expect(tab.find_messages("me").locator(".text")).to_have_text(evil)
    await expect(tab.find_inline_button("<img")).to_have_count(1)
    await expect(tab.page.locator('a[href^="javascript"]')).to_have_count(0)
    await expect(tab.page.locator('img[src="x"], body script')).to_have_count(0)
    await expect(tab.page).to_have_title("Lắng nghe – Trình mô phỏng")


async def test_an_edit_by_the_bot_changes_the_message(stage: Stage, tab: Tab) -> None:
    """An edited message is marked as edited. A deleted message disappears."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    first = await stage.send_bot_message(lan, "Bước một")
    second = await stage.send_bot_message(lan, "Bước hai")
    await expect(tab.find_messages("bot")).to_have_count(2)
    await stage.call_bot_api(
        "editMessageText", chat_id=lan, message_id=first, text="Bước một, đã rõ"
    )
    await expect(tab.find_messages("bot").first.locator(".text")).to_have_text("Bước một, đã rõ")
    await expect(tab.find_message(first)).to_contain_text("đã sửa")
    await stage.call_bot_api("deleteMessage", chat_id=lan, message_id=second)
    await expect(tab.find_messages("bot")).to_have_count(1)


async def test_a_person_edits_their_own_text(stage: Stage, tab: Tab) -> None:
    """The menu of a message starts an edit. The bot gets it, and the shown text changes."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    await tab.send_text("ngõ 21")
    await tab.find_messages("me").click(button="right")
    await tab.find_element("message-edit").click()
    await expect(tab.find_element("composer")).to_have_value("ngõ 21")
    await tab.send_text("ngõ 12")
    assert (await stage.receive_update("edited_message"))["text"] == "ngõ 12"
    await expect(tab.find_messages("me").locator(".text")).to_have_text("ngõ 12")
    await expect(tab.find_messages("me")).to_contain_text("đã sửa")


async def test_a_reply_quotes_the_original_message(stage: Stage, tab: Tab) -> None:
    """The bot gets the id of the original message, and the page shows a quote of it."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    asked = await stage.send_bot_message(lan, "Việc này ở phường nào?")
    await tab.find_message(asked).hover()
    await tab.find_message(asked).get_by_test_id("message-menu").click()
    await tab.find_element("message-reply").click()
    await tab.send_text("An Biên")
    assert (await stage.receive_update("message"))["reply_to_message"]["message_id"] == asked
    await expect(tab.find_messages("me").locator(".quote")).to_contain_text(
        "Việc này ở phường nào?"
    )


async def test_a_click_on_a_command_sends_it(stage: Stage, tab: Tab) -> None:
    """Commands are clickable in texts and in the menu, which lists those for this person."""
    lan = await stage.add_person("Lan")
    commands = [{"command": "mine", "description": "Ý kiến của tôi"}]
    await stage.call_bot_api("setMyCommands", commands=commands)
    await tab.open_page(lan)
    sent = await stage.send_bot_message(lan, "Tra cứu: /help")
    await tab.find_message(sent).get_by_role("button", name="/help").click()
    assert (await stage.receive_update("message"))["text"] == "/help"
    await tab.find_element("menu").click()
    await expect(tab.find_element("command")).to_contain_text("Ý kiến của tôi")
    await tab.find_element("command").click()
    assert (await stage.receive_update("message"))["text"] == "/mine"


async def test_the_chat_action_of_the_bot_is_shown(stage: Stage, tab: Tab) -> None:
    """It is shown until the bot's message arrives."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    await expect(tab.find_element("status")).to_have_text("Sẵn sàng")
    await stage.call_bot_api("sendChatAction", chat_id=lan, action="typing")
    await expect(tab.find_element("status")).to_have_text("đang soạn tin")
    await stage.send_bot_message(lan, "Đã tiếp nhận.")
    await expect(tab.find_messages("bot")).to_have_count(1)
    await expect(tab.find_element("status")).to_have_text("Sẵn sàng")
