"""Attack 7, at the command line: a wrong key, a lost key file, and an old key that is needed."""

from __future__ import annotations

import os
import pty
import sqlite3
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from bot.privacy.encryption import Cipher, make_key
from tests.commandline.test_mistakes import ROOT, TOKEN, get_only_line, run_bot

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = make_key(), make_key()
KEY_FILE = "langnghe.key"


def run_with(folder: Path, keys: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command with these keys, "" for none in the settings."""
    settings = {"BOT_TELEGRAM__TOKEN": TOKEN, "BOT_DATABASE__URL": "sqlite+aiosqlite:///a.db"}
    return run_bot(
        folder,
        *words,
        **settings,
        BOT_PRIVACY__ENCRYPTION_KEY=keys,
        BOT_PRIVACY__KEY_FILE=KEY_FILE,
        BOT_TELEGRAM__API_BASE_URL="http://127.0.0.1:1",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a database that is encrypted with the old key."""
    assert run_with(tmp_path, OLD, "migrate").returncode == 0
    assert run_with(tmp_path, OLD, "audit", "verify").returncode == 0
    return tmp_path


COMMANDS = [
    ("migrate",),
    ("purge",),
    ("run",),
    ("audit", "verify"),
    ("keys", "status"),
    ("keys", "rotate"),
    ("officers", "invite", "--unit", "31"),
    ("officers", "revoke-invite", "1"),
    ("officers", "deactivate", "1"),
    ("export", "submissions", "--with-identity"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("keys", [NEW, ""], ids=["another key", "no key"])
def test_a_command_refuses_a_key_of_another_database(
    folder: Path, words: tuple[str, ...], keys: str
) -> None:
    """One line that names the setting; nothing is changed, and no new key is made."""
    before = (folder / "a.db").read_bytes()
    done = run_with(folder, keys, *words)
    assert done.returncode == 1
    assert "privacy.encryption_key" in get_only_line(done)
    assert not (folder / KEY_FILE).exists()
    assert (folder / "a.db").read_bytes() == before


@pytest.mark.parametrize("keys", [NEW, ""], ids=["another key", "no key"])
def test_the_doctor_finds_a_wrong_key(folder: Path, keys: str) -> None:
    """It said that all was good."""
    done = run_with(folder, keys, "doctor")
    assert done.returncode == 1
    assert "key: the database" in done.stdout
    assert not (folder / KEY_FILE).exists()
    assert "key: good" in run_with(folder, OLD, "doctor").stdout


def test_a_new_database_gets_a_key_file_once(tmp_path: Path) -> None:
    """If it is lost, no other one takes its place."""
    assert run_with(tmp_path, "", "migrate").returncode == 0
    first = (tmp_path / KEY_FILE).read_text()
    assert run_with(tmp_path, "", "migrate").returncode == 0
    assert (tmp_path / KEY_FILE).read_text() == first
    (tmp_path / KEY_FILE).unlink()
    done = run_with(tmp_path, "", "migrate")
    assert done.returncode == 1
    assert KEY_FILE in get_only_line(done)
    assert not (tmp_path / KEY_FILE).exists()


def test_the_status_says_when_the_old_key_may_be_removed(folder: Path) -> None:
    """Not before the rotation; afterwards the new key alone is enough."""
    before = run_with(folder, f"{NEW},{OLD}", "keys", "status")
    assert before.returncode == 0
    assert "key_check.sealed: 2 key 2" in before.stdout
    assert "key 2 is still needed" in before.stdout
    rotated = run_with(folder, f"{NEW},{OLD}", "keys", "rotate", "--wait", "0")
    assert (rotated.returncode, rotated.stderr) == (0, "")
    assert "may be removed" in rotated.stdout
    after = run_with(folder, NEW, "keys", "status")
    assert "key_check.sealed: 2 key 1" in after.stdout
    assert run_with(folder, NEW, "audit", "verify").returncode == 0
    assert "privacy.encryption_key" in get_only_line(run_with(folder, OLD, "audit", "verify"))


def test_a_key_is_needed_while_one_value_is_under_it(folder: Path) -> None:
    """Whatever table it is in; a value that no key decrypts is said, too."""
    run_with(folder, f"{NEW},{OLD}", "keys", "rotate", "--wait", "0")
    for key, says in (
        (OLD, "key 2 is still needed"),
        (make_key(), "1 of key_check.sealed are under no"),
    ):
        with sqlite3.connect(folder / "a.db") as database:
            database.execute(
                "INSERT OR REPLACE INTO key_check VALUES (9, ?)", [Cipher([key]).encrypt_text("x")]
            )
        done = run_with(folder, f"{NEW},{OLD}", "keys", "status")
        assert says in done.stdout
        assert "may be removed" not in done.stdout


def test_progress_is_shown_on_a_terminal_only(folder: Path) -> None:
    """A file gets the lines alone."""
    environment = {
        **{name: each for name, each in os.environ.items() if not name.startswith("BOT_")},
        "BOT_DATABASE__URL": "sqlite+aiosqlite:///a.db",
        "BOT_PRIVACY__ENCRYPTION_KEY": f"{NEW},{OLD}",
        "TERM": "xterm",
        "PYTHONPATH": str(ROOT),
    }
    ours, theirs = pty.openpty()
    with (folder / "out").open("w") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "bot", "keys", "status"],
            env=environment,
            cwd=folder,
            stdout=out,
            stderr=theirs,
        )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # the terminal has no other end any more
        while part := os.read(ours, 100_000):
            shown += part
    os.close(ours)
    assert running.wait() == 0, shown
    assert b"key_check" in shown
    assert "key_check.sealed: 2 key 2" in (folder / "out").read_text()
    assert run_with(folder, f"{NEW},{OLD}", "keys", "status").stderr == ""


def test_run_makes_no_key_for_a_database_without_tables(tmp_path: Path) -> None:
    """It says "migrate first". A key file that it left would be taken for the one in use."""
    done = run_with(tmp_path, "", "run")
    assert done.returncode == 1
    assert "migrate" in get_only_line(done)
    assert not (tmp_path / KEY_FILE).exists()


@pytest.mark.parametrize("words", [("keys", "status"), ("keys", "rotate", "--wait", "0")])
def test_what_no_key_reads_makes_the_command_fail(folder: Path, words: tuple[str, ...]) -> None:
    """A script that removes the old key after the command must not go on."""
    assert run_with(folder, f"{NEW},{OLD}", *words).returncode == 0
    with sqlite3.connect(folder / "a.db") as database:
        lost = Cipher([make_key()]).encrypt_text("x")
        database.execute("INSERT OR REPLACE INTO key_check VALUES (9, ?)", [lost])
    done = run_with(folder, f"{NEW},{OLD}", *words)
    assert done.returncode == 1
    assert "1 of key_check.sealed" in get_only_line(done)
