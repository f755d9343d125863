"""The command line as an operator meets it: a mistake is one clear line, with its status."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.simulator.server import Simulator

ROOT = Path(__file__).parents[2]
TOKEN = "123456:" + "c" * 35


def bot(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with settings from the environment."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BOT_")}
    environment |= {"PYTHONPATH": str(ROOT), "BOT_OPS__LISTEN_PORT": "0", **settings}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", *words],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that says what is wrong; lines of the log are not counted."""
    (line,) = [each for each in done.stderr.splitlines() if each.startswith("langnghe: ")]
    assert "Traceback" not in done.stderr
    return line


@pytest.mark.parametrize(
    ("settings", "words", "status", "says"),
    [
        ({"BOT_TELEGRAM__TOKEN": "x"}, ("run",), 2, "telegram.token: is not a bot token"),
        ({}, ("run",), 2, "telegram.token is not set"),
        ({"BOT_TELEGRAM__TOKN": "x"}, ("migrate",), 2, "telegram.tokn: no such setting"),
        ({"BOT_DATABASE__URL": "mysql://x"}, ("migrate",), 2, "the database URL must begin with"),
        ({}, ("--config", "none.toml", "migrate"), 2, "there is no such file"),
        ({}, ("officers", "invite", "--unit", "99"), 2, "no such unit"),
        ({}, ("export", "submissions"), 1, "python -m bot migrate"),
        (
            {"BOT_DATABASE__URL": "postgresql+asyncpg://nobody@127.0.0.1:1/none"},
            ("migrate",), 1, "the database cannot be reached",
        ),
        (
            {"BOT_TELEGRAM__TOKEN": TOKEN, "BOT_TELEGRAM__MODE": "webhook"},
            ("run",), 2, "public_url",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_says_what_to_do(
    tmp_path: Path, settings: dict[str, str], words: tuple[str, ...], status: int, says: str
) -> None:
    """Settings and usage end with 2, what is wrong outside with 1."""
    done = bot(tmp_path, *words, **settings)
    assert done.returncode == status, done.stderr
    assert says in complaint(done)


def test_an_unknown_command_is_wrong_usage(tmp_path: Path) -> None:
    """As every program has it."""
    assert bot(tmp_path, "flee").returncode == 2
    assert bot(tmp_path, "migrate", "--sideways").returncode == 2


def test_running_without_migrating_says_so(tmp_path: Path) -> None:
    """Nothing is changed, and the command to run is named."""
    done = bot(tmp_path, "run", BOT_TELEGRAM__TOKEN=TOKEN)
    assert done.returncode == 1
    assert "run 'python -m bot migrate' first" in complaint(done)


def test_migrate_invite_and_export(tmp_path: Path) -> None:
    """The first steps of an operator; each can be repeated."""
    for _ in range(2):
        assert bot(tmp_path, "migrate").returncode == 0
    invited = bot(tmp_path, "officers", "invite", "--unit", "31")
    assert invited.stdout.startswith("/start invite_")
    exported = bot(tmp_path, "export", "submissions", "--format", "jsonl")
    assert (exported.returncode, exported.stdout) == (0, "")
    assert bot(tmp_path, "export", "audit", "--format", "csv").stdout.startswith("\ufeffid,at")
    assert bot(tmp_path, "doctor").returncode == 1


def test_telegram_that_is_away_is_named(tmp_path: Path) -> None:
    """The address, and that a proxy may help."""
    bot(tmp_path, "migrate")
    away = {"BOT_TELEGRAM__TOKEN": TOKEN, "BOT_TELEGRAM__API_BASE_URL": "http://127.0.0.1:1"}
    done = bot(tmp_path, "run", **away)
    assert done.returncode == 1
    assert "http://127.0.0.1:1 cannot be reached" in complaint(done)
    assert TOKEN not in done.stderr


async def test_a_token_that_telegram_does_not_know(tmp_path: Path) -> None:
    """Well formed, but nobody's; it is not repeated in the log."""
    async with Simulator(tokens=["654321:" + "z" * 35]) as simulator:
        await asyncio.to_thread(bot, tmp_path, "migrate")
        done = await asyncio.to_thread(
            bot, tmp_path, "run",
            BOT_TELEGRAM__TOKEN=TOKEN, BOT_TELEGRAM__API_BASE_URL=simulator.url,
        )  # fmt: skip
    assert done.returncode == 1
    assert "does not know this token" in complaint(done)
    assert TOKEN not in done.stderr


@pytest.mark.parametrize("words", [("demo", "--port"), ("simulator", "--port")])
def test_a_port_in_use_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Another port is asked for."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = bot(tmp_path, *words, port)
    assert done.returncode == 1
    assert port in done.stderr
    assert "Traceback" not in done.stderr
