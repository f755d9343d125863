"""The command line's answers to mistakes:

one line that says what to do. Lines of the log begin with `timestamp=`. The other lines on standard
error are for the operator.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from bot.simulator.server import Simulator
from tests.processes import run_command

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.postgres import Postgres

ROOT = Path(__file__).parents[2]
TOKEN = "123456:" + "c" * 35


def run_bot(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with settings in its environment."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BOT_")}
    return run_command(words, {**environment, "BOT_OPS__LISTEN_PORT": "0", **settings}, folder)


def get_only_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the only line on standard error that is not of the log."""
    lines = [each for each in done.stderr.splitlines() if not each.startswith("timestamp=")]
    assert len(lines) == 1, done.stderr
    return lines[0]


@contextmanager
def take_port() -> Iterator[str]:
    """Listen on a free port inside the context; yield the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield str(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[telegram]\ntokn = 'x'\n", "telegram.tokn: no such setting; known are token"),
        ("[locale]\ntimezone = 'Mars/Base'\n", "locale.timezone: is not a time zone"),
        ("[telegram\n", "not TOML"),
    ],
)
def test_a_mistake_in_the_settings_file(tmp_path: Path, content: str, says: str) -> None:
    """Exit status 2; the line names the setting and the allowed values."""
    (tmp_path / "config.toml").write_text(content)
    done = run_bot(tmp_path, "migrate")
    assert done.returncode == 2
    assert says in get_only_line(done)
    assert "config.toml" in get_only_line(done)


@pytest.mark.parametrize(
    ("settings", "words", "status", "says"),
    [
        ({"BOT_TELEGRAN__TOKEN": "x"}, ("migrate",), 2, "BOT_TELEGRAN__TOKEN: no such setting"),
        ({"BOT_OPS__LISTEN_PORT": "many"}, ("migrate",), 2, "ops.listen_port"),
        ({"BOT_CONFIG": "none.toml"}, ("migrate",), 2, "there is no such file"),
        ({"BOT_TELEGRAM__TOKEN": "123:abc"}, ("run",), 2, "telegram.token: is not a bot token"),
        ({}, ("officers", "invite", "--unit", "0"), 2, "units list"),
        ({"BOT_TELEGRAM__TOKEN": TOKEN}, ("run",), 1, "run 'python -m bot migrate' first"),
        (
            {"BOT_DATABASE__URL": "postgresql+asyncpg://x@127.0.0.1:1/x"},
            ("migrate",),
            1,
            "database.url",
        ),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path, settings: dict[str, str], words: tuple[str, ...], status: int, says: str
) -> None:
    """Wrong settings and usage exit with 2, problems outside the program with 1."""
    done = run_bot(tmp_path, *words, **settings)
    assert (done.returncode, says in get_only_line(done)) == (status, True), done.stderr


def test_a_malformed_secret_is_not_shown(tmp_path: Path) -> None:
    """Standard error is kept in logs, so a secret must not be in it."""
    done = run_bot(tmp_path, "migrate", BOT_TELEGRAM__WEBHOOK__SECRET_TOKEN="hush hush!")
    assert done.returncode == 2
    assert "hush" not in done.stderr


@pytest.mark.parametrize("words", [("flee",), ("migrate", "--sideways")])
def test_wrong_usage_names_the_unknown_word(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Exit status 2; the last line has the unknown word."""
    done = run_bot(tmp_path, *words)
    assert done.returncode == 2
    assert words[-1] in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_exist_is_named(tmp_path: Path, postgres: Postgres) -> None:
    """The server runs but the database is missing: one line, no traceback."""
    done = run_bot(tmp_path, "migrate", BOT_DATABASE__URL=postgres.make_url("nowhere"))
    assert done.returncode == 1
    assert "database.url" in get_only_line(done)


async def test_problems_at_the_start_are_one_line(tmp_path: Path) -> None:
    """Telegram is unreachable or does not know the token, or a port is in use:

    status 1, and no token is shown.
    """

    def run(**settings: str) -> subprocess.CompletedProcess[str]:
        return run_bot(tmp_path, "run", **{"BOT_TELEGRAM__TOKEN": TOKEN, **settings})

    assert run_bot(tmp_path, "migrate").returncode == 0
    away = await asyncio.to_thread(run, BOT_TELEGRAM__API_BASE_URL="http://127.0.0.1:1")
    assert "http://127.0.0.1:1 cannot be reached" in get_only_line(away)
    async with Simulator(tokens=[TOKEN]) as simulator:
        here = {"BOT_TELEGRAM__API_BASE_URL": simulator.url}
        other = {**here, "BOT_TELEGRAM__TOKEN": "654321:" + "z" * 35}
        unknown = await asyncio.to_thread(run, **other)
        assert "does not know this token" in get_only_line(unknown)
        with take_port() as port:
            ops = await asyncio.to_thread(run, **here, BOT_OPS__LISTEN_PORT=port)
            hook = await asyncio.to_thread(
                run,
                **here,
                BOT_TELEGRAM__MODE="webhook",
                BOT_TELEGRAM__WEBHOOK__PUBLIC_URL="https://example.org",
                BOT_TELEGRAM__WEBHOOK__SECRET_TOKEN="secret",
                BOT_TELEGRAM__WEBHOOK__LISTEN_PORT=port,
            )
            demo = await asyncio.to_thread(run_bot, tmp_path, "demo", "--port", port)
    for done in (ops, hook, demo):
        assert port in get_only_line(done)
    for done in (away, unknown, ops, hook, demo):
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert not any(secret in done.stderr for secret in (TOKEN, "z" * 35))


def test_the_first_steps(tmp_path: Path) -> None:
    """Migrating twice is harmless; an invitation is one line; an empty export opens as a
    spreadsheet.
    """
    assert [run_bot(tmp_path, "migrate").returncode for _ in range(2)] == [0, 0]
    (line,) = run_bot(tmp_path, "officers", "invite", "--unit", "31").stdout.splitlines()
    assert "invite_" in line
    empty = run_bot(tmp_path, "export", "submissions")
    assert (empty.returncode, empty.stdout, empty.stderr) == (0, "", "")
    for form in ("csv", "xlsx"):
        out = ("--format", form, "--out", f"all.{form}")
        assert run_bot(tmp_path, "export", "submissions", *out).returncode == 0
    assert "Mã" in (tmp_path / "all.csv").read_text("utf-8-sig").splitlines()[0]
    sheet = openpyxl.load_workbook(tmp_path / "all.xlsx").worksheets[0]
    assert "Mã" in [cell.value for cell in sheet[1]]


def test_the_doctor_names_every_problem(tmp_path: Path) -> None:
    """Each problem with its remedy; the exit status is 1 while there is a problem."""
    done = run_bot(tmp_path, "doctor")
    assert done.returncode == 1
    assert "run 'python -m bot migrate'" in done.stdout
    assert "telegram.token" in done.stdout
    assert "see above" in get_only_line(done)


def test_the_audit_is_verified(tmp_path: Path) -> None:
    """The command prints the head of the chain; a wrong head and an invalid shift are one line
    each.
    """
    url = {"BOT_DATABASE__URL": f"sqlite+aiosqlite:///{tmp_path}/a.db"}
    assert run_bot(tmp_path, "migrate", **url).returncode == 0
    held = run_bot(tmp_path, "audit", "verify", **url)
    assert (held.returncode, held.stdout.split(",")[0]) == (0, "0 entries")
    cut = run_bot(tmp_path, "audit", "verify", "--head", "ff", **url)
    assert cut.returncode == 1
    assert "was changed" in get_only_line(cut)
    wrong = run_bot(tmp_path, "officers", "set-shifts", "1", "--shift", "monday", **url)
    assert wrong.returncode == 2
    assert "mon-fri 07:30-17:00" in get_only_line(wrong)


def test_a_restored_copy_is_held_and_released(tmp_path: Path) -> None:
    """While it is held, no bot starts; the release shows what may have been sent, then ends it."""
    settings = {
        "BOT_DATABASE__URL": f"sqlite+aiosqlite:///{tmp_path}/a.db",
        "BOT_TELEGRAM__TOKEN": TOKEN,
    }
    assert run_bot(tmp_path, "migrate", **settings).returncode == 0
    assert "not held" in get_only_line(run_bot(tmp_path, "outbox", "release", **settings))
    assert run_bot(tmp_path, "outbox", "hold", **settings).returncode == 0
    refused = run_bot(tmp_path, "run", **settings)
    assert refused.returncode == 1
    assert "outbox release" in get_only_line(refused)
    shown = run_bot(tmp_path, "outbox", "release", **settings)
    assert (shown.returncode, "--confirm" in shown.stdout) == (0, True)
    released = run_bot(tmp_path, "outbox", "release", "--confirm", **settings)
    assert (released.returncode, "start the bot" in released.stdout) == (0, True)
    assert "not held" in get_only_line(run_bot(tmp_path, "outbox", "release", **settings))
