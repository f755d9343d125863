"""Rounds: the variants take turns in shuffled order, and each round has ratios of its own."""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import update

from storage.database import Database
from storage.models import Submission
from storage.statements import table
from tests.bench.load import ACTS

if TYPE_CHECKING:
    from tests.bench.load import Load
    from tests.bench.peer import Peer
    from tests.bench.variants import Process

_LONGEST = 30.0  # seconds until the last receipt has come


@dataclass(frozen=True)
class Measure:
    """What one variant used in one round, per update; how busy it and the harness were."""

    cpu: float
    calls: float
    busy: float
    harness: float


class Rounds:
    """The running variants and what each used in each round."""

    def __init__(self, peer: Peer, processes: dict[str, Process], loads: dict[str, Load]) -> None:
        self._peer = peer
        self._processes = processes
        self._loads = loads
        self._measures: list[dict[str, Measure]] = []

    async def warm_up(self) -> None:
        """The first conversations, with the consent that the later ones have."""
        for name, load in self._loads.items():
            receipts = self._peer.receipts
            keeps = bool(self._processes[name].variant.database_url)
            await self._all_of(name, await load.run(1, agreeing=keeps), receipts)
            await self.play_one(name, 1)

    async def play(self, rounds: int, conversations: int) -> None:
        """Play so many rounds; the load on one variant follows that on another."""
        order = list(self._loads)
        for _ in range(rounds):
            random.shuffle(order)
            self._measures.append({n: await self.play_one(n, conversations) for n in order})

    async def play_one(self, name: str, conversations: int) -> Measure:
        """One variant's turn, from the first update until nothing of it is left to do."""
        process, peer = self._processes[name], self._peer
        cpu, own, begun = process.cpu(), time.process_time(), time.perf_counter()
        calls, receipts = peer.calls, peer.receipts
        talks = await self._loads[name].run(conversations)
        took = time.perf_counter() - begun
        busy, harness = (process.cpu() - cpu) / took, (time.process_time() - own) / took
        await self._all_of(name, talks, receipts)
        used = (process.cpu() - cpu) / (talks * len(ACTS))
        calls = peer.calls - calls
        await self._tidy(process.variant.database_url)
        return Measure(used, calls / talks, busy, harness)

    async def _all_of(self, name: str, talks: int, before: int) -> None:
        """Return when the receipts have come, one for each conversation, and were written down."""
        process = self._processes[name]
        if process.variant.database_url:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._peer.received(before + talks), _LONGEST)
        await asyncio.sleep(0.2)
        came = self._peer.receipts - before
        expected = talks if process.variant.database_url else 0
        if came != expected:
            raise RuntimeError(f"{name}: {came} receipts, not {expected}: {process.said()}")

    async def _tidy(self, database_url: str) -> None:
        """Nobody is on duty here: say that the officers know, or each waking looks for some.

        That work belongs to the clock, not to the updates of the round that it happens to hit.
        """
        if not database_url:
            return
        database = Database(database_url)
        rows = table(Submission)
        async with database.transaction() as connection:
            await connection.execute(
                update(rows).where(rows.c.alerted_at.is_(None)).values(alerted_at=datetime.now(UTC))
            )
        await database.close()

    def ratio(self, name: str, to: str) -> float:
        """The median of the rounds' ratios."""
        return statistics.median(each[name].cpu / each[to].cpu for each in self._measures)

    def typical(self, name: str) -> Measure:
        """The median of each thing that was measured."""
        measures = [each[name] for each in self._measures]
        return Measure(
            statistics.median(each.cpu for each in measures),
            statistics.median(each.calls for each in measures),
            statistics.median(each.busy for each in measures),
            statistics.median(each.harness for each in measures),
        )
