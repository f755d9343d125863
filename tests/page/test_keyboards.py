"""The buttons of the bot."""

import pytest
from playwright.async_api import expect

from tests.page.stage import Stage, Tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


def keyboard(*rows: list[str]) -> dict[str, list[list[dict[str, str]]]]:
    return {"inline_keyboard": [[{"text": t, "callback_data": t} for t in row] for row in rows]}


async def test_a_press_shows_progress_until_the_bot_answers(stage: Stage, tab: Tab) -> None:
    """The answer's text is a toast; only the pressed button waited."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    await stage.says(lan, "Đúng không?", reply_markup=keyboard(["Đúng", "Sai"], ["Bỏ qua"]))
    await expect(tab.page.locator(".button-row")).to_have_count(2)
    await tab.inline("Đúng").click()
    query = await stage.update("callback_query")
    assert query["data"] == "Đúng"
    await expect(tab.inline("Đúng")).to_have_attribute("aria-busy", "true")
    await expect(tab.page.locator("[aria-busy]")).to_have_count(1)
    await stage.bot("answerCallbackQuery", callback_query_id=query["id"], text="Đã ghi nhận.")
    await expect(tab.hook("toast")).to_have_text("Đã ghi nhận.")
    await expect(tab.page.locator("[aria-busy]")).to_have_count(0)


async def test_an_alert_waits_to_be_read(stage: Stage, tab: Tab) -> None:
    """`show_alert` is a dialog, closed by its button."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    await stage.says(lan, "?", reply_markup=keyboard(["Giúp đỡ"]))
    await tab.inline("Giúp đỡ").click()
    query = await stage.update("callback_query")
    await stage.bot(
        "answerCallbackQuery", callback_query_id=query["id"], text="Xin gọi 113.", show_alert=True
    )
    await expect(tab.hook("alert")).to_contain_text("Xin gọi 113.")
    await tab.hook("alert").get_by_role("button").click()
    await expect(tab.hook("alert")).to_have_count(0)


async def test_a_link_button_opens_elsewhere_or_starts_the_bot(stage: Stage, tab: Tab) -> None:
    """A link to the bot itself carries its payload; any other is for a new tab."""
    lan = await stage.person("Lan")
    username = (await stage.bot("getMe"))["username"]
    await tab.open(lan)
    rows = [
        [{"text": "Bản đồ", "url": "https://example.org/map"}],
        [{"text": "Nhận vai cán bộ", "url": f"https://t.me/{username}?start=o_1"}],
    ]
    await stage.says(lan, "Kính mời", reply_markup={"inline_keyboard": rows})
    await expect(tab.inline("Bản đồ")).to_have_attribute("target", "_blank")
    await expect(tab.inline("Bản đồ")).to_have_attribute("href", "https://example.org/map")
    await tab.inline("Nhận vai cán bộ").click()
    assert (await stage.update("message"))["text"] == "/start o_1"


async def test_a_keyboard_for_one_choice_folds_after_it(stage: Stage, tab: Tab) -> None:
    """Not while the dialog may still be given up; a contact that was sent is the choice."""
    lan = await stage.person("Lan")
    await stage.act(lan, "start")
    await tab.open(lan)
    rows = [[{"text": "Gửi số điện thoại", "request_contact": True}]]
    markup = {"keyboard": rows, "one_time_keyboard": True}
    await stage.says(lan, "Liên hệ?", reply_markup=markup)
    await tab.hook("reply-button").click()
    await tab.page.keyboard.press("Escape")
    await expect(tab.hook("reply-keyboard")).to_be_visible()
    await tab.hook("reply-button").click()
    await tab.hook("dialog-submit").click()
    await expect(tab.hook("contact")).to_be_visible()
    await expect(tab.hook("reply-keyboard")).to_be_hidden()
    await stage.says(lan, "Xin gửi lại.", reply_markup=markup)
    await expect(tab.hook("reply-keyboard")).to_be_visible()


async def test_the_reply_keyboard_shares_a_contact_and_goes(stage: Stage, tab: Tab) -> None:
    """It is there while the chat has it, asks before a number is given, and leaves no gap."""
    lan = await stage.person("Lan")
    await tab.open(lan)
    rows = [[{"text": "Gửi số điện thoại", "request_contact": True}], [{"text": "Bỏ qua"}]]
    await stage.says(lan, "Liên hệ?", reply_markup={"keyboard": rows, "resize_keyboard": True})
    await expect(tab.hook("reply-button")).to_have_text(["Gửi số điện thoại", "Bỏ qua"])
    await tab.hook("reply-button").first.click()
    await tab.hook("field-phone").fill("123")
    await tab.hook("dialog-submit").click()
    await expect(tab.hook("dialog").get_by_role("alert")).to_contain_text("8 đến 15 chữ số")
    await tab.hook("field-phone").fill("+84 901 234 567")
    await tab.hook("dialog-submit").click()
    contact = (await stage.update("message"))["contact"]
    assert contact["phone_number"].lstrip("+") == "84901234567"
    assert contact["user_id"] == lan
    await expect(tab.hook("contact")).to_contain_text("84901234567")
    await tab.hook("reply-button").last.click()
    assert (await stage.update("message"))["text"] == "Bỏ qua"
    await stage.says(lan, "Xin cảm ơn.", reply_markup={"remove_keyboard": True})
    await expect(tab.hook("reply-keyboard")).to_be_hidden()
    await expect(tab.hook("keyboard-toggle")).to_be_hidden()
