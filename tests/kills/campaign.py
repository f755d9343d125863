"""Kill the bot at random moments of many conversations, and check what is stored and sent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.casework import staff as casework
from bot.core.unit_of_work import UnitOfWork
from bot.reports import export
from bot.simulator.server import Simulator
from storage import failed_updates
from storage.database import Database
from storage.models import Outbox, Role
from storage.statements import table
from tests.kills.rotation import check_rotated, rotate_under_kills
from tests.kills.walkers import KillTimes, SimulatedResident, find_code
from tests.policy import POLICY
from tests.ports import find_free_port
from tests.processes import RunningCommand
from tests.town.settings import KEY, SECRET, TOKEN
from tests.town.texts import contains_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_OFFICER = 9_000_001
_LONGEST = 180.0  # seconds for everything to come to rest after the last kill


@dataclass(frozen=True)
class CampaignReport:
    """The result of a campaign; `wrong` is empty if every promise held."""

    kills: int
    updates: int
    submissions: int
    repeated: int
    unanswered: int
    wrong: tuple[str, ...]


class BotProcess:
    """The real program in a process of its own."""

    def __init__(
        self,
        simulator: Simulator,
        database_url: str,
        mode: str,
        *,
        pace: float = 0,
        through: str = "",
    ) -> None:
        """Prepare a process.

        `pace` is the rate limit in messages a second, 0 for none. `through` is another address for
        the simulator.
        """
        self._simulator = simulator
        self.keys: tuple[str, ...] = (KEY,)
        port = find_free_port()
        self._environment = {
            **os.environ,
            "BOT_TELEGRAM__TOKEN": TOKEN,
            "BOT_TELEGRAM__API_BASE_URL": through or simulator.url,
            "BOT_TELEGRAM__MODE": mode,
            "BOT_TELEGRAM__WEBHOOK__PUBLIC_URL": f"http://127.0.0.1:{port}",
            "BOT_TELEGRAM__WEBHOOK__LISTEN_PORT": str(port),
            "BOT_TELEGRAM__WEBHOOK__SECRET_TOKEN": SECRET,
            "BOT_TELEGRAM__LIMITS__GLOBAL_PER_SECOND": str(pace),
            "BOT_TELEGRAM__LIMITS__CHAT_PER_SECOND": "0",
            "BOT_TELEGRAM__LIMITS__LEASE_SECONDS": "2",
            "BOT_ABUSE__OPINIONS_A_DAY": "1000",
            "BOT_ABUSE__EVERYBODY_A_MINUTE": "100000",
            "BOT_ABUSE__MESSAGES_A_MINUTE": "100000",
            "BOT_PRIVACY__KEY_CHECK_SECONDS": "0.3",
            "BOT_EVIDENCE__URL": "memory://campaign",
            "BOT_DATABASE__URL": database_url,
            "BOT_OPS__LISTEN_PORT": "0",
        }
        self._first_call = "deleteWebhook" if mode == "polling" else "setWebhook"
        self._process: RunningCommand | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The settings of the bot, with its present keys."""
        return {**self._environment, "BOT_PRIVACY__ENCRYPTION_KEY": ",".join(self.keys)}

    async def start(self) -> None:
        """Start the bot; return when it receives updates."""
        journal = self._simulator.gateway.journal
        before = journal.last
        self._process = RunningCommand(("run",), self.environment, Path("/"))
        while not journal.list_requests(after=before, method=self._first_call):
            assert self._process.status is None, "the bot did not start"
            await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """Kill the bot, as a power cut would."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Stop the bot with SIGTERM; return its exit status."""
        return await self._end(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the bot."""
        assert self._process is not None
        self._process.send(number)

    async def _end(self, number: signal.Signals) -> int:
        self.send(number)
        assert self._process is not None
        return await self._process.wait_until_ended()


@contextlib.asynccontextmanager
async def _run_simulator(database: Database) -> AsyncIterator[Simulator]:
    """Run a simulated Telegram with one officer."""
    async with Simulator(tokens=[TOKEN]) as simulator:
        simulator.state.add_user(first_name="Officer", id=_OFFICER)
        simulator.state.get_account(TOKEN).started_by.add(_OFFICER)
        now = datetime.now(UTC)
        async with database.transaction() as connection:
            token = await casework.make_invite(
                UnitOfWork(connection, now, POLICY), "31", Role.OFFICER, ()
            )
            await casework.accept_invite(
                UnitOfWork(connection, now, POLICY), _OFFICER, "Officer", token
            )
        yield simulator


async def run_campaign(
    database_url: str,
    mode: str,
    *,
    kills: int,
    residents: int,
    rounds: int,
    seed: int,
    rotations: int = 0,
) -> CampaignReport:
    """Let people talk while the bot is killed `kills` times, then check everything.

    After the kills the key is rotated `rotations` times, and bot and rotation are killed meanwhile.
    """
    chance = random.Random(seed)
    database = Database(database_url)
    async with _run_simulator(database) as simulator:
        first = simulator.state.get_account(TOKEN).updates.last_id
        times = KillTimes(goes_on=rotations > 0)
        walkers = [
            SimulatedResident(
                simulator, simulator.state.add_user(first_name=f"R{n}").id, rounds, times
            )
            for n in range(residents)
        ]
        bot = BotProcess(simulator, database_url, mode)
        await bot.start()
        wrong: list[str] = []
        walking = [asyncio.create_task(walker.submit_all()) for walker in walkers]
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0.05, 0.8))
            await bot.kill()
            times.last = asyncio.get_running_loop().time()
            await bot.start()
        for _ in range(rotations):
            wrong += await rotate_under_kills(bot, times, chance)
        times.goes_on = False
        wrong += await _wait_until_finished(database, walking)
        status = await bot.stop()
        wrong += [f"the bot ended with status {status}"] if status else []
        await simulator.wait_until_delivered()
        updates = simulator.state.get_account(TOKEN).updates.last_id - first
        records = await _export_records(database)
        wrong += _check_submissions(records, walkers)
        wrong += _check_alerts(simulator, records)
        wrong += await _check_outbox(database, records)
        repeated = await _count_repeated(database)
        wrong += await check_rotated(database, bot.keys, residents)
    await database.close()
    unanswered = sum(walker.unanswered for walker in walkers)
    wrong += [f"{unanswered} times nothing was shown for 30 seconds"] if unanswered else []
    return CampaignReport(kills, updates, len(records), repeated, unanswered, tuple(wrong))


async def _wait_until_finished(database: Database, walking: list[asyncio.Task[None]]) -> list[str]:
    """Wait until everybody has their receipts and the outbox is empty; return what is wrong."""
    _done, late = await asyncio.wait(walking, timeout=_LONGEST)
    for task in late:
        task.cancel()
    if late:
        return [f"{len(late)} people never got their receipts"]
    for _ in range(int(_LONGEST / 0.2)):
        async with database.reading() as connection:
            rows = table(Outbox)
            left = await connection.execute(select(rows.c.id).where(rows.c.finished_at.is_(None)))
            if not left.all():
                return []
        await asyncio.sleep(0.2)
    return ["the outbox never came to rest"]


async def _export_records(database: Database) -> list[dict[str, Any]]:
    """Return all records of the export."""
    async with database.reading() as connection:
        found = export.iterate_submission_records(connection, None, None)
        return [record async for record in found]


def _check_submissions(
    records: list[dict[str, Any]], walkers: list[SimulatedResident]
) -> list[str]:
    """Check that every text is stored once and complete, under the code of its receipt."""
    written = Counter(text for walker in walkers for text in walker.texts)
    stored = Counter(record["text"] for record in records)
    receipts = {code for walker in walkers for code in walker.codes}
    wrong = [f"lost: {text!r}" for text in written - stored]
    wrong += [f"doubled or changed: {text!r}" for text in stored - written]
    if receipts != {record["code"] for record in records}:
        wrong.append("the receipts are not those of the submissions")
    return wrong


def _check_alerts(simulator: Simulator, records: list[dict[str, Any]]) -> list[str]:
    """Check that the officer got an alert of each submission, and that repeats are marked."""
    alerts = [
        m
        for m in simulator.list_messages(_OFFICER)
        if contains_text(m.get("text", ""), "alert.text")
    ]
    times = Counter(find_code(message) for message in alerts)
    marked = Counter(find_code(m) for m in alerts if contains_text(m["text"], "outbox.repeated"))
    wrong = [f"no alert of {r['code']}" for r in records if not times[r["code"]]]
    return wrong + [f"{c} repeated unmarked" for c, n in times.items() if n - marked[c] > 1]


async def _check_outbox(database: Database, records: list[dict[str, Any]]) -> list[str]:
    """Check that each submission has one receipt and one alert, both sent, and that no update
    failed.
    """
    rows = table(Outbox)
    async with database.reading() as connection:
        found = (await connection.execute(select(rows.c.dedup_key, rows.c.state))).all()
        failed = await failed_updates.count_failed_updates(connection)
    states = {row.dedup_key: row.state.value for row in found}
    wrong = [f"{failed} updates failed"] if failed else []
    keys = [f"receipt:{record['code']}" for record in records]
    keys += [f"alert:{record['code']}:{_OFFICER}:2" for record in records]
    return wrong + [f"{key} is {states.get(key)}" for key in keys if states.get(key) != "sent"]


async def _count_repeated(database: Database) -> int:
    """Return the number of messages that were marked as possible repeats."""
    rows = table(Outbox)
    async with database.reading() as connection:
        found = await connection.execute(select(rows.c.id).where(rows.c.repeated.is_(True)))
        return len(found.all())
