"""Fixtures for tests of the simulator: a simulator, its clients, and a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from telegram import Bot

from bot.simulator.server import Simulator
from tests.simulator.api_client import TOKEN, ApiClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A running simulator."""
    async with Simulator() as running:
        yield running


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[ApiClient]:
    """A client with the token of the first bot."""
    async with aiohttp.ClientSession() as http:
        yield ApiClient(simulator.url, http)


@pytest.fixture
async def bot(simulator: Simulator) -> AsyncIterator[Bot]:
    """The client of python-telegram-bot, with its own HTTP transport."""
    made = Bot(TOKEN, base_url=f"{simulator.url}/bot", base_file_url=f"{simulator.url}/file/bot")
    async with made:
        yield made


@pytest.fixture
def ann(simulator: Simulator) -> int:
    """The id of a user, Ann, who has started the bot. No update is queued."""
    user = simulator.state.add_user(first_name="Ann", language_code="vi")
    account = simulator.state.register_bot(TOKEN)
    simulator.people.start_bot(user.id)
    account.updates.clear()
    return user.id
