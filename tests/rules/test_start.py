"""The time to start: what importing a part of the program must not import."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Libraries that only some runs need, or that are needed long after the start.
RARELY_NEEDED = [
    "PIL",
    "aiogram",
    "aiohttp_socks",
    "alembic",
    "fsspec",
    "holidays",
    "icalendar",
    "openpyxl",
    "prometheus_client",
    "pydantic_settings",
    "rapidfuzz",
    "segno",
    "shapely",
    "starlette",
    "typer",
    "uvicorn",
]
# `--help` needs neither the database nor Telegram.
NOT_FOR_HELP = [
    *(name for name in RARELY_NEEDED if name != "typer"),
    *("sqlalchemy", "sqlmodel", "structlog", "telegram", "bot.runtime"),
]


def list_imported(statement: str) -> set[str]:
    """Return the names of the modules that a statement imports in a new process."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "unneeded"),
    [("import bot.runtime.app", RARELY_NEEDED), ("import bot.cli.main", NOT_FOR_HELP)],
)
def test_libraries_are_imported_when_they_are_needed(statement: str, unneeded: list[str]) -> None:
    """A start imports nothing that only some runs need."""
    imported = list_imported(statement)
    assert statement.split()[1] in imported
    assert not imported.intersection(unneeded)
