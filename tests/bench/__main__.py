"""`python -m tests.bench`: each row with its goal, `bench.json`, and 1 when a goal is missed.

CPU per update of the bot's process, in ratios of one run: the variants take turns in shuffled
order, round by round, and the median of the rounds' ratios counts. `--short` only sees that all of
it runs.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
import uvloop

from storage import migrations
from storage.database import Database
from tests.bench.load import ACTS, Load
from tests.bench.peer import Peer
from tests.bench.variants import Process, Variant
from tests.postgres import Postgres

STOCK, SQLITE, POSTGRESQL, STATELESS = "stock", "SQLite", "PostgreSQL", "stateless"
CHATS = 32
_chat_ids = itertools.count(5_000_000, CHATS)


@dataclass(frozen=True)
class Row:
    """A line of the bench; `holds` says whether the value is within the goal."""

    name: str
    value: float
    goal: float
    holds: bool


class Bench:
    """The running variants and what each used in each round."""

    def __init__(self, processes: dict[str, Process], peer: Peer, rounds: int, talks: int) -> None:
        self._processes = processes
        self._peer = peer
        self._rounds = rounds
        self._talks = talks
        self.used: list[dict[str, float]] = []
        self.calls: dict[str, float] = {}

    async def run(self) -> None:
        """Play all rounds; the load on each variant follows that on another, never beside it."""
        async with aiohttp.ClientSession() as http:
            loads = {
                name: Load(self._peer, http, process.url)
                for name, process in self._processes.items()
            }
            chats = {name: _chats() for name in loads}
            for name, load in loads.items():
                await load.warm_up(chats[name])
                await load.run(chats[name], 1)
            order = list(loads)
            for _ in range(self._rounds):
                random.shuffle(order)
                seconds = {n: await self._measure(n, loads[n], chats[n]) for n in order}
                self.used.append(seconds)

    async def _measure(self, name: str, load: Load, chats: list[int]) -> float:
        process = self._processes[name]
        before, calls = process.cpu(), self._peer.calls
        updates = await load.run(chats, self._talks)
        await _settled(process)
        self.calls[name] = (self._peer.calls - calls) / updates * len(ACTS)
        return (process.cpu() - before) / updates

    def ratio(self, name: str, to: str) -> float:
        """The median of the rounds' ratios."""
        return statistics.median(each[name] / each[to] for each in self.used)

    def microseconds(self, name: str) -> float:
        """The median CPU of an update."""
        return statistics.median(each[name] for each in self.used) * 1e6


def _chats() -> list[int]:
    first = next(_chat_ids)
    return list(range(first, first + CHATS))


async def _settled(process: Process) -> None:
    """Wait until it uses no more CPU: receipts and alerts that are still going out belong to it."""
    while True:
        before = process.cpu()
        await asyncio.sleep(0.25)
        if process.cpu() - before <= 0.01:
            return


async def _start(folder: Path, peer: Peer, api_url: str) -> dict[str, Process]:
    postgres = Postgres()
    name = await postgres.create(empty=True)
    urls = {SQLITE: f"sqlite+aiosqlite:///{folder}/bench.db", POSTGRESQL: postgres.database(name)}
    for url in urls.values():
        database = Database(url)
        await migrations.migrate(database)
        await database.close()
    variants = [
        Variant(STOCK, ("tests.bench.stock",)),
        Variant(STATELESS, ("tests.bench.stateless",)),
        *(Variant(kind, ("bot", "run"), url) for kind, url in urls.items()),
    ]
    processes = {}
    for variant in variants:
        process = processes[variant.name] = Process(variant)
        peer.webhook.clear()
        await process.start(api_url)
        async with asyncio.timeout(60):
            await peer.webhook.wait()
            await _settled(process)
    return processes


def _rows(bench: Bench) -> list[Row]:
    rows = []
    for kind in (SQLITE, POSTGRESQL):
        against_stock = bench.ratio(kind, STOCK)
        name = f"full durable conversation, CPU per update, against stock PTB echo, {kind}"
        rows.append(Row(name, round(against_stock, 3), 0.20, against_stock <= 0.20))
        durable = bench.ratio(kind, STATELESS)
        name = f"durability, CPU per update, against the same plumbing without state, {kind}"
        rows.append(Row(name, round(durable, 2), 2.0, durable <= 2.0))
    return rows


async def play(rounds: int, talks: int) -> list[Row]:
    """Measure; prints what is beside the ratios and returns them."""
    peer = Peer()
    server, api_url = await peer.serve()
    with tempfile.TemporaryDirectory() as folder:
        processes = await _start(Path(folder), peer, api_url)
        bench = Bench(processes, peer, rounds, talks)
        try:
            await bench.run()
        finally:
            for process in processes.values():
                await process.stop()
            server.close()
    for name in processes:
        sys.stdout.write(
            f"  {name:11} {bench.microseconds(name):7.0f} µs CPU an update,"
            f" {bench.calls[name]:.1f} calls for {len(ACTS)} updates\n"
        )
    return _rows(bench)


def main() -> None:
    """Print the rows, write them down, and say by the status whether every goal is met."""
    short = "--short" in sys.argv
    rows = uvloop.run(play(rounds=1, talks=1) if short else play(rounds=7, talks=6))
    for row in rows:
        verdict = "holds" if row.holds else "missed"
        sys.stdout.write(f"{row.value:7} (goal {row.goal}, {verdict})  {row.name}\n")
    if not short:
        Path("bench.json").write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    sys.exit(0 if short or all(row.holds for row in rows) else 1)


if __name__ == "__main__":
    main()
