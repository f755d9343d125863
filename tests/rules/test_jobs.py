"""The table of jobs."""

from __future__ import annotations

import inspect

from bot.runtime import jobs
from bot.runtime.jobs import JOBS, JobContext
from bot.runtime.settings import RateLimitSettings, Settings, TelegramSettings


def test_every_function_of_a_context_is_a_job() -> None:
    """A job that is written but not in the table would never run."""
    functions = {
        name
        for name, function in inspect.getmembers(jobs, inspect.iscoroutinefunction)
        if [each.annotation for each in inspect.signature(function).parameters.values()]
        == [JobContext.__name__]
    }
    assert functions == {job.name for job in JOBS}
    assert all(job.run.__name__ == job.name for job in JOBS)


def test_the_outbox_is_swept_as_often_as_leases_end() -> None:
    """A lease shorter than ten seconds shortens the interval."""
    (sweep,) = (job for job in JOBS if job.name == "sweep_outbox")
    short = Settings(telegram=TelegramSettings(limits=RateLimitSettings(lease_seconds=2)))
    assert sweep.compute_interval(Settings()) == 10
    assert sweep.compute_interval(short) == 2
