"""The time to start: how long imports take, against importing telegram.ext."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

_REFERENCE = ("-c", "import telegram.ext")
_MEASURED = {
    "importing the composition root": ("-c", "import bot.runtime.app"),
    "python -m bot --help": ("-m", "bot", "--help"),
}


def measure_starts(repeats: int) -> dict[str, float]:
    """Return the median time of each start, as a multiple of the reference's median.

    The processes run in turn, so that a slow moment of the machine slows all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ("", *_MEASURED)}
    for _ in range(repeats + 1):
        seconds[""].append(_time_process(_REFERENCE))
        for name, arguments in _MEASURED.items():
            seconds[name].append(_time_process(arguments))
    # The first run of each compiles the modules and fills the disk cache.
    medians = {name: median(values[1:]) for name, values in seconds.items()}
    return {name: medians[name] / medians[""] for name in _MEASURED}


def _time_process(arguments: tuple[str, ...]) -> float:
    # Without cached bytecode the modules of the bot would be compiled in every run.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(  # noqa: S603
        [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment
    )
    return time.perf_counter() - started
