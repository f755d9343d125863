"""Rounds of measuring: the variants run in shuffled order, and each round has its own ratios."""

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
    from tests.bench.variants import VariantProcess

_LONGEST = 30.0  # seconds until the last receipt has come


@dataclass(frozen=True)
class RoundMeasure:
    """One variant in one round: CPU seconds and calls per update; the share of time that it and
    the harness were busy.
    """

    cpu: float
    calls: float
    busy: float
    harness: float


class Rounds:
    """The running variants and their measures in each round."""

    def __init__(
        self, peer: Peer, processes: dict[str, VariantProcess], loads: dict[str, Load]
    ) -> None:
        self._peer = peer
        self._processes = processes
        self._loads = loads
        self._measures: list[dict[str, RoundMeasure]] = []

    async def warm_up(self) -> None:
        """Play the first conversations, which include the consent."""
        for name, load in self._loads.items():
            receipts = self._peer.receipts
            keeps = bool(self._processes[name].variant.database_url)
            await self._wait_for_receipts(
                name, await load.run_conversations(1, agreeing=keeps), receipts
            )
            await self.measure_one(name, 1)

    async def play_rounds(self, rounds: int, conversations: int) -> None:
        """Play rounds; in each one every variant has a turn, in shuffled order."""
        order = list(self._loads)
        for _ in range(rounds):
            random.shuffle(order)
            self._measures.append({n: await self.measure_one(n, conversations) for n in order})

    async def measure_one(self, name: str, conversations: int) -> RoundMeasure:
        """Measure one variant, from the first update until all its work is done."""
        process, peer = self._processes[name], self._peer
        cpu, own, begun = process.read_cpu_seconds(), time.process_time(), time.perf_counter()
        calls, receipts = peer.calls, peer.receipts
        talks = await self._loads[name].run_conversations(conversations)
        took = time.perf_counter() - begun
        busy, harness = (
            (process.read_cpu_seconds() - cpu) / took,
            (time.process_time() - own) / took,
        )
        await self._wait_for_receipts(name, talks, receipts)
        used = (process.read_cpu_seconds() - cpu) / (talks * len(ACTS))
        calls = peer.calls - calls
        await self._mark_alerted(process.variant.database_url)
        return RoundMeasure(used, calls / talks, busy, harness)

    async def _wait_for_receipts(self, name: str, talks: int, before: int) -> None:
        """Return when every conversation has its receipt and the results are stored.

        Raises RuntimeError if the number of receipts is wrong.
        """
        process = self._processes[name]
        if process.variant.database_url:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._peer.wait_for_receipts(before + talks), _LONGEST)
        await asyncio.sleep(0.2)
        came = self._peer.receipts - before
        expected = talks if process.variant.database_url else 0
        if came != expected:
            raise RuntimeError(f"{name}: {came} receipts, not {expected}: {process.read_log_end()}")

    async def _mark_alerted(self, database_url: str) -> None:
        """Mark all submissions as alerted:

        no officer is on duty here, and the job that looks for one would be measured with the round
        that it happens to run in.
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

    def compute_ratio(self, name: str, to: str) -> float:
        """Return the median over the rounds of the ratio of CPU times."""
        return statistics.median(each[name].cpu / each[to].cpu for each in self._measures)

    def compute_medians(self, name: str) -> RoundMeasure:
        """Return the median of each measure over the rounds."""
        measures = [each[name] for each in self._measures]
        return RoundMeasure(
            statistics.median(each.cpu for each in measures),
            statistics.median(each.calls for each in measures),
            statistics.median(each.busy for each in measures),
            statistics.median(each.harness for each in measures),
        )
