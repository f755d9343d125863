"""Delivery errors: what becomes of an outbox row that Telegram did not take."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from telegram.error import ChatMigrated

from bot.channels.telegram.errors import ErrorKind, classify_error, get_retry_after
from storage import outbox
from storage.database import Unavailable
from storage.delivery_results import SentResult, UnsentResult
from storage.models import OutboxState
from storage.outbox_claims import LONGEST_BACKOFF

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from telegram.error import TelegramError

    from bot.casework.reachability import Reachability
    from storage.database import Database
    from storage.delivery_results import DeliveryResult
    from storage.outbox_claims import DueMessage

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Backoff:
    """The pause after the first failure of a row; it doubles with each one, up to `longest`."""

    first: timedelta = timedelta(seconds=2)
    longest: timedelta = LONGEST_BACKOFF

    def compute_pause(self, attempt: int) -> timedelta:
        """Return the pause after a failed attempt; attempts are counted from 1."""
        doubled = self.first * (1 << min(attempt - 1, 12))
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - it spreads retries  # nosec B311
        return min(doubled, self.longest) * spread


class DeliveryErrors:
    """Decides about rows that were not sent.

    No row is tried again at once, even after the cause was corrected (such as a new chat id). If
    the correction is wrong, the error would come again as fast as Telegram answers.
    """

    def __init__(
        self,
        database: Database,
        backoff: Backoff,
        clock: Callable[[], datetime],
        *,
        on_stop: Callable[[str], None],
        reachability: Reachability,
    ) -> None:
        """Take the dependencies.

        `clock` returns the present time in UTC. `on_stop` is called with the reason if Telegram
        refuses the token. `reachability` stores which chats cannot be reached.
        """
        self._database = database
        self._backoff = backoff
        self._clock = clock
        self._on_stop = on_stop
        self._reachability = reachability

    async def handle_error(self, row: DueMessage, error: TelegramError) -> DeliveryResult:
        """Return the result of a row that was not sent.

        What the error says about the chat is stored, for example that it cannot be reached. If the
        database is not available for this, the row waits for another attempt.
        """
        error_kind = classify_error(error)
        log.warning(
            "a message was not sent",
            dedup_key=row.dedup_key,
            verdict=error_kind.name,
            error=str(error),
        )
        try:
            return await self._decide(row, error, error_kind)
        except Unavailable:
            return self._retry(row, error)

    async def _decide(
        self, row: DueMessage, error: TelegramError, error_kind: ErrorKind
    ) -> DeliveryResult:
        match error_kind:
            case ErrorKind.DONE:
                return SentResult(row.id, row.attempt, row.edits)
            case ErrorKind.WAIT:
                return await self._delay_chat(row, self._clock() + get_retry_after(error))
            case ErrorKind.MOVED if isinstance(error, ChatMigrated):
                async with self._database.transaction() as connection:
                    await self._reachability.move_group(connection, row.chat_id, error.new_chat_id)
            case ErrorKind.NO_TOPIC if row.thread_id is not None:
                async with self._database.transaction() as connection:
                    await self._reachability.mark_topic_lost(
                        connection, row.chat_id, row.thread_id, self._clock()
                    )
            case ErrorKind.BLOCKED | ErrorKind.NO_TOPIC:  # the group itself is a closed topic
                return await self._lose_chat(row, error)
            case ErrorKind.REFUSED:
                return await self._refuse(row, error)
            case ErrorKind.STOP:
                self._on_stop(str(error))
            case ErrorKind.UNSURE if not row.critical:
                return make_unsent(row, OutboxState.MAYBE_SENT, error=str(error)[:256])
            case ErrorKind.UNSURE:
                return self._retry(row, error, repeated=True)
        return self._retry(row, error)

    async def _delay_chat(self, row: DueMessage, until: datetime) -> DeliveryResult:
        async with self._database.transaction() as connection:
            await outbox.delay_messages(connection, row.chat_id, until)
        return make_unsent(row, OutboxState.WAITING, next_at=until, error="told to wait")

    async def _lose_chat(self, row: DueMessage, error: TelegramError) -> DeliveryResult:
        """Return the result for a chat that the bot may not write to.

        A person's row waits until the bot is unblocked. A group's row is finished, because its
        officers are told in private.
        """
        async with self._database.transaction() as connection:
            await self._reachability.mark_chat_lost(connection, row.chat_id, self._clock())
        if row.chat_id < 0:
            return make_unsent(row, OutboxState.EXPIRED, error=str(error)[:256])
        return self._retry(row, error, at=outbox.PARKED)

    async def _refuse(self, row: DueMessage, error: TelegramError) -> DeliveryResult:
        if row.chat_id < 0 and row.edits is None:
            async with self._database.transaction() as connection:
                await self._reachability.forward_refused(
                    connection, row.chat_id, row.dedup_key, self._clock()
                )
        return give_up(row, str(error))

    def _retry(
        self,
        row: DueMessage,
        error: TelegramError,
        *,
        at: datetime | None = None,
        repeated: bool = False,
    ) -> DeliveryResult:
        """Return the result of a row that is sent again, after its pause unless `at` is given."""
        return make_unsent(
            row,
            OutboxState.WAITING,
            next_at=at or self._clock() + self._backoff.compute_pause(row.attempt),
            error=str(error)[:256],
            repeated=row.repeated or repeated,
        )


def give_up(row: DueMessage, error: str) -> DeliveryResult:
    """Return the result of a row that is never sent."""
    log.error("a message is dead", dedup_key=row.dedup_key, error=error)
    return make_unsent(row, OutboxState.DEAD, error=error[:256])


def make_unsent(row: DueMessage, state: OutboxState, **changed: Any) -> UnsentResult:
    """Return the result of a row that was not sent. `changed` are other fields of it."""
    columns = {"next_at": row.next_at, "repeated": row.repeated, **changed}
    return UnsentResult(row.id, row.attempt, state, **columns)
