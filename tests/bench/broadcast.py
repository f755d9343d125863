"""An announcement to very many: the speed of expanding and sending it, and the rate limit."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from bot.forums import announcements
from bot.privacy.encryption import make_key
from bot.privacy.pseudonyms import Pseudonyms
from storage import migrations
from storage.database import Database
from storage.models import Outbox, OutboxState, Pace
from storage.statements import table
from tests.bench.peer import Peer
from tests.bench.variants import Variant, VariantProcess
from tests.kills.announcement import store_announcement
from tests.policy import POLICY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.postgres import Postgres

_ROWS = table(Outbox)


class CountingPeer(Peer):
    """A peer that stores the time of each message, in seconds.

    `ports` are those of the replicas' webhooks.
    """

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []
        self.ports: list[int] = []
        self.begun = asyncio.Event()

    def answer(self, method: bytes, parameters: dict[str, object]) -> object:
        """Return the result of a method; store the time of each message."""
        if method == b"sendMessage":
            self.times.append(time.perf_counter())
            self.begun.set()
        return super().answer(method, parameters)


@dataclass(frozen=True)
class PaceReport:
    """Mean and fullest second of a paced announcement, each as a share of the rate limit."""

    mean: float
    fullest: float


@dataclass(frozen=True)
class Audience:
    """A database in which an announcement waits to be sent to many."""

    url: str
    database: Database
    key: str
    expanded: float  # recipients a second, when it was put into the outbox


async def prepare_audience(postgres: Postgres, subscribers: int) -> Audience:
    """Store subscribers, and expand an announcement into a message for each of them."""
    url, key = postgres.make_url(await postgres.create(empty=True)), make_key()
    database, pseudonyms = Database(url), Pseudonyms([key])
    await migrations.migrate(database)
    await store_announcement(database, pseudonyms, subscribers)
    begun = time.perf_counter()
    put = await announcements.expand_announcements(
        database, datetime.now(UTC), policy=replace(POLICY, pseudonyms=pseudonyms)
    )
    seconds = time.perf_counter() - begun
    assert put == subscribers, put
    return Audience(url, database, key, put / seconds)


@contextlib.asynccontextmanager
async def run_senders(
    crowd: Audience, folder: Path, *, limit: float, replicas: int = 1
) -> AsyncIterator[CountingPeer]:
    """Run replicas that send the waiting messages at a shared rate limit, inside the context."""
    peer = CountingPeer()
    server, api_url = await peer.serve()
    processes = [
        VariantProcess(Variant(f"sender {number}", ("bot", "run"), crowd.url), folder)
        for number in range(replicas)
    ]
    settings = {
        "BOT_TELEGRAM__LIMITS__GLOBAL_PER_SECOND": str(limit),
        "BOT_PRIVACY__ENCRYPTION_KEY": crowd.key,
    }
    # Telegram does not stand still to look for garbage: here that took 200 ms at a time.
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for process in processes:
            await process.start(api_url, peer.webhook, settings)
        peer.ports = [process.port for process in processes]
        yield peer
    finally:
        gc.enable()
        gc.unfreeze()
        await asyncio.gather(*(process.stop() for process in processes))
        server.close()


async def measure_speed(crowd: Audience, folder: Path, most: float) -> float:
    """Return the messages a second of one process without a limit, measured for `most` seconds."""
    await refill(crowd, 0)
    async with run_senders(crowd, folder, limit=0) as peer:
        await asyncio.wait_for(peer.begun.wait(), 30)
        await asyncio.sleep(1)
        begun, before = time.perf_counter(), len(peer.times)
        await asyncio.sleep(most)
        return (len(peer.times) - before) / (time.perf_counter() - begun)


async def measure_pace(
    crowd: Audience, folder: Path, *, limit: float, seconds: float, replicas: int
) -> PaceReport:
    """Send for some seconds at a rate limit, by one or several replicas; return how it was kept."""
    await refill(crowd, limit * (seconds + 5))
    async with run_senders(crowd, folder, limit=limit, replicas=replicas) as peer:
        await asyncio.wait_for(peer.begun.wait(), 30)
        await asyncio.sleep(seconds + 1.5)
    # The first second is that in which replicas start.
    times = [
        moment for moment in peer.times if peer.times[0] + 1 <= moment < peer.times[0] + 1 + seconds
    ]
    return PaceReport(len(times) / seconds / limit, count_fullest_second(times) / limit)


async def refill(crowd: Audience, messages: float) -> None:
    """Make sent messages wait again if fewer than `messages` are left; reset the pace."""
    waits = {"state": OutboxState.WAITING, "finished_at": None}
    counted = select(func.count()).select_from(_ROWS).where(_ROWS.c.state == OutboxState.WAITING)
    async with crowd.database.transaction() as connection:
        await connection.execute(update(table(Pace)).values(next_free=func.now()))
        if (await connection.execute(counted)).scalar_one() <= messages:
            await connection.execute(update(_ROWS).values(**waits))


def count_fullest_second(times: list[float]) -> int:
    """Return the largest number of messages within any second."""
    most = begin = 0
    for end, moment in enumerate(times):
        while moment - times[begin] >= 1:
            begin += 1
        most = max(most, end - begin + 1)
    return most
