"""The page around the conversation."""

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
    """With a name, which must be given, and a role that only labels the entry."""
    await tab.open()
    await expect(tab.hook("welcome")).to_contain_text("chưa có người nào")
    await tab.hook("add-person").click()
    await tab.hook("dialog-submit").click()
    await expect(tab.hook("dialog").get_by_role("alert")).to_contain_text("họ tên")
    await tab.hook("field-name").fill("Trần Văn Hùng")
    await tab.hook("field-role").select_option("officer")
    await tab.hook("dialog-submit").click()
    await expect(tab.hook("me")).to_have_text("Trần Văn Hùng")
    await expect(tab.hook("people").get_by_role("button")).to_contain_text("Cán bộ")
    await tab.say("Báo cáo")
    assert (await stage.update("message"))["from"]["first_name"] == "Trần Văn Hùng"


async def test_news_for_another_person_is_marked(stage: Stage, tab: Tab) -> None:
    """Until one is that person; the mark survives a reload."""
    lan, hung = await stage.person("Lan"), await stage.person("Hùng")
    await tab.open(lan)
    await expect(tab.hook("me")).to_have_text("Lan")
    await stage.says(hung, "Phân công: HP-01")
    mark = tab.hook(f"person-{hung}").get_by_test_id("unread")
    await expect(mark).to_be_visible()
    await expect(tab.hook(f"person-{hung}")).to_contain_text("Phân công: HP-01")
    await tab.page.reload()
    await expect(mark).to_be_visible()
    await tab.hook(f"person-{hung}").click()
    await expect(tab.messages("bot")).to_have_count(1)
    await expect(mark).to_have_count(0)


async def test_the_address_says_who_one_is(stage: Stage, tab: Tab) -> None:
    """A link may name the person; a reload and the way back keep to it."""
    lan, hung = await stage.person("Lan"), await stage.person("Hùng")
    await tab.open(hung)
    await expect(tab.hook("me")).to_have_text("Hùng")
    await expect(tab.page).to_have_url(f"{stage.url}/#{hung}")
    await tab.hook("composer").fill("chưa gửi")
    await tab.page.reload()
    await expect(tab.hook("me")).to_have_text("Hùng")
    await expect(tab.hook("composer")).to_have_value("chưa gửi")
    await tab.hook(f"person-{lan}").click()
    await expect(tab.hook("me")).to_have_text("Lan")
    await tab.page.go_back()
    await expect(tab.hook("me")).to_have_text("Hùng")


async def test_the_words_are_vietnamese_or_english(stage: Stage, tab: Tab) -> None:
    """The choice is kept."""
    await tab.open(await stage.person("Lan"))
    await expect(tab.hook("start")).to_have_text("Bắt đầu")
    await tab.hook("language").click()
    await expect(tab.hook("start")).to_have_text("Start")
    await tab.page.reload()
    await expect(tab.hook("start")).to_have_text("Start")
    await expect(tab.page.locator("html")).to_have_attribute("lang", "en")
    await expect(tab.page.get_by_text("Nothing is sent to Telegram").first).to_be_visible()


@pytest.mark.parametrize("size", [(360, 740), (640, 400)], ids=["phone", "zoomed to 200 %"])
async def test_a_small_screen_holds_everything(
    stage: Stage, tab: Tab, size: tuple[int, int]
) -> None:
    """No sideways scrolling, whatever the bot sends, and a finger finds every button."""
    lan = await stage.person("Nguyễn Thị Thanh Thảo Phương")
    await stage.person("Hùng")
    await tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    await tab.open(lan)
    rows = [[{"text": f"Lựa chọn thứ {n}", "callback_data": str(n)} for n in range(4)]]
    long = "https://example.org/" + "a" * 200
    await stage.says(lan, long, reply_markup={"inline_keyboard": rows})
    keys = [[{"text": "Gửi số điện thoại của tôi"}, {"text": "Không nêu danh tính của tôi"}]]
    await stage.says(lan, "x " * 300, reply_markup={"keyboard": keys})
    await tab.say("y" * 300)
    await expect(tab.messages("me")).to_have_count(1)
    await expect(tab.hook("reply-button")).to_have_count(2)
    assert await tab.width_beyond_the_screen() == 0
    assert await tab.page.evaluate(SMALL_TARGETS) == []
    await expect(tab.hook("composer")).to_be_in_viewport(ratio=1)


async def test_what_comes_is_followed_unless_one_reads_above(stage: Stage, tab: Tab) -> None:
    """Reading an old message is not disturbed; a button leads to the newest."""
    lan = await stage.person("Lan")
    for number in range(15):
        await stage.says(lan, f"Tin {number}\n\n\n")
    await tab.open(lan)
    await expect(tab.messages("bot").last).to_be_in_viewport()
    await tab.messages("bot").first.scroll_into_view_if_needed()
    await expect(tab.messages("bot").last).not_to_be_in_viewport()
    await stage.says(lan, "Tin mới")
    await expect(tab.hook("jump")).to_be_visible()
    await expect(tab.messages("bot").first).to_be_in_viewport()
    await tab.hook("jump").click()
    await expect(tab.messages("bot").last).to_be_in_viewport()
    await expect(tab.hook("jump")).to_be_hidden()


async def test_a_reset_leaves_nobody_until_someone_comes(stage: Stage, tab: Tab) -> None:
    """What was said is gone from the screen; the next person to speak is opened."""
    lan = await stage.person("Lan")
    await stage.act(lan, "text", text="Xin chào")
    await tab.open(lan)
    await expect(tab.messages("me")).to_have_count(1)
    await stage.reset()
    await expect(tab.hook("welcome")).to_contain_text("chưa có người nào")
    await expect(tab.messages("me")).to_have_count(0)
    await expect(tab.hook("composer")).to_be_hidden()
    hung = await stage.person("Hùng")
    await stage.act(hung, "text", text="Tôi đây")
    await expect(tab.messages("me").locator(".text")).to_have_text("Tôi đây")


async def test_the_page_comes_back_when_the_simulator_does(browser: Browser) -> None:
    """A banner while it is gone, no text lost, and live again afterwards."""
    async with aiohttp.ClientSession() as http:
        async with Simulator(host="127.0.0.1", port=0, tokens=[TOKEN]) as simulator:
            stage = Stage(simulator.url.rstrip("/"), http, simulator.state)
            lan = await stage.person("Lan")
            context = await browser.new_context()
            tab = Tab(await context.new_page(), stage.url)
            await tab.open(lan)
            await expect(tab.hook("me")).to_have_text("Lan")
        await expect(tab.hook("banner")).to_contain_text("Mất kết nối")
        await tab.say("Vẫn còn đây")
        await expect(tab.hook("toast")).to_contain_text("Chưa gửi được")
        await expect(tab.hook("composer")).to_have_value("Vẫn còn đây")
        port = URL(stage.url).port
        assert port is not None
        async with Simulator(host="127.0.0.1", port=port, tokens=[TOKEN]):
            await stage.person("Lan", user_id=lan)
            await expect(tab.hook("banner")).to_be_hidden()
            await expect(tab.hook("me")).to_have_text("Lan")
            await tab.hook("send").click()
            await expect(tab.messages("me").locator(".text")).to_have_text("Vẫn còn đây")
            await stage.says(lan, "Đã nhận.")
            await expect(tab.messages("bot").locator(".text")).to_have_text("Đã nhận.")
            await context.close()
