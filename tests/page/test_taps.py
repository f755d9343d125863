"""What it costs to be heard: taps and messages of whole conversations on a phone.

The real bot answers, as `make demo` starts it. A path that grows fails.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import aiohttp
import pytest
import pytest_asyncio

from bot.runtime.demo import TOKEN, run_bot
from bot.runtime.settings import DatabaseSettings, EvidenceSettings, PrivacySettings, Settings
from bot.simulator.server import Simulator
from tests.page.stage import Tab, make_png
from tests.page.walker import PHONE, Walker
from tests.town.settings import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from playwright.async_api import Browser

    MakeWalker = Callable[..., Awaitable[Walker]]

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONSENT, CARD = "feedback.consent.waiting", "feedback.review.ask"
AGREE, SEND = "feedback.consent.options.agree", "feedback.review.options.submit"
RECEIPT = "receipt.text"
AGREED, ON_DUTY = 1005, 2001  # a resident of demo.toml who agreed to the notice, and an officer
ALBUM = [(f"{shade}.png", "image/png", make_png(colour=bytes([shade] * 3))) for shade in (9, 99)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of the chat page of a demo."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    settings = Settings(
        database=DatabaseSettings(url=f"sqlite+aiosqlite:///{path}"),
        privacy=PrivacySettings(encryption_key=KEY),
        evidence=EvidenceSettings(url="memory://taps"),
    )
    async with Simulator(port=0, tokens=[TOKEN]) as simulator:
        running = asyncio.create_task(run_bot(settings, simulator))
        yield simulator.url.rstrip("/")
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest_asyncio.fixture(loop_scope="session")
async def make_walker(browser: Browser, demo: str) -> AsyncIterator[MakeWalker]:
    """Return a function that opens the page as a `person` of the demo, or as a new one."""
    contexts = []

    async def make(name: str = "", language: str = "vi", person: int = 0) -> Walker:
        if not person:
            body = {"first_name": name, "language_code": language}
            async with (
                aiohttp.ClientSession() as http,
                http.post(f"{demo}/sim/users", json=body) as answer,
            ):
                person = (await answer.json())["user"]["id"]
        contexts.append(await browser.new_context(viewport=PHONE))
        tab = Tab(await contexts[-1].new_page(), demo)
        await tab.open_page(person)
        return Walker(tab, language)

    yield make
    for context in contexts:
        await context.close()


async def test_a_grandmother_who_is_new(make_walker: MakeWalker) -> None:
    """Her words say what and where; what is left is the notice, and sending."""
    hoa = await make_walker("Bà Hoa")
    await hoa.says("Vỉa hè trước cổng trường ở phường An Biên bị quán nước chiếm hết", sees=CONSENT)
    await hoa.presses(AGREE, sees=CARD)
    await hoa.presses(SEND, sees=RECEIPT)
    assert (hoa.messages, hoa.taps) == (1, 2)


async def test_a_grandmother_who_speaks(make_walker: MakeWalker) -> None:
    """A recording is enough. Only the place has to be asked; she may leave it out."""
    hoa = await make_walker("Bà Hoa")
    await hoa.sends_files("voice", ("loi-ke.ogg", "audio/ogg", b"OggS" * 400), sees=CONSENT)
    await hoa.presses(AGREE, sees="feedback.area.ask")
    await hoa.presses("feedback.area.options.skip", sees=CARD)
    await hoa.presses(SEND, sees=RECEIPT)
    assert (hoa.messages, hoa.taps) == (1, 3)


async def test_a_motorcyclist_with_an_album_and_an_old_name(make_walker: MakeWalker) -> None:
    """He agreed before; a ward that was merged is known by its old name."""
    tu = await make_walker(person=AGREED)
    await tu.sends_files(
        "photo", *ALBUM, caption="Ổ gà to ở phường Trại Cau cũ, xe máy ngã suốt", sees=CARD
    )
    await tu.presses(SEND, sees=RECEIPT)
    assert (tu.messages, tu.taps) == (1, 1)


async def test_a_frightened_woman(make_walker: MakeWalker) -> None:
    """A crime that is over: how she is reached is asked, because it matters most to her."""
    mai = await make_walker("Chị Mai")
    await mai.says(
        "Tuần trước tôi bị giật túi xách ở phường Lê Chân, tôi sợ bọn chúng quay lại trả thù",
        sees=CONSENT,
    )
    await mai.presses(AGREE, sees="feedback.identity.ask")
    await mai.presses("feedback.identity.options.unnamed", sees=CARD)
    await mai.presses(SEND, sees=RECEIPT)
    assert (mai.messages, mai.taps) == (1, 3)


async def test_somebody_in_danger(make_walker: MakeWalker) -> None:
    """The first answer begins with 113; one tap tells the officers on duty."""
    lan = await make_walker("Lan")
    await lan.says("có người cầm dao đuổi tôi ở chợ Sắt", sees="urgent.report.ask")
    assert (await lan.newest.locator(".text").inner_text()).startswith("GỌI NGAY 113")
    officer = await make_walker(person=ON_DUTY)
    await lan.presses("urgent.report.options.now", sees="receipt.urgent")
    await officer.reads("alert.urgent")
    assert (lan.messages, lan.taps) == (1, 1)


async def test_a_foreigner(make_walker: MakeWalker) -> None:
    """The language of the phone is the language of the first answer."""
    ben = await make_walker("Ben", "en")
    await ben.says("Street vendors block the pavement in Lê Chân ward every day", sees=CONSENT)
    await ben.presses(AGREE, sees=CARD)
    await ben.presses(SEND, sees=RECEIPT)
    assert (ben.messages, ben.taps) == (1, 2)


async def test_a_ticket_for_a_forum(make_walker: MakeWalker) -> None:
    """The forum, the registration, and what the organiser has to know: how many, and who."""
    ann = await make_walker(person=AGREED)
    await ann.says("/diendan", sees="forums.coming")
    await ann.presses_first(sees="forums.one")
    await ann.presses("forums.attend", sees="attend.people.ask")
    await ann.presses("2", sees="attend.category.ask")
    await ann.presses("attend.category.options.resident", sees="forums.ticket_of")
    assert (ann.messages, ann.taps) == (1, 4)
