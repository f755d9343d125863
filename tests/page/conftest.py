"""A browser for all the tests of the page, and a simulator for each."""

import shutil
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from bot.simulator.server import Simulator
from tests.page.stage import TOKEN, Stage, Tab

# Quiet, and without a call to anywhere: what is tested is the page, on this machine.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Conditions hold within milliseconds; the limit is for a machine that does ten other things.
expect.set_options(timeout=15_000)


# A browser costs a second: it is started once, so every test of the page shares its event loop.
@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("The page's tests need Debian's chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        # Without a directory named, each launch makes a fresh one for the user's data.
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    async with (
        Simulator(host="127.0.0.1", port=0, tokens=[TOKEN]) as simulator,
        aiohttp.ClientSession() as http,
    ):
        yield Stage(simulator.url.rstrip("/"), http, simulator.state)


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser, stage: Stage) -> AsyncIterator[Tab]:
    """A wide tab; whatever the test did, the page raised nothing and asked no stranger."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    tab = Tab(await context.new_page(), stage.url)
    yield tab
    await context.close()
    assert tab.errors == []
    assert tab.strangers == []
