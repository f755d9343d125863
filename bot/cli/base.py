"""Functions that all commands use: settings, database, output, failures."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.privacy.encryption import BadKey
from bot.privacy.key_check import WrongKey
from bot.runtime import logs
from bot.runtime.settings import BadSettings, Settings, load_settings
from storage.database import BadUrl, Database, Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

Result = TypeVar("Result")


class Failure(Exception):
    """A command failed; the message says what to do."""


class ChosenSettings:
    """Remembers the settings file that the option --config names; None for the default."""

    path: Path | None = None

    @classmethod
    def settings(cls) -> Settings:
        """Read the settings, and configure the logs. Raises BadSettings."""
        settings = load_settings(cls.path)
        logs.configure_logs(settings.telegram.token)
        return settings


def describe_failure(error: Exception) -> tuple[str, int] | None:
    """Return the message and the exit status of an expected error, or None for any other."""
    match error:
        case BadSettings() | BadUrl() | BadKey():
            return str(error), 2
        case Unavailable():
            message = (
                "the database cannot be reached or is not set up; check database.url and run"
                f" 'python -m bot migrate' ({error})"
            )
            return message, 1
        case Failure() | WrongKey() | OSError():
            return str(error), 1
    return None


def require_simulator() -> None:
    """Raise Failure unless the simulator and its libraries are installed."""
    if find_spec("bot.simulator") is None or find_spec("aiogram") is None:
        raise Failure(
            "the simulator is not installed: run this in the project's source folder, after"
            " 'make demo' or 'pip install -r requirements/demo.txt'"
        )


def print_line(line: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{line}\n")


async def with_database(
    work: Callable[[Database], Awaitable[Result]], settings: Settings | None = None
) -> Result:
    """Call `work` with the configured database, return its result, and close the database.

    Raises BadSettings, BadUrl, and the exceptions of `work`.
    """
    database = Database((settings or ChosenSettings.settings()).database.url)
    try:
        return await work(database)
    finally:
        await database.close()


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in a new event loop, and return its result."""
    try:
        import uvloop
    except ImportError:  # there is no uvloop for Windows and PyPy
        return asyncio.run(work)
    return uvloop.run(work)


def to_utc(moment: datetime | None) -> datetime | None:
    """Convert a naive time in this machine's zone to an aware time in UTC; None stays None.

    Raises BadSettings for a time at the ends of the calendar, which UTC or the zone does not have.
    """
    try:
        return None if moment is None else moment.astimezone(UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise BadSettings(f"{moment}: choose a year from 1970 on and before 3000") from error
