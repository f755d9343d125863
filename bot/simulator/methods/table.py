"""What a modelled method is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bot.simulator.accounts import Account
from bot.simulator.values import Json
from bot.simulator.world import World

Method: TypeAlias = Callable[[World, Account, Json], object]
