"""The programs that are measured, each in a process of its own with a webhook."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.privacy.encryption import make_key
from tests.ports import find_free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROOT = Path(__file__).parents[2]
_TOKEN = "123456:" + "t" * 35
SECRET = "only-telegram-knows"


@dataclass(frozen=True)
class Variant:
    """A way to run a bot: its name, its arguments, and its database."""

    name: str
    module: tuple[str, ...]
    database_url: str = ""


class VariantProcess:
    """A process that runs a variant."""

    def __init__(self, variant: Variant, folder: Path) -> None:
        self.variant = variant
        self.port = find_free_port()
        self._log = folder / f"{variant.name}.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(
        self, api_url: str, webhook: asyncio.Event, more: Mapping[str, str] | None = None
    ) -> None:
        """Start the process with `more` settings; return when it has set its webhook."""
        webhook.clear()
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *self.variant.module,
                env={**self._environment(api_url), **(more or {})},
                cwd=self._log.parent,
                stdout=log,
                stderr=log,
            )
        try:
            await asyncio.wait_for(webhook.wait(), 30)
        except TimeoutError:
            raise RuntimeError(
                f"{self.variant.name} did not start: {self.read_log_end()}"
            ) from None

    def _environment(self, api_url: str) -> dict[str, str]:
        settings = {
            "TELEGRAM__TOKEN": _TOKEN,
            "TELEGRAM__API_BASE_URL": api_url,
            "TELEGRAM__MODE": "webhook",
            "TELEGRAM__WEBHOOK__PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "TELEGRAM__WEBHOOK__LISTEN_PORT": str(self.port),
            "TELEGRAM__WEBHOOK__SECRET_TOKEN": SECRET,
            "TELEGRAM__LIMITS__GLOBAL_PER_SECOND": "0",
            "TELEGRAM__LIMITS__CHAT_PER_SECOND": "0",
            "ABUSE__OPINIONS_A_DAY": "100000",
            "ABUSE__EVERYBODY_A_MINUTE": "1000000",
            "ABUSE__MESSAGES_A_MINUTE": "1000000",
            "PRIVACY__ENCRYPTION_KEY": make_key(),
            "OPS__LISTEN_PORT": "0",
        }
        if self.variant.database_url:
            settings["DATABASE__URL"] = self.variant.database_url
        ours = {f"BOT_{name}": value for name, value in settings.items()}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("BOT_")}
        return {**inherited, **ours, "PYTHONPATH": str(_ROOT)}

    def read_cpu_seconds(self) -> float:
        """Return the CPU seconds that all its threads have used so far.

        It is the same account as in /proc/<pid>/stat, but not rounded to hundredths of a second:
        the clock whose number clock_getcpuclockid(3) makes of the process id.
        """
        assert self._process is not None
        return time.clock_gettime((~self._process.pid << 3) | 2)

    def read_log_end(self) -> str:
        """Return the end of its log."""
        return self._log.read_text("utf-8", errors="replace")[-2000:]

    async def stop(self) -> None:
        """Stop the process with SIGTERM, after 15 seconds with SIGKILL."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), 15)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
