"""Running the simulator until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from bot.simulator.server import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable


def serve(host: str, port: int, tokens: list[str]) -> None:
    """Serve until SIGINT or SIGTERM; SystemExit(1) when it cannot, with a line that says why."""
    try:
        with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
            runner.run(_serve(host, port, tokens))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _fail(f"port {port} is in use: stop what uses it, or choose another with --port")
        _fail(f"the simulator cannot listen on {host}:{port}: {error.strerror or error}")
    except ValueError as error:
        _fail(str(error))


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not made for this platform
        return None
    return uvloop.new_event_loop


async def _serve(host: str, port: int, tokens: list[str]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with Simulator(host, port, tokens or None) as simulator:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        sys.stdout.write(f"The simulator is at {simulator.url}\n")
        sys.stdout.flush()
        await stopping.wait()


def _fail(line: str) -> NoReturn:
    sys.stderr.write(f"{line}\n")
    raise SystemExit(1)
