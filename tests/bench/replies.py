"""Residents who write during an announcement: the sum of all messages, and the time to a reply."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from tests.bench.broadcast import count_fullest_second, refill, run_senders
from tests.bench.load import make_head, make_message_update
from tests.bench.variants import SECRET
from tests.bench.wire import HttpCaller

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.broadcast import Audience, CountingPeer

TELEGRAMS_LIMIT = 30  # messages a second to all chats together
_LIMIT = 25  # the usual setting of the bot
_RESIDENTS = range(500_000_000, 500_000_100)
_INTERVAL = 8.0  # seconds between two messages of a resident, on average
_PATIENCE = 20.0  # seconds for a reply


@dataclass(frozen=True)
class ReplyReport:
    """Messages in the fullest second, and the seconds within which 95 percent of replies came."""

    fullest: int
    p95: float
    replies: int


async def measure_replies(
    crowd: Audience, folder: Path, *, seconds: float, replicas: int
) -> ReplyReport:
    """Let residents write to replicas that send an announcement; return how they were answered.

    They write for `seconds`. The replicas write their logs into `folder`.
    """
    await refill(crowd, _LIMIT * (seconds + 5))
    waits: list[float] = []
    async with run_senders(crowd, folder, limit=_LIMIT, replicas=replicas) as peer:
        await asyncio.wait_for(peer.begun.wait(), 30)
        await asyncio.sleep(1)  # the second in which replicas start
        begun = time.perf_counter()
        await asyncio.gather(
            *(_write_messages(peer, chat_id, begun + seconds, waits) for chat_id in _RESIDENTS)
        )
        await asyncio.sleep(max(0.0, begun + seconds - time.perf_counter()))
        times = [moment for moment in peer.times if moment >= begun]
    ordered = sorted(waits) or [0.0]
    return ReplyReport(count_fullest_second(times), ordered[int(len(ordered) * 0.95)], len(ordered))


async def _write_messages(
    peer: CountingPeer, chat_id: int, until: float, waits: list[float]
) -> None:
    """Write to one of the replicas at random times, and wait for each reply."""
    chance = random.Random(chat_id)
    port = peer.ports[chat_id % len(peer.ports)]
    chat = peer.chats[chat_id]
    while True:
        pause = chance.uniform(0, 2 * _INTERVAL)
        if time.perf_counter() + pause >= until:
            return
        await asyncio.sleep(pause)
        begun = time.perf_counter()
        chat.changed.clear()
        # Servers hang up on who is silent for long.
        loop = asyncio.get_running_loop()
        transport, caller = await loop.create_connection(HttpCaller, "127.0.0.1", port)
        body = orjson.dumps(make_message_update(chat_id, "/help"))
        status, _content = await caller.post(make_head(port, SECRET), body)
        assert status == 200, status
        await asyncio.wait_for(chat.changed.wait(), _PATIENCE)
        waits.append(time.perf_counter() - begun)
        transport.close()
