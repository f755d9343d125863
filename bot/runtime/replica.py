"""Run a replica: receive updates, deliver messages, run jobs, and stop without losing messages."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from typing import TYPE_CHECKING

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram.commands import register_menu
from bot.channels.telegram.dispatch import ALLOWED_UPDATES
from bot.channels.telegram.polling import Polling
from bot.channels.telegram.webhook import make_webhook_app
from bot.evidence.store import BadStore
from bot.privacy import plain_rows
from bot.privacy.key_check import WrongKey, check_key
from bot.runtime.app import App
from bot.runtime.builders import make_storage_quota
from bot.runtime.http_server import SHUTDOWN_SECONDS, PortTaken, serve_site
from bot.runtime.jobs import JOBS
from bot.runtime.keys import follow_key, load_checked_keys
from bot.runtime.ops import make_ops_app
from bot.runtime.scheduler import Scheduler
from storage import holds, migrations
from storage.database import Database

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from bot.runtime.settings import Settings

log = structlog.get_logger()


class CannotStart(Exception):
    """The database, Telegram or a port is not ready; the message says what to do."""


async def run_replica(settings: Settings) -> None:
    """Run a replica until SIGINT or SIGTERM.

    Raises CannotStart, WrongKey or Unavailable at the start.
    """
    await _prepare_key(settings)
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
    if app.lost_key:
        raise CannotStart(app.lost_key)


async def _prepare_key(settings: Settings) -> None:
    """Check schema and key before anything is built; create the first key of a new database.

    Raises CannotStart if the database is to be migrated first.
    """
    database = Database(settings.database.url)
    try:
        await check_schema(database)
        await load_checked_keys(database, settings, creates=True, stores=False)
    finally:
        await database.close()


async def serve(app: App) -> None:
    """Check the database and Telegram, then run until `app.stopping` is set.

    Raises CannotStart or Unavailable.
    """
    await check_schema(app.database)
    await check_hold(app)
    try:
        await check_key(app.database, app.policy.pseudonyms)
    except WrongKey as error:
        raise CannotStart(str(error)) from error
    if await plain_rows.has_plain_rows(app.database):  # the end of a migration was interrupted
        await plain_rows.seal_plain_rows(app.database, app.policy.pseudonyms)
    await _check_store(app)
    await _connect(app)
    scheduler = Scheduler(JOBS, app.job_context)
    async with contextlib.AsyncExitStack() as stack:
        ops = app.settings.ops
        if ops.listen_port:
            quota = make_storage_quota(app.settings.evidence).in_all
            site = make_ops_app(app.database, app.delivery.is_running, quota=quota)
            await _serve_site(stack, site, ops.listen_host, ops.listen_port)
        _freeze_objects()
        delivering = asyncio.create_task(app.delivery.run())
        following = asyncio.create_task(
            follow_key(
                app.database,
                app.policy.pseudonyms,
                app.stop_without_key,
                app.settings.privacy.key_check_seconds,
            )
        )
        scheduler.start()
        await register_menu(app.bot, app.settings.locale.default)
        try:
            await _receive_updates(app, stack)
        finally:
            following.cancel()
            scheduler.stop()
            app.delivery.stop()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(delivering), SHUTDOWN_SECONDS)


async def _check_store(app: App) -> None:
    """Try out the store of files. Raises CannotStart for what the operator must mend."""
    try:
        await app.store.try_out()
    except BadStore as error:
        raise CannotStart(str(error)) from error
    except OSError as error:
        log.warning("the store of files cannot be used now: files wait", error=str(error))


def _freeze_objects() -> None:
    """Exclude the objects that exist now from garbage collection.

    Measured: at a thousand messages a second, each full collection of them stopped delivery for
    100 to 170 ms, once a second.
    """
    gc.collect()
    gc.freeze()


async def _serve_site(
    stack: contextlib.AsyncExitStack, site: ASGIApp, host: str, port: int
) -> None:
    try:
        await stack.enter_async_context(serve_site(site, host, port))
    except PortTaken as error:
        raise CannotStart(str(error)) from error


async def _receive_updates(app: App, stack: contextlib.AsyncExitStack) -> None:
    telegram = app.settings.telegram
    if telegram.mode == "webhook":
        hook = telegram.webhook
        site = make_webhook_app(app.update_handler, hook.path, hook.secret_token)
        await _serve_site(stack, site, hook.listen_host, hook.listen_port)
        await _set_webhook(app)
        log.info("listening for Telegram", host=hook.listen_host, port=hook.listen_port)
        await app.stopping.wait()
    else:
        await _remove_webhook(app)
        log.info("polling Telegram")
        await Polling(app.bot, app.update_handler, ALLOWED_UPDATES, app.stop_for).run(app.stopping)


async def check_schema(database: Database) -> None:
    """Check that all migrations of this program were run on the database, and no others.

    Raises CannotStart or Unavailable.
    """
    revision, needed = await migrations.find_revision(database), migrations.get_needed_revision()
    if revision == needed:
        return
    state = "is not set up" if revision is None else f"is at revision {revision}, not {needed}"
    raise CannotStart(f"the database {state}: run 'python -m bot migrate' first")


async def check_hold(app: App) -> None:
    """Raise CannotStart if the database is a restored copy that is held."""
    async with app.database.reading() as connection:
        since = await holds.find_hold(connection)
    if since is not None:
        raise CannotStart(
            f"the database is a restored copy, held since {since:%Y-%m-%d %H:%M} UTC: see what"
            " would be sent with 'python -m bot outbox release', then add --confirm"
        )


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


async def _remove_webhook(app: App) -> None:
    """Remove the webhook: while one is set, Telegram refuses polling."""
    try:
        await app.bot.delete_webhook(drop_pending_updates=False)
    except TelegramError as error:
        raise CannotStart(f"the webhook cannot be removed: {error}") from error
