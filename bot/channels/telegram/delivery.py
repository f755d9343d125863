"""Delivery: claims due messages of the outbox, sends each in its slot, records the results."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from uuid import uuid4

import orjson
import structlog
from telegram.error import BadRequest, TelegramError

from bot.channels.telegram.api import MAX_CONNECTIONS, BotApi
from bot.channels.telegram.delivery_errors import Backoff, DeliveryErrors, give_up, make_unsent
from bot.channels.telegram.errors import ErrorKind, classify_error
from bot.channels.telegram.rate_limiter import RateLimiter
from bot.channels.telegram.render import REMOVE_KEYBOARD
from bot.core.screen import Screen
from storage import delivery_results, outbox_claims
from storage.database import Unavailable
from storage.delivery_results import SentResult
from storage.models import OutboxState
from storage.outbox import RETRACTION_KIND

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

_BATCH_SECONDS = 0.01  # results and new messages of this time share one transaction


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """The settings of a delivery worker.

    - `pacing`: the rate limit, shared by all workers.
    - `lease`: for how long a worker owns a claimed row. It is longer than sending a chunk takes,
      with all HTTP timeouts.
    - `chunk`: the maximum number of rows in one claim.
    - `backoff`: the pauses after failures.
    """

    pacing: outbox_claims.Pacing
    lease: timedelta = timedelta(seconds=60)
    chunk: int = 250
    backoff: Backoff = field(default_factory=Backoff)


@dataclass(frozen=True, slots=True)
class _RenderedMessage:
    """The chat that a message goes to, and its texts and keyboard."""

    chat_id: int
    rendered: Rendered


class Delivery:
    """A worker that sends the messages of the outbox. Any number may run, in several replicas."""

    def __init__(
        self,
        bot: Bot,
        renderer: Renderer,
        database: Database,
        settings: DeliverySettings,
        clock: Callable[[], datetime],
        on_stop: Callable[[str], None],
        reachability: Reachability,
    ) -> None:
        """Create a worker.

        `clock` returns the present time in UTC. `on_stop` is called with the reason if Telegram
        refuses the token.
        """
        self._api = BotApi(bot)
        self._renderer = renderer
        self._database = database
        self._settings = settings
        self._clock = clock
        self._pseudonyms = reachability.policy.pseudonyms
        self._errors = DeliveryErrors(
            database,
            settings.backoff,
            clock,
            on_stop=partial(self._stop_for, on_stop),
            reachability=reachability,
        )
        self._owner = uuid4().hex
        self._nudged = asyncio.Event()
        self._stopping = False
        self._sending: set[asyncio.Task[None]] = set()
        self._has_room = asyncio.Event()
        limit = settings.pacing.messages_per_second
        self._limiter = RateLimiter(limit, MAX_CONNECTIONS)
        # After this delay another worker may own the rate limit. Without a limit nobody owns it.
        self._longest_delay = outbox_claims.SLOT_GRACE.total_seconds() if limit else float("inf")
        self._results: list[DeliveryResult] = []
        self._writer_lock = asyncio.Lock()
        self._next_due: datetime | None = None
        # An announcement has the same text for everybody.
        self._render_cached = lru_cache(maxsize=64)(self._render_screen)

    def nudge(self) -> None:
        """Claim messages now instead of at the next tick, because a message was enqueued."""
        self._nudged.set()

    def is_running(self) -> bool:
        """Return True until the worker is stopped."""
        return not self._stopping

    def stop(self) -> None:
        """Claim no more messages; `run` returns when the claimed ones are finished."""
        self._stopping = True
        self._nudged.set()

    def _stop_for(self, on_stop: Callable[[str], None], reason: str) -> None:
        on_stop(reason)
        self.stop()

    async def run(self, tick: float = 5.0) -> None:
        """Deliver messages until `stop` is called.

        Claim after each `nudge`, when a message becomes due, and at least every `tick` seconds.
        """
        while not self._stopping:
            self._nudged.clear()
            pause = tick
            try:
                if await self.start_due_messages() >= self._settings.chunk:
                    await self._wait_for_room()
                    continue
                pause = self._compute_pause(tick)
            except Unavailable as error:
                log.warning("the outbox cannot be reached", error=str(error))
            except Exception:  # delivery must continue after any error
                log.exception("delivery failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), pause)
            await asyncio.sleep(_BATCH_SECONDS)
        await self.wait_until_finished()

    async def wait_until_finished(self) -> None:
        """Wait until all claimed messages are finished and their results are recorded."""
        while self._sending:
            await asyncio.wait(set(self._sending))
        await self._write_results()

    async def _wait_for_room(self) -> None:
        """Wait until at most `chunk` messages are being sent, so that more may be claimed."""
        while len(self._sending) > self._settings.chunk:
            self._has_room.clear()
            await self._has_room.wait()

    def _remove_task(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if len(self._sending) <= self._settings.chunk:
            self._has_room.set()

    def _compute_pause(self, tick: float) -> float:
        """Return the seconds until the next message is known to be due, between 0.05 and `tick`."""
        if self._next_due is None:
            return tick
        return min(tick, max(0.05, (self._next_due - self._clock()).total_seconds()))

    async def start_due_messages(self) -> int:
        """Record results, claim due messages, start to send them. Return how many were claimed.

        Raises Unavailable if the database cannot be used now.
        """
        now, started = self._clock(), asyncio.get_running_loop().time()
        delay = self._limiter.seconds_late
        async with self._begin_transaction() as connection:
            claimed = await outbox_claims.claim_due_messages(
                connection,
                owner=self._owner,
                now=now,
                lease=self._settings.lease,
                pacing=self._settings.pacing,
                max_rows=self._settings.chunk,
                delay=timedelta(seconds=delay),
            )
            later = (
                await outbox_claims.find_next_due(connection, now)
                if claimed.next_claim_at is None
                else None
            )
        # An earlier claim may have found a chat whose pause ends sooner than these times.
        earlier = self._next_due if self._next_due and self._next_due > now else None
        self._next_due = min(
            (time for time in (claimed.next_claim_at, later, earlier) if time), default=None
        )
        if delay and claimed.rows:
            self._limiter.record_shift(claimed.rows[0].slot_number)
        committed = asyncio.get_running_loop().time()
        for each in claimed.rows:
            slot = started + (each.send_at - now).total_seconds()  # of the event loop's clock
            task = asyncio.create_task(self._process_claim(each, slot, committed))
            self._sending.add(task)
            task.add_done_callback(self._remove_task)
        return len(claimed.rows)

    @asynccontextmanager
    async def _begin_transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction, and write all results that are not written yet."""
        async with self._writer_lock:
            results, self._results = self._results, []
            try:
                async with self._database.transaction() as connection:
                    finished = await delivery_results.record_results(
                        connection, self._owner, results, self._clock()
                    )
                    yield connection
            except BaseException:
                self._results = [*results, *self._results]  # the transaction was rolled back
                raise
        if finished < len(results):
            log.warning(
                "rows were claimed by another worker meanwhile", rows=len(results) - finished
            )

    async def _write_results(self) -> None:
        """Write the results that are not written yet, without a new claim."""
        if self._results:
            async with self._begin_transaction():
                pass

    async def _process_claim(
        self, claimed: outbox_claims.ClaimedMessage, slot: float, committed: float
    ) -> None:
        row = claimed.row
        try:
            message = self._render_message(row)  # before its slot, because rendering takes time
        except Exception as error:
            result = self._drop_unsendable(row, error)
        else:
            # A slow commit makes messages late, but they are sent all the same.
            latest = max(slot, committed) + self._longest_delay
            result = await self._send_in_slot(claimed, slot, latest, message)
        self._results.append(result)  # a transaction may have replaced the list meanwhile
        self._nudged.set()

    async def _send_in_slot(
        self,
        claimed: outbox_claims.ClaimedMessage,
        slot: float,
        latest: float,
        message: _RenderedMessage,
    ) -> DeliveryResult:
        row = claimed.row
        async with self._limiter.acquire_slot(claimed.slot_number, slot, latest) as in_time:
            if self._stopping or not in_time:
                return make_unsent(row, OutboxState.WAITING)  # another claim will send it
            try:
                message_id = await self._send_message(row, message)
            except TelegramError as error:
                return await self._errors.handle_error(row, error)
            except Exception as error:
                return self._drop_unsendable(row, error)
            if row.sealed:
                sealed_message = self._pseudonyms.sealer.seal_text(str(message_id))
                return SentResult(row.id, row.attempt, None, sealed_message)
            return SentResult(row.id, row.attempt, message_id)

    def _render_message(self, row: DueMessage) -> _RenderedMessage:
        chat_id = self._pseudonyms.decrypt_chat_id(row.sealed) if row.sealed else row.chat_id
        screen = self._pseudonyms.open_screen(row.screen) if row.sealed else row.screen
        return _RenderedMessage(chat_id, self._render_cached(screen, row.language, row.repeated))

    async def _send_message(self, row: DueMessage, message: _RenderedMessage) -> int:
        *first, last = message.rendered.texts
        markup = message.rendered.markup
        if row.edits is not None and row.kind == RETRACTION_KIND:
            await self._retract(message.chat_id, row.edits, last)
            return row.edits
        if row.edits is not None:
            await self._api.edit_message(message.chat_id, row.edits, last, markup)
            return row.edits
        removal, protected = message.rendered.removal, message.rendered.protected
        send = partial(self._api.send_message, thread_id=row.thread_id, protected=protected)
        if removal is not None:
            await send(message.chat_id, removal, REMOVE_KEYBOARD)
        for text in first:
            await send(message.chat_id, text, None)
        return await send(message.chat_id, last, markup)

    async def _retract(self, chat_id: int, message_id: int, text: str) -> None:
        """Delete a message, or replace its text if Telegram does not delete it any more.

        Nothing is left to do if it is gone already, or is a file of more than 48 hours. Raises
        TelegramError for errors that another attempt may not have.
        """
        try:
            await self._api.delete_message(chat_id, message_id)
        except BadRequest as error:
            if classify_error(error) is not ErrorKind.REFUSED:
                raise
        else:
            return
        try:
            await self._api.edit_message(chat_id, message_id, text, None)
        except BadRequest as error:
            if classify_error(error) not in {ErrorKind.REFUSED, ErrorKind.DONE}:
                raise

    def _render_screen(self, stored: str, language: str, repeated: bool) -> Rendered:
        screen = Screen.from_json(orjson.loads(stored))
        return self._renderer.render(screen.mark_repeated() if repeated else screen, language)

    def _drop_unsendable(self, row: DueMessage, error: Exception) -> DeliveryResult:
        log.exception("a message cannot be rendered or sent", dedup_key=row.dedup_key)
        return give_up(row, f"cannot be made: {error!r}")
