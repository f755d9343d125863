"""The clock: APScheduler wakes the work that falls due. Rows say what is due; no job is stored.

Every replica may wake: what is done is done once because a row says so.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.casework import assignment, digest, escalation
from bot.core.screen import Button, Screen, Words
from bot.core.unit_of_work import UnitOfWork
from bot.forums.attendance import service
from bot.privacy import audit_chain, retention
from storage import conversations, failed_updates, outbox, search
from storage.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.casework.escalation import CaseDeadlines
    from bot.core.policy import Policy
    from bot.privacy.retention import RetentionPeriods
    from bot.runtime.settings import RetentionSettings
    from storage.database import Database

log = structlog.get_logger()

_MOST = 500  # rows that one waking takes at once


class Scheduler:
    """What is done without anybody asking, each in its own transaction."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        keeping: RetentionSettings,
        terms: RetentionPeriods,
        times: CaseDeadlines,
        clock: Callable[[], datetime],
        nudge: Callable[[], None],
        sweep_seconds: float = 10,
    ) -> None:
        self._database = database
        self._policy = policy
        self._retention = keeping
        self._terms = terms
        self._times = times
        self._clock = clock
        self._nudge = nudge
        self._sweep_seconds = sweep_seconds
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def start(self, *others: tuple[Callable[[], Awaitable[None]], float]) -> None:
        """Wake from now on, until `stop`; `others` too, each after so many seconds."""
        for work, seconds in (
            (self.sweep, self._sweep_seconds),
            (self.alert_waiting, 30),
            (self.remind_drafts, 60),
            (self.look_at_deadlines, 300),
            (self.send_digests, 300),
            (self.chain_audit, 10),
            (self.purge, 600),
            *others,
        ):
            self._scheduler.add_job(
                self._carefully,
                "interval",
                (work,),
                seconds=seconds,
                id=work.__name__,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),  # what fell due while nobody was there
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Wake no more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _carefully(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Unavailable as error:
            log.warning("the database is away; the next waking tries again", error=str(error))
        except asyncio.CancelledError:
            log.info("stopped in the middle: the next waking does it", work=work.__name__)

    async def sweep(self) -> None:
        """Free what vanished senders held, close what came too late."""
        async with self._database.transaction() as connection:
            swept = await outbox.sweep_outbox(connection, self._clock())
        if swept["expired"]:
            log.error("messages expired unsent", **swept)
        self._nudge()

    async def alert_waiting(self) -> None:
        """Look again for officers of submissions that nobody was on duty for."""
        alerted, last = 0, 0
        while True:
            async with self._database.transaction() as connection:
                found, end = await assignment.alert_waiting(
                    UnitOfWork(connection, self._clock(), self._policy), last
                )
            alerted += found
            if end is None:
                break
            last = end
        if alerted:
            self._nudge()

    async def look_at_deadlines(self) -> None:
        """Remind officers of what is due, report what is overdue, close what is over."""
        await escalation.check_deadlines(
            self._database, self._times, self._clock(), policy=self._policy
        )
        self._nudge()

    async def send_digests(self) -> None:
        """Tell officers in the morning what waits for them."""
        if await digest.send_digests(self._database, self._clock(), policy=self._policy):
            self._nudge()

    async def chain_audit(self) -> None:
        """Put what was appended to the audit into its chain."""
        await audit_chain.extend_chain(self._database, self._policy.cipher)

    async def remind_drafts(self) -> None:
        """Remind of drafts that expire soon, once."""
        now = self._clock()
        soon = now + timedelta(hours=self._retention.draft_reminder_hours)
        async with self._database.transaction() as connection:
            due = await conversations.list_drafts_to_remind(connection, soon, _MOST)
            messages = []
            for row in due:
                if row.expires_at is None or row.expires_at <= now:
                    continue
                messages.append(_reminder(row.chat_id, row.language, row.expires_at))
                await conversations.update_conversation(
                    connection, row.chat_id, {"reminded_at": now}
                )
            await outbox.enqueue_messages(connection, messages, now)
        if messages:
            self._nudge()

    async def purge(self) -> None:
        """Delete what has outlived its purpose."""
        now = self._clock()
        async with self._database.transaction() as connection:
            await conversations.clear_expired_drafts(connection, now)
            keep = timedelta(days=self._retention.failed_update_days)
            await failed_updates.delete_failed_updates_before(connection, now - keep)
        await self._database.tidy()
        await search.optimise_index(self._database)
        kept = timedelta(days=self._retention.registration_days)
        await service.erase_expired_registrations(self._database, now - kept)
        if await retention.apply_retention(self._database, self._terms, now, policy=self._policy):
            self._nudge()


def _reminder(chat_id: int, language: str, expires_at: datetime) -> outbox.OutboxMessage:
    return outbox.OutboxMessage(
        dedup_key=f"draft:{chat_id}:{int(expires_at.timestamp())}",
        kind="draft",
        chat_id=chat_id,
        priority=outbox.Priority.REMINDER,
        language=language,
        screen=Screen(
            (Words("draft.reminder", {"until": expires_at}),),
            tuple(Button(Words(f"draft.{name}"), f"draft:{name}") for name in ("resume", "drop")),
        ).to_json(),
        expires_at=expires_at,
        critical=False,
    )
