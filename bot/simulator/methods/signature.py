"""The type of the functions that implement methods of the Bot API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bot.simulator.api_types import Json
from bot.simulator.bot_accounts import BotAccount
from bot.simulator.state import SimulatorState

Method: TypeAlias = Callable[[SimulatorState, BotAccount, Json], object]
