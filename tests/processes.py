"""`python -m bot` in processes of its own, without the two seconds of imports that each takes.

A server that has imported the program once forks for every command. From there on it is the real
thing: its own folder, environment and standard streams, signals, an exit status.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_forking = multiprocessing.get_context("forkserver")
# What pytest's own script imports is imported again by every child, if it is not there.
_forking.set_forkserver_preload(
    ["__main__", "pytest", "bot.cli.main", "bot.runtime.replica", "bot.runtime.doctor"]
)


class Running:
    """A command that was started."""

    def __init__(
        self,
        words: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
        out: Path | None = None,
        err: Path | None = None,
    ) -> None:
        """Its output goes to files, or nowhere."""
        streams = (str(out or os.devnull), str(err or os.devnull))
        self._process = _forking.Process(
            target=_become, args=(words, dict(environment), str(folder), streams)
        )
        self._process.start()

    @property
    def status(self) -> int | None:
        """How it ended, or None while it runs; negative for a signal."""
        return self._process.exitcode

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        if self._process.is_alive() and self._process.pid:
            os.kill(self._process.pid, number)

    def wait(self, seconds: float | None = None) -> int | None:
        """How it ended; None if it has not in time."""
        self._process.join(seconds)
        return self.status

    async def ended(self) -> int:
        """Return when it has ended; how."""
        return await asyncio.to_thread(self.wait) or 0


def command(
    words: tuple[str, ...], environment: Mapping[str, str], folder: Path, patience: float = 40
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    with TemporaryDirectory() as place:
        out, err = Path(place, "out"), Path(place, "err")
        running = Running(words, environment, folder, out, err)
        if running.wait(patience) is None:
            running.send(signal.SIGKILL)
            raise subprocess.TimeoutExpired(list(words), patience)
        said = (each.read_text("utf-8") for each in (out, err))
        return subprocess.CompletedProcess(words, running.status or 0, *said)


def _become(
    words: tuple[str, ...], environment: dict[str, str], folder: str, streams: tuple[str, str]
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, path in enumerate(streams, start=1):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, descriptor)
    sys.argv = ["python -m bot", *words]
    os._exit(_status())


def _status() -> int:
    from bot.cli.main import main

    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # as the interpreter does
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0
