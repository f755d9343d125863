"""Tests of inline keyboards and reply keyboards."""

import pytest
from playwright.async_api import expect

from tests.page.stage import Stage, Tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


def make_inline_keyboard(*rows: list[str]) -> dict[str, list[list[dict[str, str]]]]:
    """Return an inline keyboard of rows of labels. The callback data are the labels."""
    return {"inline_keyboard": [[{"text": t, "callback_data": t} for t in row] for row in rows]}


async def test_a_press_shows_progress_until_the_bot_answers(stage: Stage, tab: Tab) -> None:
    """Only the pressed button shows progress. The text of the answer is shown as a toast."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    await stage.send_bot_message(
        lan, "Đúng không?", reply_markup=make_inline_keyboard(["Đúng", "Sai"], ["Bỏ qua"])
    )
    await expect(tab.page.locator(".button-row")).to_have_count(2)
    await tab.find_inline_button("Đúng").click()
    query = await stage.receive_update("callback_query")
    assert query["data"] == "Đúng"
    await expect(tab.find_inline_button("Đúng")).to_have_attribute("aria-busy", "true")
    await expect(tab.page.locator("[aria-busy]")).to_have_count(1)
    await stage.call_bot_api(
        "answerCallbackQuery", callback_query_id=query["id"], text="Đã ghi nhận."
    )
    await expect(tab.find_element("toast")).to_have_text("Đã ghi nhận.")
    await expect(tab.page.locator("[aria-busy]")).to_have_count(0)


async def test_an_alert_stays_open_until_it_is_closed(stage: Stage, tab: Tab) -> None:
    """An answer with `show_alert` opens a dialog with an OK button."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    await stage.send_bot_message(lan, "?", reply_markup=make_inline_keyboard(["Giúp đỡ"]))
    await tab.find_inline_button("Giúp đỡ").click()
    query = await stage.receive_update("callback_query")
    await stage.call_bot_api(
        "answerCallbackQuery", callback_query_id=query["id"], text="Xin gọi 113.", show_alert=True
    )
    await expect(tab.find_element("alert")).to_contain_text("Xin gọi 113.")
    await tab.find_element("alert").get_by_role("button").click()
    await expect(tab.find_element("alert")).to_have_count(0)


async def test_a_url_button_opens_a_new_tab_or_starts_the_bot(stage: Stage, tab: Tab) -> None:
    """A deep link to the bot starts it with the payload. Other URLs open a new tab."""
    lan = await stage.add_person("Lan")
    username = (await stage.call_bot_api("getMe"))["username"]
    await tab.open_page(lan)
    rows = [
        [{"text": "Bản đồ", "url": "https://example.org/map"}],
        [{"text": "Nhận vai cán bộ", "url": f"https://t.me/{username}?start=o_1"}],
    ]
    await stage.send_bot_message(lan, "Kính mời", reply_markup={"inline_keyboard": rows})
    await expect(tab.find_inline_button("Bản đồ")).to_have_attribute("target", "_blank")
    await expect(tab.find_inline_button("Bản đồ")).to_have_attribute(
        "href", "https://example.org/map"
    )
    await tab.find_inline_button("Nhận vai cán bộ").click()
    assert (await stage.receive_update("message"))["text"] == "/start o_1"


async def test_a_one_time_keyboard_closes_after_its_use(stage: Stage, tab: Tab) -> None:
    """It stays open if the person cancels the form for the contact."""
    lan = await stage.add_person("Lan")
    await stage.perform_action(lan, "start")
    await tab.open_page(lan)
    rows = [[{"text": "Gửi số điện thoại", "request_contact": True}]]
    markup = {"keyboard": rows, "one_time_keyboard": True}
    await stage.send_bot_message(lan, "Liên hệ?", reply_markup=markup)
    await tab.find_element("reply-button").click()
    await tab.page.keyboard.press("Escape")
    await expect(tab.find_element("reply-keyboard")).to_be_visible()
    await tab.find_element("reply-button").click()
    await tab.find_element("dialog-submit").click()
    await expect(tab.find_element("contact")).to_be_visible()
    await expect(tab.find_element("reply-keyboard")).to_be_hidden()
    await stage.send_bot_message(lan, "Xin gửi lại.", reply_markup=markup)
    await expect(tab.find_element("reply-keyboard")).to_be_visible()


async def test_a_reply_keyboard_shares_a_contact(stage: Stage, tab: Tab) -> None:
    """A form asks for the phone number first. When the bot removes the keyboard, no gap remains."""
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    rows = [[{"text": "Gửi số điện thoại", "request_contact": True}], [{"text": "Bỏ qua"}]]
    await stage.send_bot_message(
        lan, "Liên hệ?", reply_markup={"keyboard": rows, "resize_keyboard": True}
    )
    await expect(tab.find_element("reply-button")).to_have_text(["Gửi số điện thoại", "Bỏ qua"])
    await tab.find_element("reply-button").first.click()
    await tab.find_element("field-phone").fill("123")
    await tab.find_element("dialog-submit").click()
    await expect(tab.find_element("dialog").get_by_role("alert")).to_contain_text("8 đến 15 chữ số")
    await tab.find_element("field-phone").fill("+84 901 234 567")
    await tab.find_element("dialog-submit").click()
    contact = (await stage.receive_update("message"))["contact"]
    assert contact["phone_number"].lstrip("+") == "84901234567"
    assert contact["user_id"] == lan
    await expect(tab.find_element("contact")).to_contain_text("84901234567")
    await tab.find_element("reply-button").last.click()
    assert (await stage.receive_update("message"))["text"] == "Bỏ qua"
    await stage.send_bot_message(lan, "Xin cảm ơn.", reply_markup={"remove_keyboard": True})
    await expect(tab.find_element("reply-keyboard")).to_be_hidden()
    await expect(tab.find_element("keyboard-toggle")).to_be_hidden()
