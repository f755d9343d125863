"""Run the simulator as a process."""

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
    """Serve until SIGINT or SIGTERM. `tokens` are those of the accepted bots.

    If the address cannot be used, write a line to standard error and raise SystemExit(1).
    """
    try:
        with asyncio.Runner(loop_factory=_choose_loop_factory()) as runner:
            runner.run(_serve(host, port, tokens))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _exit_with_error(
                f"port {port} is in use: stop what uses it, or choose another with --port"
            )
        _exit_with_error(f"the simulator cannot listen on {host}:{port}: {error.strerror or error}")
    except ValueError as error:
        _exit_with_error(str(error))


def _choose_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's factory, None for asyncio's default."""
    try:
        import uvloop
    except ImportError:  # uvloop does not support this platform
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


def _exit_with_error(line: str) -> NoReturn:
    sys.stderr.write(f"{line}\n")
    raise SystemExit(1)
