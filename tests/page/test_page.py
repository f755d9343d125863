"""Tests of the page around the conversation: people, language, layout, connection."""

import aiohttp
import pytest
from playwright.async_api import Browser, expect
from yarl import URL

from bot.simulator.server import Simulator
from tests.page.stage import TOKEN, Stage, Tab

pytestmark = pytest.mark.asyncio(loop_scope="session")

SMALL_TARGETS = """() => [...document.querySelectorAll('button, select, textarea, a')]
    .filter(one => one.offsetParent && !one.closest('.text'))
    .map(one => [one.className, one.getBoundingClientRect()])
    .filter(([, box]) => box.width < 44 || box.height < 44)
    .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""


async def test_a_person_is_added(stage: Stage, tab: Tab) -> None:
    """The name is required. The role is only a label of the entry."""
    await tab.open_page()
    await expect(tab.find_element("welcome")).to_contain_text("chưa có người nào")
    await tab.find_element("add-person").click()
    await tab.find_element("dialog-submit").click()
    await expect(tab.find_element("dialog").get_by_role("alert")).to_contain_text("họ tên")
    await tab.find_element("field-name").fill("Trần Văn Hùng")
    await tab.find_element("field-role").select_option("officer")
    await tab.find_element("dialog-submit").click()
    await expect(tab.find_element("me")).to_have_text("Trần Văn Hùng")
    await expect(tab.find_element("people").get_by_role("button")).to_contain_text("Cán bộ")
    await tab.send_text("Báo cáo")
    assert (await stage.receive_update("message"))["from"]["first_name"] == "Trần Văn Hùng"


async def test_unread_messages_of_another_person_are_marked(stage: Stage, tab: Tab) -> None:
    """The mark survives a reload, and disappears when the person is selected."""
    lan, hung = await stage.add_person("Lan"), await stage.add_person("Hùng")
    await tab.open_page(lan)
    await expect(tab.find_element("me")).to_have_text("Lan")
    await stage.send_bot_message(hung, "Phân công: HP-01")
    mark = tab.find_element(f"person-{hung}").get_by_test_id("unread")
    await expect(mark).to_be_visible()
    await expect(tab.find_element(f"person-{hung}")).to_contain_text("Phân công: HP-01")
    await tab.page.reload()
    await expect(mark).to_be_visible()
    await tab.find_element(f"person-{hung}").click()
    await expect(tab.find_messages("bot")).to_have_count(1)
    await expect(mark).to_have_count(0)


async def test_the_url_selects_the_person(stage: Stage, tab: Tab) -> None:
    """A link can name the person. A reload and the browser's back button keep to it."""
    lan, hung = await stage.add_person("Lan"), await stage.add_person("Hùng")
    await tab.open_page(hung)
    await expect(tab.find_element("me")).to_have_text("Hùng")
    await expect(tab.page).to_have_url(f"{stage.url}/#{hung}")
    await tab.find_element("composer").fill("chưa gửi")
    await tab.page.reload()
    await expect(tab.find_element("me")).to_have_text("Hùng")
    await expect(tab.find_element("composer")).to_have_value("chưa gửi")
    await tab.find_element(f"person-{lan}").click()
    await expect(tab.find_element("me")).to_have_text("Lan")
    await tab.page.go_back()
    await expect(tab.find_element("me")).to_have_text("Hùng")


async def test_the_language_can_be_switched(stage: Stage, tab: Tab) -> None:
    """The texts are in Vietnamese or English. The choice is stored."""
    await tab.open_page(await stage.add_person("Lan"))
    await expect(tab.find_element("start")).to_have_text("Bắt đầu")
    await tab.find_element("language").click()
    await expect(tab.find_element("start")).to_have_text("Start")
    await tab.page.reload()
    await expect(tab.find_element("start")).to_have_text("Start")
    await expect(tab.page.locator("html")).to_have_attribute("lang", "en")
    await expect(tab.page.get_by_text("Nothing is sent to Telegram").first).to_be_visible()


@pytest.mark.parametrize("size", [(360, 740), (640, 400)], ids=["phone", "zoomed to 200 %"])
async def test_the_page_fits_a_small_screen(stage: Stage, tab: Tab, size: tuple[int, int]) -> None:
    """Nothing scrolls horizontally, and every button is large enough for a finger."""
    lan = await stage.add_person("Nguyễn Thị Thanh Thảo Phương")
    await stage.add_person("Hùng")
    await tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    await tab.open_page(lan)
    rows = [[{"text": f"Lựa chọn thứ {n}", "callback_data": str(n)} for n in range(4)]]
    long = "https://example.org/" + "a" * 200
    await stage.send_bot_message(lan, long, reply_markup={"inline_keyboard": rows})
    keys = [[{"text": "Gửi số điện thoại của tôi"}, {"text": "Không nêu danh tính của tôi"}]]
    await stage.send_bot_message(lan, "x " * 300, reply_markup={"keyboard": keys})
    await tab.send_text("y" * 300)
    await expect(tab.find_messages("me")).to_have_count(1)
    await expect(tab.find_element("reply-button")).to_have_count(2)
    assert await tab.measure_horizontal_overflow() == 0
    assert await tab.page.evaluate(SMALL_TARGETS) == []
    await expect(tab.find_element("composer")).to_be_in_viewport(ratio=1)


async def test_new_messages_are_scrolled_into_view(stage: Stage, tab: Tab) -> None:
    """Not if the person has scrolled up; then a button leads to the newest message."""
    lan = await stage.add_person("Lan")
    for number in range(15):
        await stage.send_bot_message(lan, f"Tin {number}\n\n\n")
    await tab.open_page(lan)
    await expect(tab.find_messages("bot").last).to_be_in_viewport()
    await tab.find_messages("bot").first.scroll_into_view_if_needed()
    await expect(tab.find_messages("bot").last).not_to_be_in_viewport()
    await stage.send_bot_message(lan, "Tin mới")
    await expect(tab.find_element("jump")).to_be_visible()
    await expect(tab.find_messages("bot").first).to_be_in_viewport()
    await tab.find_element("jump").click()
    await expect(tab.find_messages("bot").last).to_be_in_viewport()
    await expect(tab.find_element("jump")).to_be_hidden()


async def test_a_reset_clears_the_page(stage: Stage, tab: Tab) -> None:
    """The conversation disappears. The next person who sends a message is selected."""
    lan = await stage.add_person("Lan")
    await stage.perform_action(lan, "text", text="Xin chào")
    await tab.open_page(lan)
    await expect(tab.find_messages("me")).to_have_count(1)
    await stage.reset_simulator()
    await expect(tab.find_element("welcome")).to_contain_text("chưa có người nào")
    await expect(tab.find_messages("me")).to_have_count(0)
    await expect(tab.find_element("composer")).to_be_hidden()
    hung = await stage.add_person("Hùng")
    await stage.perform_action(hung, "text", text="Tôi đây")
    await expect(tab.find_messages("me").locator(".text")).to_have_text("Tôi đây")


async def test_the_page_reconnects_to_the_simulator(browser: Browser) -> None:
    """A banner is shown meanwhile, unsent text is kept, and new messages are shown afterwards."""
    async with aiohttp.ClientSession() as http:
        async with Simulator(host="127.0.0.1", port=0, tokens=[TOKEN]) as simulator:
            stage = Stage(simulator.url.rstrip("/"), http, simulator.state)
            lan = await stage.add_person("Lan")
            context = await browser.new_context()
            tab = Tab(await context.new_page(), stage.url)
            await tab.open_page(lan)
            await expect(tab.find_element("me")).to_have_text("Lan")
        await expect(tab.find_element("banner")).to_contain_text("Mất kết nối")
        await tab.send_text("Vẫn còn đây")
        await expect(tab.find_element("toast")).to_contain_text("Chưa gửi được")
        await expect(tab.find_element("composer")).to_have_value("Vẫn còn đây")
        port = URL(stage.url).port
        assert port is not None
        async with Simulator(host="127.0.0.1", port=port, tokens=[TOKEN]):
            await stage.add_person("Lan", user_id=lan)
            await expect(tab.find_element("banner")).to_be_hidden()
            await expect(tab.find_element("me")).to_have_text("Lan")
            await tab.find_element("send").click()
            await expect(tab.find_messages("me").locator(".text")).to_have_text("Vẫn còn đây")
            await stage.send_bot_message(lan, "Đã nhận.")
            await expect(tab.find_messages("bot").locator(".text")).to_have_text("Đã nhận.")
            await context.close()
