"""`python -m tests.bench`: each row with its goal, `bench.json`, and 1 when a goal is missed.

`--short` plays one small round to see that all of it runs; it judges nothing and writes no file.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from storage import migrations
from storage.database import Database
from tests.bench.broadcast import measure_pace, measure_speed, prepare_audience
from tests.bench.load import ACTS, Load
from tests.bench.peer import Peer
from tests.bench.queries import compare_queries, fill_database
from tests.bench.replies import TELEGRAMS_LIMIT, measure_replies
from tests.bench.rounds import Rounds
from tests.bench.start import measure_starts
from tests.bench.texts import LONG as LONG_TEXT
from tests.bench.texts import SHORT as SHORT_TEXT
from tests.bench.texts import measure_size, measure_texts
from tests.bench.variants import SECRET, Variant, VariantProcess
from tests.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.bench.broadcast import Audience

STOCK, STATELESS, SQLITE, POSTGRESQL = "stock PTB", "stateless", "SQLite", "PostgreSQL"
# SQLAlchemy, SQLModel and the tables, with telegram.ext, already are 2.5 times telegram.ext.
_START = {"importing the composition root": 3.4, "python -m bot --help": 1.5}
# Milliseconds of CPU to understand a text, and megabytes of the model.
_TEXTS = {
    ("labels", SHORT_TEXT): 1.0,
    ("labels", LONG_TEXT): 10.0,
    ("place", SHORT_TEXT): 3.0,
    ("place", LONG_TEXT): 25.0,
}
_MODEL_SIZE = 3.0
_CHEAP, _DURABLE, _STEADY, _FAST = 0.20, 2.0, 1.3, 3000


@dataclass(frozen=True)
class BenchSize:
    """Numbers of chats, rounds, cases and subscribers of a run of the bench."""

    chats: int
    rounds: int
    conversations: int
    cases: int
    repeats: int
    subscribers: int
    seconds: float
    paces: tuple[tuple[int, int], ...]
    starts: int
    texts: int
    replicas: tuple[int, ...] = (1, 2)


_PACES = ((30, 1), (30, 2), (1000, 1), (1000, 2))
FULL = BenchSize(32, 7, 2, 10_000, 101, 1_000_000, 10, _PACES, 15, 100)
SHORT = BenchSize(8, 1, 1, 200, 5, 300, 0.5, ((30, 2),), 1, 2)


@dataclass(frozen=True)
class BenchRow:
    """A line of the result; `holds` is True if the value is within the goal."""

    name: str
    value: float
    goal: float
    holds: bool


def at_least(name: str, value: float, goal: float) -> BenchRow:
    """Return a row whose value must be at least its goal."""
    return BenchRow(name, round(value, 3), goal, value >= goal)


def within(name: str, value: float, goal: float) -> BenchRow:
    """Return a row whose value must be at most its goal."""
    return BenchRow(name, round(value, 3), goal, value <= goal)


def make_rows(rounds: Rounds) -> list[BenchRow]:
    """Return the rows for the CPU per update, compared with their goals."""
    conversation = "full durable conversation, CPU per update, against stock PTB echo"
    durability = "durability: against the same plumbing without state"
    kinds = (SQLITE, POSTGRESQL)
    return [
        *(within(f"{conversation}, on {k}", rounds.compute_ratio(k, STOCK), _CHEAP) for k in kinds),
        *(
            within(f"{durability}, on {k}", rounds.compute_ratio(k, STATELESS), _DURABLE)
            for k in kinds
        ),
    ]


async def _databases(folder: Path, name: str = "bench") -> dict[str, str]:
    postgres = Postgres()
    made = postgres.make_url(await postgres.create(empty=True))
    urls = {SQLITE: f"sqlite+aiosqlite:///{folder}/{name}.db", POSTGRESQL: made}
    for url in urls.values():
        database = Database(url)
        await migrations.migrate(database)
        await database.close()
    return urls


async def measure_queries(size: BenchSize) -> list[BenchRow]:
    """Compare officers' queries at many open cases with few; print each ratio."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="langnghe-bench-") as named:
        at_few, at_many = [await _databases(Path(named), name) for name in ("few", "many")]
        for kind in (SQLITE, POSTGRESQL):
            few, many = (
                await fill_database(at_few[kind], 100),
                await fill_database(at_many[kind], size.cases),
            )
            ratios = await compare_queries(few, many, size.repeats)
            for name, ratio in ratios.items():
                _say(f"  {ratio:6.2f}  {name}, on {kind}")
            subject = f"officers' queries at {size.cases:,} open cases against 100, the slowest"
            rows.append(within(f"{subject}, on {kind}", max(ratios.values()), _STEADY))
            for filled in (few, many):
                await filled.database.close()
    return rows


@contextlib.asynccontextmanager
async def start_variants(size: BenchSize) -> AsyncIterator[Rounds]:
    """Start every variant inside the context, and play warm-up conversations."""
    peer, processes = Peer(), dict[str, VariantProcess]()
    server, api_url = await peer.serve()
    with tempfile.TemporaryDirectory(prefix="langnghe-bench-") as named:
        folder = Path(named)
        urls = await _databases(folder)
        variants = [
            Variant(STOCK, ("tests.bench.stock",)),
            Variant(STATELESS, ("tests.bench.stateless",)),
            *(Variant(kind, ("bot", "run"), url) for kind, url in urls.items()),
        ]
        loads = {}
        try:
            for number, variant in enumerate(variants, start=1):
                process = processes[variant.name] = VariantProcess(variant, folder)
                await process.start(api_url, peer.webhook)
                chats = range(number * 1_000_000, number * 1_000_000 + size.chats)
                loads[variant.name] = Load(peer, process.port, SECRET, chats)
            rounds = Rounds(peer, processes, loads)
            await rounds.warm_up()
            yield rounds
        finally:
            await asyncio.gather(*(process.stop() for process in processes.values()))
            server.close()


async def measure_all(size: BenchSize) -> list[BenchRow]:
    """Measure everything; print the absolute figures, which have no goal, and return the rows."""
    async with start_variants(size) as rounds:
        await rounds.play_rounds(size.rounds, size.conversations)
    _say(
        f"{size.rounds} rounds of {size.chats} chats with {size.conversations} conversations of"
        f" {len(ACTS)} updates each"
    )
    for name in (STOCK, STATELESS, SQLITE, POSTGRESQL):
        typical = rounds.compute_medians(name)
        _say(
            f"  {name:10} {typical.cpu * 1e6:6.0f} µs CPU an update, {typical.calls:4.1f} calls a"
            f" conversation, {typical.busy:4.0%} busy (the harness {typical.harness:4.0%})"
        )
    return [
        *make_rows(rounds),
        *await measure_queries(size),
        *await measure_announcement(size),
        *await measure_start(size),
        *measure_reading(size),
    ]


async def measure_start(size: BenchSize) -> list[BenchRow]:
    """Measure the time to start, against importing telegram.ext."""
    ratios = await asyncio.to_thread(measure_starts, size.starts)
    return [
        within(f"start: {name}, against importing telegram.ext", ratio, _START[name])
        for name, ratio in ratios.items()
    ]


def measure_reading(size: BenchSize) -> list[BenchRow]:
    """Measure how long it takes to understand a text, and the size of the model."""
    times = measure_texts(size.texts)
    rows = [within("the model of texts: megabytes", measure_size(), _MODEL_SIZE)]
    for (name, letters), most in _TEXTS.items():
        subject = f"reading {letters:,} letters: milliseconds of CPU to find the {name}"
        rows.append(within(subject, times[name, letters], most))
    return rows


async def measure_announcement(size: BenchSize) -> list[BenchRow]:
    """Measure an announcement to many on PostgreSQL: its speed, and how it keeps a rate limit."""
    with tempfile.TemporaryDirectory(prefix="langnghe-bench-") as named:
        crowd = await prepare_audience(Postgres(), size.subscribers)
        _say(f"  {crowd.expanded:,.0f} of {size.subscribers:,} recipients a second expanded")
        subject = f"announcement to {size.subscribers:,}"
        fast = await measure_speed(crowd, Path(named), size.seconds)
        rows = [at_least(f"{subject}: messages a second in one process, no limit", fast, _FAST)]
        for limit, replicas in size.paces:
            paced = await measure_pace(
                crowd, Path(named), limit=limit, seconds=size.seconds, replicas=replicas
            )
            by = f"at {limit}/s by {replicas} of the bot"
            rows.append(at_least(f"{subject} {by}: the mean, of the limit", paced.mean, 0.99))
            rows.append(within(f"{subject} {by}: the fullest second, of it", paced.fullest, 1.0))
        rows += await measure_writers(crowd, Path(named), size)
        await crowd.database.close()
    return rows


async def measure_writers(crowd: Audience, folder: Path, size: BenchSize) -> list[BenchRow]:
    """Measure how residents who write during an announcement are answered."""
    rows = []
    for replicas in size.replicas:
        report = await measure_replies(crowd, folder, seconds=size.seconds, replicas=replicas)
        subject = f"100 residents writing during an announcement, {replicas} of the bot"
        fullest = report.fullest / TELEGRAMS_LIMIT
        rows.append(within(f"{subject}: the fullest second, of 30 messages", fullest, 1.0))
        rows.append(
            within(f"{subject}: seconds to 95 % of {report.replies} replies", report.p95, 1.0)
        )
    return rows


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Print the rows, write bench.json, and exit with 1 if a goal is missed."""
    short = "--short" in sys.argv[1:]
    rows = uvloop.run(measure_all(SHORT if short else FULL))
    for row in rows:
        verdict = "not judged" if short else "holds" if row.holds else "MISSED"
        _say(f"{row.value:8.3f}  goal {row.goal:7.2f}  {verdict:10}  {row.name}")
    if short:
        return
    Path("bench.json").write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    sys.exit(0 if all(row.holds for row in rows) else 1)


if __name__ == "__main__":
    main()
