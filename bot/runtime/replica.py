"""Running a replica: listen, deliver, wake, and stop without losing anything."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from typing import TYPE_CHECKING

import structlog
import uvicorn
from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram.dispatch import ALLOWED_UPDATES
from bot.channels.telegram.polling import Polling
from bot.channels.telegram.webhook import make_webhook_app
from bot.privacy import key_rotation
from bot.runtime.app import App
from bot.runtime.ops import make_ops_app
from storage import migrations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

    from bot.runtime.settings import Settings

log = structlog.get_logger()

GRACE = 20.0  # seconds that stopping may take; every HTTP timeout fits in


class CannotStart(Exception):
    """Something outside is not as it must be; the message says what to do."""


async def run_replica(settings: Settings) -> None:
    """Run a replica until SIGINT or SIGTERM; raises CannotStart, or Unavailable at the start."""
    app = App(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, app.stopping.set)
    try:
        await serve(app)
    finally:
        await app.close()
    if app.fatal:
        raise CannotStart(f"Telegram refuses the token ({app.fatal}); see telegram.token")


async def serve(app: App) -> None:
    """Check what is needed, then listen, deliver and wake until `app.stopping` is set."""
    await check_schema(app)
    try:
        await key_rotation.check_key(app.database, app.policy.pseudonyms)
    except key_rotation.WrongKey as error:
        raise CannotStart(str(error)) from error
    await _connect(app)
    async with contextlib.AsyncExitStack() as stack:
        ops = app.settings.ops
        if ops.listen_port:
            site = make_ops_app(app.database, app.delivery.health)
            await stack.enter_async_context(listening(site, ops.listen_host, ops.listen_port))
        _settle_down()
        delivering = asyncio.create_task(app.delivery.run())
        app.schedule.start(
            (app.fetch_evidence, 5),
            (app.remind_of_forums, 20),
            (app.announce_forums, 5),
            (app.remind_of_reports, 3600),
        )
        await app.introduce()
        try:
            await _receive(app, stack)
        finally:
            app.schedule.stop()
            app.delivery.stop()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(delivering), GRACE)


def _settle_down() -> None:
    """Let the garbage collector leave alone what is there for good.

    Measured: while a thousand messages a second went out it looked at all of it once a second, and
    nothing went for 100 to 170 ms.
    """
    gc.collect()
    gc.freeze()


async def _receive(app: App, stack: contextlib.AsyncExitStack) -> None:
    telegram = app.settings.telegram
    if telegram.mode == "webhook":
        hook = telegram.webhook
        site = make_webhook_app(app.intake, hook.path, hook.secret_token)
        await stack.enter_async_context(listening(site, hook.listen_host, hook.listen_port))
        await _set_webhook(app)
        log.info("listening for Telegram", host=hook.listen_host, port=hook.listen_port)
        await app.stopping.wait()
    else:
        await _polling_allowed(app)
        log.info("polling Telegram")
        await Polling(app.bot, app.intake, ALLOWED_UPDATES, app.stop_for).run(app.stopping)


async def check_schema(app: App) -> None:
    """Raise CannotStart unless the database is at the revision that this program needs."""
    found, needed = await migrations.revision(app.database), migrations.head()
    if found == needed:
        return
    what = "is not set up" if found is None else f"is at revision {found}, not {needed}"
    raise CannotStart(f"the database {what}: run 'python -m bot migrate' first")


async def _connect(app: App) -> None:
    try:
        await app.open()
    except InvalidToken as error:
        raise CannotStart(
            "Telegram does not know this token: set telegram.token (or BOT_TELEGRAM__TOKEN) to"
            " the one that @BotFather gave"
        ) from error
    except TelegramError as error:
        raise CannotStart(
            f"{app.settings.telegram.api_base_url} cannot be reached ({error}): check the network,"
            " telegram.proxy and telegram.api_base_url"
        ) from error


async def _set_webhook(app: App) -> None:
    hook = app.settings.telegram.webhook
    try:
        await app.bot.set_webhook(
            f"{hook.public_url.rstrip('/')}{hook.path}",
            secret_token=hook.secret_token,
            allowed_updates=ALLOWED_UPDATES,
            max_connections=100,
        )
    except TelegramError as error:
        raise CannotStart(f"Telegram does not take the webhook: {error}") from error


async def _polling_allowed(app: App) -> None:
    """A webhook that is still set would keep every update from us."""
    try:
        await app.bot.delete_webhook(drop_pending_updates=False)
    except TelegramError as error:
        raise CannotStart(f"the webhook cannot be removed: {error}") from error


@contextlib.asynccontextmanager
async def listening(site: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serve an ASGI application while inside; the port. Raises CannotStart when it is taken."""
    listener = _bind(host, port)
    # Who calls is known by a secret, not by an address: no header about it is looked at.
    server = _Server(
        uvicorn.Config(
            site,
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            date_header=False,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.leave.set()
        await serving
        listener.close()


class _Server(uvicorn.Server):
    """uvicorn that stops as one with the replica, and when it is told to.

    Its own looks ten times a second whether it should stop, whether anybody is still there, and
    takes the signals over.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leave = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)  # the headers that every answer has
        await self.leave.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what is under way within the grace time, and close."""
        state = self.server_state
        for server in self.servers:
            server.close()
        for connection in list(state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while state.connections or state.tasks:  # noqa: ASYNC110 - uvicorn has no event
                    await asyncio.sleep(0.005)
        for task in state.tasks:
            task.cancel()

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # as uvicorn has it
        yield


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sends small writes at once only where it is: without it
    # every answer with a body waited 40 ms for the acknowledgement of its head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CannotStart(
            f"cannot listen on {host} port {port} ({error.strerror}): stop what uses it or choose"
            " another port in the settings"
        ) from error
    listener.listen(2048)
    listener.setblocking(False)
    return listener
