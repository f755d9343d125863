"""A simulator for each test, with Ann, who has started the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from telegram import Bot

from bot.simulator.server import Simulator
from tests.simulator.line import TOKEN, Line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.fixture
async def line(simulator: Simulator) -> AsyncIterator[Line]:
    async with aiohttp.ClientSession() as http:
        yield Line(simulator.url, http)


@pytest.fixture
async def bot(simulator: Simulator) -> AsyncIterator[Bot]:
    """python-telegram-bot's client with its own transport, as anyone would use it."""
    made = Bot(TOKEN, base_url=f"{simulator.url}/bot", base_file_url=f"{simulator.url}/file/bot")
    async with made:
        yield made


@pytest.fixture
def ann(simulator: Simulator) -> int:
    """Ann's id; her /start does not wait in the queue."""
    user = simulator.state.add_user(first_name="Ann", language_code="vi")
    account = simulator.state.register_bot(TOKEN)
    simulator.people.start_bot(user.id)
    account.updates.clear()
    return user.id
