"""Rotate the key while the bot and the rotation are killed, and check what is stored."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.privacy.encryption import make_key
from bot.privacy.key_status import count_keys, find_needed_keys
from bot.privacy.pseudonyms import Pseudonyms
from storage.models import Resident
from storage.statements import table
from tests.processes import RunningCommand

if TYPE_CHECKING:
    import random

    from storage.database import Database
    from tests.kills.campaign import BotProcess
    from tests.kills.walkers import KillTimes

_MOST_RUNS = 5  # of the command, until nothing is left under the old key


async def rotate_under_kills(bot: BotProcess, times: KillTimes, chance: random.Random) -> list[str]:
    """Change the key of a running bot as the README says; return what is wrong.

    The first run of the rotation is killed, and the bot is killed before and after it.
    """
    await _restart(bot, (make_key(), *bot.keys), times)
    first = _start_rotation(bot)
    await asyncio.sleep(chance.uniform(0.2, 1.0))
    first.send(signal.SIGKILL)
    await first.wait_until_ended()
    await _restart(bot, bot.keys, times)
    for _ in range(_MOST_RUNS):
        if await _start_rotation(bot).wait_until_ended() == 0:
            break
    else:
        return ["the rotation never ended"]
    await _restart(bot, bot.keys[:1], times)
    return []


async def check_rotated(database: Database, keys: tuple[str, ...], residents: int) -> list[str]:
    """Check that the only key reads everything, and that each resident has one row."""
    counts = await count_keys(database, Pseudonyms(keys), lambda *_: None)
    wrong = [] if find_needed_keys(counts) == {0} else [f"other keys are needed: {counts}"]
    async with database.reading() as connection:
        rows = await connection.execute(select(func.count()).select_from(table(Resident)))
        count = int(rows.scalar_one())
    return wrong + ([] if count == residents else [f"{count} rows of {residents} residents"])


async def _restart(bot: BotProcess, keys: tuple[str, ...], times: KillTimes) -> None:
    await bot.kill()
    times.last = asyncio.get_running_loop().time()
    bot.keys = keys
    await bot.start()


def _start_rotation(bot: BotProcess) -> RunningCommand:
    return RunningCommand(("keys", "rotate"), bot.environment, Path("/"))
