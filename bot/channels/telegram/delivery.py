"""Delivery: claims what is due from the outbox, sends it at its slot, writes what became of it."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson
import structlog
from telegram.error import ChatMigrated, TelegramError

from bot.channels.telegram.api import CONNECTIONS, BotApi
from bot.channels.telegram.errors import ErrorKind, classify_error, get_retry_after
from bot.channels.telegram.rate_limiter import RateLimiter
from bot.core.screen import Screen, Words
from storage import delivery_results, outbox, outbox_claims
from storage.database import Unavailable
from storage.delivery_results import SentResult, UnsentResult
from storage.models import OutboxState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection
    from telegram import Bot

    from bot.casework.reachability import Reachability
    from bot.channels.telegram.render import Rendered, Renderer
    from storage.database import Database
    from storage.delivery_results import DeliveryResult
    from storage.outbox_claims import DueMessage

log = structlog.get_logger()

_GATHERING = 0.01  # seconds in which what is due, and what was sent, is taken together


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How delivery works: the shared pace, the lease, the chunk, the first pause after a failure.

    The lease is longer than the slots of a chunk and all HTTP timeouts together.
    """

    pacing: outbox_claims.Pacing
    lease: timedelta = timedelta(seconds=60)
    chunk: int = 250
    backoff: timedelta = timedelta(seconds=2)
    longest_backoff: timedelta = outbox_claims.LONGEST_BACKOFF


@dataclass(frozen=True, slots=True)
class _Made:
    """To whom a message goes, and what of it Telegram is given."""

    chat_id: int
    rendered: Rendered


class Delivery:
    """One worker of the outbox; any number of them, in any number of replicas, may run."""

    def __init__(
        self,
        bot: Bot,
        renderer: Renderer,
        database: Database,
        terms: DeliverySettings,
        clock: Callable[[], datetime],
        on_stop: Callable[[str], None],
        reach: Reachability,
    ) -> None:
        """`on_stop` is called when the token is refused."""
        self._api = BotApi(bot)
        self._renderer = renderer
        self._database = database
        self._terms = terms
        self._clock = clock
        self._on_stop = on_stop
        self._reach = reach
        self._owner = uuid4().hex
        self._nudged = asyncio.Event()
        self._stopping = False
        self._sending: set[asyncio.Task[None]] = set()
        self._has_room = asyncio.Event()
        limit = terms.pacing.everyone
        self._gate = RateLimiter(limit, CONNECTIONS)
        # Later than that the pace may be another's; without a limit it is nobody's.
        self._longest_delay = outbox_claims.GRACE.total_seconds() if limit else float("inf")
        self._outcomes: list[DeliveryResult] = []
        self._one_writer = asyncio.Lock()
        self._again: datetime | None = None
        # An announcement is the same for a million people.
        self._rendered = lru_cache(maxsize=64)(self._render)

    def nudge(self) -> None:
        """Something was put in the outbox: look now, not at the next tick."""
        self._nudged.set()

    def health(self) -> bool:
        """Whether messages are being delivered."""
        return not self._stopping

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is claimed is finished."""
        self._stopping = True
        self._nudged.set()

    async def run(self, tick: float = 5.0) -> None:
        """Deliver until stopped; looks at every nudge, when a row falls due, and every `tick`."""
        while not self._stopping:
            self._nudged.clear()
            pause = tick
            try:
                if await self.start_due() >= self._terms.chunk:
                    await self._room()
                    continue
                pause = self._pause(tick)
            except Unavailable as error:
                log.warning("the outbox cannot be reached", error=str(error))
            except Exception:  # whatever it is, messages must go on
                log.exception("delivery stumbled")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), pause)
            await asyncio.sleep(_GATHERING)
        await self.drained()

    async def drained(self) -> None:
        """Return when what was claimed is finished."""
        while self._sending:
            await asyncio.wait(set(self._sending))
        await self._flush()

    async def _room(self) -> None:
        """Return when another chunk may be claimed: few enough are on their way."""
        while len(self._sending) > self._terms.chunk:
            self._has_room.clear()
            await self._has_room.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if len(self._sending) <= self._terms.chunk:
            self._has_room.set()

    def _pause(self, tick: float) -> float:
        """How long nothing will be due, as far as was seen."""
        if self._again is None:
            return tick
        return min(tick, max(0.05, (self._again - self._clock()).total_seconds()))

    async def start_due(self) -> int:
        """Write what became of rows, claim a chunk of what is due, begin to send it; its size."""
        now, begun = self._clock(), asyncio.get_running_loop().time()
        behind = self._gate.behind
        async with self._writing() as connection:
            claimed = await outbox_claims.claim_due_messages(
                connection,
                owner=self._owner,
                now=now,
                lease=self._terms.lease,
                pacing=self._terms.pacing,
                most=self._terms.chunk,
                behind=timedelta(seconds=behind),
            )
            later = (
                await outbox_claims.find_next_due(connection, now)
                if claimed.next_claim_at is None
                else None
            )
        # A chat's pause outlasts the claims that follow.
        kept = self._again if self._again and self._again > now else None
        self._again = min((at for at in (claimed.next_claim_at, later, kept) if at), default=None)
        if behind and claimed.rows:
            self._gate.moved(claimed.rows[0].number)
        committed = asyncio.get_running_loop().time()
        for each in claimed.rows:
            slot = begun + (each.slot - now).total_seconds()
            task = asyncio.create_task(self._handle(each, slot, committed))
            self._sending.add(task)
            task.add_done_callback(self._ended)
        return len(claimed.rows)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that first writes what became of rows, all that there is at once."""
        async with self._one_writer:
            became, self._outcomes = self._outcomes, []
            try:
                async with self._database.transaction() as connection:
                    finished = await delivery_results.record_results(
                        connection, self._owner, became, self._clock()
                    )
                    yield connection
            except BaseException:
                self._outcomes = [*became, *self._outcomes]  # nothing was written
                raise
        if finished < len(became):
            log.warning("rows were claimed by another meanwhile", rows=len(became) - finished)

    async def _flush(self) -> None:
        """Write what became of rows without claiming more."""
        if self._outcomes:
            async with self._writing():
                pass

    async def _handle(
        self, claimed: outbox_claims.ClaimedMessage, slot: float, committed: float
    ) -> None:
        row = claimed.row
        try:
            made = self._made(row)  # ahead of its slot: the first of many takes its time
        except Exception as error:
            outcome = self._impossible(row, error)
        else:
            # A slow database makes all late, and is no reason to send nothing.
            latest = max(slot, committed) + self._longest_delay
            outcome = await self._send_at(claimed, slot, latest, made)
        self._outcomes.append(outcome)  # the list as it is now, not as it was before sending
        self._nudged.set()

    async def _send_at(
        self, claimed: outbox_claims.ClaimedMessage, slot: float, latest: float, made: _Made
    ) -> DeliveryResult:
        row = claimed.row
        async with self._gate.passing(claimed.number, slot, latest) as in_time:
            if self._stopping or not in_time:
                return _unsent(row, OutboxState.WAITING)  # released
            try:
                message_id = await self._send(row, made)
            except TelegramError as error:
                try:
                    return await self._failed(row, error)
                except Unavailable:  # only what Telegram refused is looked up in the database
                    at = self._clock() + self._backoff(row)
                    return _unsent(row, OutboxState.WAITING, next_at=at)
            except Exception as error:
                return self._impossible(row, error)
            return SentResult(row.id, row.attempt, message_id)

    def _made(self, row: DueMessage) -> _Made:
        chat_id = (
            self._reach.policy.pseudonyms.decrypt_chat_id(row.sealed) if row.sealed else row.chat_id
        )
        return _Made(chat_id, self._rendered(row.screen, row.language, row.repeated))

    async def _send(self, row: DueMessage, made: _Made) -> int:
        *before, last = made.rendered.texts
        markup = made.rendered.markup
        if row.edits is not None:
            await self._api.edit(made.chat_id, row.edits, last, markup)
            return row.edits
        for text in before:
            await self._api.send(made.chat_id, text, None, row.thread_id)
        return await self._api.send(made.chat_id, last, markup, row.thread_id)

    def _render(self, stored: str, language: str, repeated: bool) -> Rendered:
        screen = Screen.from_json(orjson.loads(stored))
        if repeated:
            mark = Words("outbox.repeated")
            screen = replace(screen, paragraphs=(*screen.paragraphs, mark))
        return self._renderer.render(screen, language)

    async def _failed(self, row: DueMessage, error: TelegramError) -> DeliveryResult:
        judged, now = classify_error(error), self._clock()
        log.warning(
            "a message was not sent", dedup_key=row.dedup_key, verdict=judged.name, error=str(error)
        )
        match judged:
            case ErrorKind.WAIT:
                return await self._wait(row, now + get_retry_after(error))
            case ErrorKind.MOVED if isinstance(error, ChatMigrated):
                async with self._database.transaction() as connection:
                    await self._reach.move_group(connection, row.chat_id, error.new_chat_id)
                return self._once_more(row, now, error)
            case ErrorKind.BLOCKED:
                async with self._database.transaction() as connection:
                    await self._reach.mark_chat_lost(connection, row.chat_id, now)
                return self._once_more(row, outbox.PARKED, error)
            case ErrorKind.DONE:
                return SentResult(row.id, row.attempt, row.edits)
            case ErrorKind.NO_TOPIC:
                async with self._database.transaction() as connection:
                    await self._reach.mark_topic_lost(connection, row.chat_id, now)
                return self._once_more(row, now, error)
            case ErrorKind.REFUSED:
                return self._dead(row, str(error))
            case ErrorKind.STOP:
                self._on_stop(str(error))
                self.stop()
                return self._once_more(row, now, error)
            case ErrorKind.UNSURE if not row.critical:
                return _unsent(row, OutboxState.MAYBE_SENT, error=str(error)[:256])
            case ErrorKind.UNSURE:
                return self._once_more(row, now + self._backoff(row), error, repeated=True)
        return self._once_more(row, now + self._backoff(row), error)

    async def _wait(self, row: DueMessage, until: datetime) -> DeliveryResult:
        async with self._database.transaction() as connection:
            await outbox.delay_messages(connection, row.chat_id, until)
        return _unsent(row, OutboxState.WAITING, next_at=until, error="told to wait")

    def _once_more(
        self, row: DueMessage, at: datetime, error: TelegramError, *, repeated: bool = False
    ) -> DeliveryResult:
        return _unsent(
            row,
            OutboxState.WAITING,
            next_at=at,
            error=str(error)[:256],
            repeated=row.repeated or repeated,
        )

    def _backoff(self, row: DueMessage) -> timedelta:
        doubled = self._terms.backoff * (1 << min(row.attempt - 1, 12))
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - so that many do not come back at once
        return min(doubled, self._terms.longest_backoff) * spread

    def _impossible(self, row: DueMessage, error: Exception) -> DeliveryResult:
        log.exception("a message cannot be made", dedup_key=row.dedup_key)
        return self._dead(row, f"cannot be made: {error!r}")

    def _dead(self, row: DueMessage, error: str) -> DeliveryResult:
        log.error("a message is dead", dedup_key=row.dedup_key, error=error)
        return _unsent(row, OutboxState.DEAD, error=error[:256])


def _unsent(row: DueMessage, state: OutboxState, **changed: Any) -> UnsentResult:
    """What became of a row; what is not named stays as it was."""
    kept = {"next_at": row.next_at, "repeated": row.repeated, **changed}
    return UnsentResult(row.id, row.attempt, state, **kept)
