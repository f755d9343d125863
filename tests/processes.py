"""`python -m bot` in a process of its own, without two seconds of imports for each.

A fork server imports the program once, and forks for every command. The forked process has its own
folder, environment, standard streams, signals and exit status.
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


class RunningCommand:
    """A command that was started."""

    def __init__(
        self,
        words: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
        out: Path | None = None,
        err: Path | None = None,
    ) -> None:
        """Start the command; its output goes to the files `out` and `err`, or nowhere."""
        streams = (str(out or os.devnull), str(err or os.devnull))
        self._process = _forking.Process(
            target=_run_as_main, args=(words, dict(environment), str(folder), streams)
        )
        self._process.start()

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal, or None while the command runs."""
        return self._process.exitcode

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if the process still runs."""
        if self._process.is_alive() and self._process.pid:
            os.kill(self._process.pid, number)

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait at most `seconds`; return the exit status, or None if the command still runs."""
        self._process.join(seconds)
        return self.status

    async def wait_until_ended(self) -> int:
        """Wait for the end; return the exit status."""
        return await asyncio.to_thread(self.wait) or 0


def run_command(
    words: tuple[str, ...], environment: Mapping[str, str], folder: Path, patience: float = 40
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; raise TimeoutExpired after `patience` seconds."""
    with TemporaryDirectory() as place:
        out, err = Path(place, "out"), Path(place, "err")
        running = RunningCommand(words, environment, folder, out, err)
        if running.wait(patience) is None:
            running.send(signal.SIGKILL)
            raise subprocess.TimeoutExpired(list(words), patience)
        output = (each.read_text("utf-8") for each in (out, err))
        return subprocess.CompletedProcess(words, running.status or 0, *output)


def _run_as_main(
    words: tuple[str, ...], environment: dict[str, str], folder: str, streams: tuple[str, str]
) -> None:
    """Set up the forked process as its own interpreter would be, and run the command."""
    os.chdir(folder)
    os.umask(0o022)  # that of most systems, whatever the system of the tests has
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, path in enumerate(streams, start=1):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, descriptor)
    sys.argv = ["python -m bot", *words]
    os._exit(_run_main())


def _run_main() -> int:
    """Run the program; return its exit status."""
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
