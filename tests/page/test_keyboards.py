"""Tests of inline keyboards and reply keyboards."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

import bot
from bot.channels.telegram.render import Renderer
from bot.core.screen import Button, Screen
from bot.texts import LANGUAGES, Catalogue, load_texts
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


LABEL_KEY = re.compile(r'Button\(\s*Words\(\s*f?"([^"]+)"')
SENTENCE = re.compile(r"[<{/\n]|\. |[.?:]$")  # what has such signs stands above the buttons
CUT_LABELS = """() => [...document.querySelectorAll('.inline-button span:first-child')]
    .filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"""


def list_labels(language: str) -> list[str]:
    """Return the texts of buttons that have no parameter, as named in the source of the bot."""
    source = "\n".join(each.read_text("utf-8") for each in Path(bot.__file__).parent.rglob("*.py"))
    keys = [re.sub(r"\\\{.*?\\\}", "[^.]+", re.escape(key)) for key in LABEL_KEY.findall(source)]
    label = re.compile("|".join([*keys, r".+\.options\..+", "move.+"]))
    texts = load_texts(language).items()
    found = {text for key, text in texts if label.fullmatch(key) and not SENTENCE.search(text)}
    assert len(found) > 200
    return sorted(found)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_label_of_the_bot_is_cut(stage: Stage, tab: Tab, language: str) -> None:
    """On a phone of 390 pixels, in the rows that the bot makes of them."""
    await tab.page.set_viewport_size({"width": 390, "height": 844})
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    renderer = Renderer(Catalogue(ZoneInfo("Asia/Ho_Chi_Minh")))
    labels = list_labels(language)
    for first in range(0, len(labels), 50):
        # A button takes each text without a translation.
        choices = tuple(Button(label, "x") for label in labels[first : first + 50])
        markup = renderer.render_markup(Screen((), choices), language)
        await stage.send_bot_message(lan, "?", reply_markup=markup)
    await expect(tab.find_element("inline-button")).to_have_count(len(labels))
    cut = await tab.page.evaluate(CUT_LABELS)
    assert not cut, "\n".join(cut)


IS_CUT = "node => node.scrollWidth > node.clientWidth"


async def test_labels_are_cut_as_telegram_cuts_them(stage: Stage, tab: Tab) -> None:
    """A label of an inline button is one line; on a phone, a pair has room for about 19 letters."""
    await tab.page.set_viewport_size({"width": 390, "height": 844})
    lan = await stage.add_person("Lan")
    await tab.open_page(lan)
    keyboard = make_inline_keyboard(
        ["Ý kiến của tôi", "Diễn đàn, đối thoại với công an"],
        ["Công an phường An Biên không xem được ý kiến này"],
        ["Gửi", "Sửa", "Thêm"],
    )
    # The buttons of Telegram are as wide as the message allows, however short its text is.
    await stage.send_bot_message(lan, "Đúng?", reply_markup=keyboard)
    for text, cut in (
        ("Ý kiến của tôi", False),
        ("Diễn đàn", True),
        ("Công an phường", True),
        ("Thêm", False),
    ):
        button = tab.find_inline_button(text)
        assert await button.locator("span").first.evaluate(IS_CUT) == cut, text
        box = await button.bounding_box()
        assert box is not None
        assert box["height"] <= 46, text
    # The whole label can still be read with a mouse or a screen reader.
    await expect(tab.find_inline_button("Diễn đàn")).to_have_attribute(
        "title", "Diễn đàn, đối thoại với công an"
    )


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
