"""Run the bot with the pinned packages of an installation, and write to it.

Usage: python -m tests.runtime_pins PYTHON, where PYTHON is an interpreter that has the packages of
requirements/runtime.txt only. They differ from those of the tests, which the simulator's and the
tests' own packages hold back. The simulator runs in this process.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

from bot.simulator.server import Simulator
from tests.ports import find_free_port
from tests.town.settings import SECRET, TOKEN
from tests.town.texts import contains_text

_ROOT = Path(__file__).parents[1]
_PATIENCE = 60.0  # seconds for each step


async def check_pins(python: str) -> list[str]:
    """Return a line for each failure: a command, or a way of receiving updates."""
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for words in (
            ("migrate",),
            ("officers", "invite", "--unit", "31"),
            ("export", "submissions", "--format", "xlsx", "--out", "submissions.xlsx"),
            ("audit", "verify"),
        ):
            process = await _start(python, folder, {}, *words)
            async with asyncio.timeout(_PATIENCE):
                if await process.wait():
                    failures.append(f"{' '.join(words)}: exit status {process.returncode}")
        for mode in ("polling", "webhook"):
            try:
                await _talk(python, folder, mode)
            except (AssertionError, TimeoutError) as error:
                failures.append(f"run, {mode}: {error!r}")
    return failures


async def _start(
    python: str, folder: str, settings: dict[str, str], *words: str
) -> asyncio.subprocess.Process:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    environment = {**kept, "PYTHONPATH": str(_ROOT), "BOT_OPS__LISTEN_PORT": "0", **settings}
    return await asyncio.create_subprocess_exec(
        python, "-m", "bot", *words, cwd=folder, env=environment
    )


async def _talk(python: str, folder: str, mode: str) -> None:
    """Send /start, and wait for the welcome. Raises AssertionError or TimeoutError."""
    port = find_free_port()
    async with Simulator(tokens=[TOKEN]) as simulator:
        ann = simulator.state.add_user(first_name="Ann", language_code="vi")
        settings = {
            "BOT_TELEGRAM__TOKEN": TOKEN,
            "BOT_TELEGRAM__API_BASE_URL": simulator.url,
            "BOT_TELEGRAM__MODE": mode,
            "BOT_TELEGRAM__WEBHOOK__PUBLIC_URL": f"http://127.0.0.1:{port}",
            "BOT_TELEGRAM__WEBHOOK__LISTEN_PORT": str(port),
            "BOT_TELEGRAM__WEBHOOK__SECRET_TOKEN": SECRET,
        }
        process = await _start(python, folder, settings, "run")
        try:
            simulator.people.perform_action("text", ann.id, "/start")
            seen = 0
            async with asyncio.timeout(_PATIENCE):
                while not any(
                    contains_text(each.get("text", ""), "start.text")
                    for each in simulator.list_messages(ann.id)
                ):
                    assert process.returncode is None, "the bot ended"
                    events = await simulator.state.events.wait_for_events(seen, 1.0)
                    seen = max((each["id"] for each in events), default=seen)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            status = await process.wait()
        assert status == 0, f"exit status {status}"


def main() -> None:
    """Print the failures and exit with 1 if there are any."""
    failures = asyncio.run(check_pins(sys.argv[1]))
    for line in failures:
        sys.stderr.write(f"with requirements/runtime.txt: {line}\n")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
