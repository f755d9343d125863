"""The demo: the bot and the simulator in one process, with sample people and submissions."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import tomllib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bot.core.unit_of_work import UnitOfWork
from bot.privacy.key_rotation import encrypt_plain_rows
from bot.runtime.app import App
from bot.runtime.builders import make_policy
from bot.runtime.demo_history import list_past_users, store_history
from bot.runtime.keys import load_checked_keys
from bot.runtime.replica import CannotStart, serve
from bot.simulator.server import Simulator
from storage import migrations, officers
from storage.database import Database

if TYPE_CHECKING:
    from bot.core.policy import Policy
    from bot.runtime.settings import Settings

TOKEN = "123456789:demo-token-that-no-telegram-knows-0"  # noqa: S105 - the demo's  # nosec B105


@cache
def load_samples() -> dict[str, Any]:
    """Return the content of demo.toml. Its ids are fixed, so that a run can reuse a database."""
    return tomllib.loads(files("bot.runtime").joinpath("demo.toml").read_text("utf-8"))


async def run_demo(settings: Settings, port: int) -> None:
    """Serve the chat page on a port until SIGINT or SIGTERM. Raises CannotStart."""
    try:
        async with Simulator(port=port, tokens=[TOKEN]) as simulator:
            await run_bot(settings, simulator)
    except OSError as error:
        raise CannotStart(
            f"port {port} cannot be used ({error.strerror}): choose another, as in"
            " 'make demo PORT=8099'"
        ) from error


async def run_bot(settings: Settings, simulator: Simulator) -> None:
    """Run the bot of the demo on a simulator until a signal; its database is filled before."""
    database = Database(settings.database.url)
    await load_checked_keys(database, settings, creates=True, stores=False)
    await migrations.migrate(database)
    await encrypt_plain_rows(database, await load_checked_keys(database, settings))
    _gather_people(simulator)
    await store_samples(database, make_policy(settings), datetime.now(UTC))
    await database.close()
    app = App(_make_demo_settings(settings, simulator))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, app.stopping.set)
    _print_line(f"The chat page: {_make_page_address(simulator)}")
    _print_line("Stop with Ctrl-C.")
    try:
        await serve(app)
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app.close(), 10)


def _make_demo_settings(settings: Settings, simulator: Simulator) -> Settings:
    telegram = settings.telegram.model_copy(
        update={"token": TOKEN, "api_base_url": simulator.url, "mode": "polling", "proxy": ""}
    )
    ops = settings.ops.model_copy(update={"listen_port": 0})
    return settings.model_copy(update={"telegram": telegram, "ops": ops})


def _gather_people(simulator: Simulator) -> None:
    account = simulator.state.get_account(TOKEN)
    samples = load_samples()
    account.texts["name", ""] = samples["bot_name"]
    for person in samples["people"]:
        simulator.state.add_user(
            id=person["id"], first_name=person["name"], language_code=person["language"]
        )
    account.started_by.update(list_past_users(samples))


def _make_page_address(simulator: Simulator) -> str:
    """Return the address of the chat page, with the role of each person."""
    roles = ",".join(f"{person['id']}:{person['role']}" for person in load_samples()["people"])
    return f"{simulator.url}/?roles={roles}"


async def store_samples(database: Database, policy: Policy, now: datetime) -> None:
    """Store the content of demo.toml, unless an earlier run stored it, in one transaction."""
    samples = load_samples()
    first = next(person["id"] for person in samples["people"] if "unit" in person)
    async with database.transaction() as connection:
        if await officers.find_officer(connection, first) is None:
            await store_history(UnitOfWork(connection, now, policy), samples)


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
