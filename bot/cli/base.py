"""What the commands share: the settings, the database, and how a command ends."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.runtime import logs
from bot.runtime.settings import Settings, load_settings
from storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

Result = TypeVar("Result")


class Failure(Exception):
    """A command failed; the message says what to do."""


class ChosenSettings:
    """The settings file that --config names, for the command that runs."""

    path: Path | None = None

    @classmethod
    def settings(cls) -> Settings:
        """The settings, read anew; raises BadSettings."""
        settings = load_settings(cls.path)
        logs.configure_logs(settings.telegram.token)
        return settings


def print_line(line: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{line}\n")


async def with_database(
    work: Callable[[Database], Awaitable[Result]], settings: Settings | None = None
) -> Result:
    """What `work` gives, done with the database of the settings."""
    database = Database((settings or ChosenSettings.settings()).database.url)
    try:
        return await work(database)
    finally:
        await database.close()


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result:
    """What a coroutine gives, in a loop of its own."""
    try:
        import uvloop
    except ImportError:  # it does not run everywhere
        return asyncio.run(work)
    return uvloop.run(work)


def to_utc(moment: datetime | None) -> datetime | None:
    """A moment given on the command line, which is in this machine's zone."""
    return None if moment is None else moment.astimezone(UTC)
