"""Fixtures for tests of the page: one browser for all, and a simulator for each test."""

import shutil
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from bot.simulator.server import Simulator
from tests.page.stage import TOKEN, Stage, Tab

# No window, and no requests of Chromium itself to other servers.
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

# Milliseconds. Conditions are usually true at once; a busy machine needs longer.
expect.set_options(timeout=15_000)


# All tests of the page share the browser's event loop.
@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, started once for all tests of the page, because a start takes a second."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("The page's tests need Debian's chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        # Without a folder for user data, each start has a new one.
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    """A simulator with one bot."""
    async with (
        Simulator(host="127.0.0.1", port=0, tokens=[TOKEN]) as simulator,
        aiohttp.ClientSession() as http,
    ):
        yield Stage(simulator.url.rstrip("/"), http, simulator.state)


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser, stage: Stage) -> AsyncIterator[Tab]:
    """A tab of 1280 by 800 pixels. Fails on a JavaScript error or a request to another server."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    tab = Tab(await context.new_page(), stage.url)
    yield tab
    await context.close()
    assert tab.errors == []
    assert tab.foreign_requests == []
