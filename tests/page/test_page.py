"""Tests of the page around the conversation: people, language, layout, connection."""

import asyncio

import aiohttp
import pytest
from playwright.async_api import Browser, Route, expect
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


async def test_the_answer_is_followed_when_it_arrives_with_the_message(
    stage: Stage, tab: Tab
) -> None:
    """A person who has scrolled up writes: the page goes to the end, however fast the bot is."""
    lan = await stage.add_person("Lan")
    for number in range(15):
        await stage.send_bot_message(lan, f"Tin {number}\n.\n.\n.")
    await tab.open_page(lan)
    await expect(tab.find_messages("bot").last).to_be_in_viewport()
    await tab.find_messages("bot").first.scroll_into_view_if_needed()
    await expect(tab.find_messages("bot").last).not_to_be_in_viewport()
    both = asyncio.Event()

    async def wait_for_both(route: Route) -> None:
        await both.wait()
        await route.continue_()

    await tab.page.route("**/messages*", wait_for_both)
    await tab.send_text("Đèn đường hỏng")
    await stage.receive_update("message")
    for text in ("Đã nhận.", "Việc này ở đâu?"):
        await stage.send_bot_message(lan, text)
    both.set()
    await expect(tab.find_messages("bot")).to_have_count(17)
    await expect(tab.find_messages("bot").last).to_be_in_viewport()
    await expect(tab.find_element("jump")).to_be_hidden()


async def test_the_answer_to_a_button_is_followed(stage: Stage, tab: Tab) -> None:
    """Also when the button is far above the newest message."""
    lan = await stage.add_person("Lan")
    keyboard = {"inline_keyboard": [[{"text": "Xem", "callback_data": "x"}]]}
    first = await stage.send_bot_message(lan, "Phiếu", reply_markup=keyboard)
    for number in range(15):
        await stage.send_bot_message(lan, f"Tin {number}\n.\n.\n.")
    await tab.open_page(lan)
    await expect(tab.find_messages("bot").last).to_be_in_viewport()
    await tab.find_message(first).scroll_into_view_if_needed()
    await expect(tab.find_messages("bot").last).not_to_be_in_viewport()
    await tab.find_inline_button("Xem").click()
    query = await stage.receive_update("callback_query")
    await stage.call_bot_api("answerCallbackQuery", callback_query_id=query["id"])
    for text in ("Ý kiến HP-01", "Tệp đi kèm"):
        await stage.send_bot_message(lan, text)
    await expect(tab.find_messages("bot")).to_have_count(18)
    await expect(tab.find_messages("bot").last).to_be_in_viewport()


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_toast_leaves_the_start_button_free(stage: Stage, tab: Tab, width: int) -> None:
    """Nor does it cover the composer: a click there reaches what is below the finger."""
    await tab.page.set_viewport_size({"width": width, "height": 700})
    await stage.add_person("Lan")
    await tab.open_page(12345)
    await expect(tab.find_element("toast")).to_contain_text("12345")
    covered = """node => { const b = node.getBoundingClientRect(),
        t = document.querySelector('.toast').getBoundingClientRect();
        return t.bottom > b.top && t.top < b.bottom }"""
    for name in ("start", "composer", "send", "chat-title"):
        assert not await tab.find_element(name).evaluate(covered), name
    await expect(tab.find_element("toast")).to_be_in_viewport(ratio=1)
    await tab.find_element("start").click()
    assert (await stage.receive_update("message"))["text"] == "/start"


async def test_people_of_one_short_name_are_told_apart(stage: Stage, tab: Tab) -> None:
    """On a phone, the whole name is shown where two are short alike, and a number where equal."""
    await tab.page.set_viewport_size({"width": 390, "height": 800})
    names = ("Trực ban An Biên", "Chỉ huy An Biên", "Nguyễn Thị Hoa", "Lan", "Lan")
    people = [await stage.add_person(name) for name in names]
    await tab.open_page(people[0])
    shown = ("Trực ban An Biên", "Chỉ huy An Biên", "Thị Hoa", "Lan (1)", "Lan (2)")
    for person, name in zip(people, shown, strict=True):
        short = tab.find_element(f"person-{person}").locator(".person-short")
        await expect(short).to_have_text(name)
        # All of it is visible: what is cut could be what differs. Signs below a line need 2 pixels.
        cut = await short.evaluate(
            "node => [node.scrollHeight - node.clientHeight, node.scrollWidth - node.clientWidth]"
        )
        assert cut[0] <= 2, name
        assert cut[1] <= 0, name
    await tab.page.set_viewport_size({"width": 1280, "height": 800})
    await expect(tab.find_element(f"person-{people[-1]}")).to_contain_text("Lan (2)")
    await tab.find_element(f"person-{people[-1]}").click()
    await expect(tab.find_element("me")).to_have_text("Lan (2)")


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
