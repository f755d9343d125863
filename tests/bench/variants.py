"""The programs that are measured, each a process of its own that listens as a webhook."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.people import SECRET, TOKEN

_ROOT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Variant:
    """A way to run a bot: its name, its arguments, and the database it keeps things in."""

    name: str
    module: tuple[str, ...]
    database_url: str = ""


class Process:
    """A variant that runs."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}/telegram"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, api_url: str) -> None:
        """Start it; it says that it is ready by setting its webhook."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(_ROOT),
            "BOT_TELEGRAM__TOKEN": TOKEN,
            "BOT_TELEGRAM__API_BASE_URL": api_url,
            "BOT_TELEGRAM__MODE": "webhook",
            "BOT_TELEGRAM__WEBHOOK__PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "BOT_TELEGRAM__WEBHOOK__LISTEN_PORT": str(self.port),
            "BOT_TELEGRAM__WEBHOOK__SECRET_TOKEN": SECRET,
            "BOT_TELEGRAM__LIMITS__GLOBAL_PER_SECOND": "0",
            "BOT_TELEGRAM__LIMITS__CHAT_PER_SECOND": "0",
            "BOT_OPS__LISTEN_PORT": "0",
        }
        if self.variant.database_url:
            environment["BOT_DATABASE__URL"] = self.variant.database_url
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *self.variant.module,
            env=environment, cwd="/", stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    def cpu(self) -> float:
        """Seconds of CPU that all its threads have used so far, as the kernel counts them."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8").rpartition(") ")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / _TICKS

    async def stop(self) -> None:
        """Stop it as an operator does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        await self._process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
