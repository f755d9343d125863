"""Run the jobs at their intervals, with APScheduler. The scheduler stores nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from storage.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.runtime.jobs import Job, JobContext

log = structlog.get_logger()


class Scheduler:
    """Runs each job at its interval. Two runs of a job never overlap in one replica."""

    def __init__(self, jobs: Iterable[Job], context: JobContext) -> None:
        """Take the jobs and the context that they are called with."""
        self._jobs = tuple(jobs)
        self._context = context
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def start(self) -> None:
        """Run every job at once and after each of its intervals, until `stop` is called.

        It needs a running event loop, and returns at once.
        """
        for job in self._jobs:
            self._scheduler.add_job(
                self._run,
                "interval",
                (job,),
                seconds=job.compute_interval(self._context.settings),
                id=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),  # rows may have become due while the bot was off
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Start no more jobs, and cancel those that are running."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _run(self, job: Job) -> None:
        try:
            await job.run(self._context)
        except Unavailable as error:
            log.warning(
                "the database is unavailable; the job runs again at its next time",
                job=job.name,
                error=str(error),
            )
        except asyncio.CancelledError:
            log.info("a job was cancelled; it runs again at its next time", job=job.name)
