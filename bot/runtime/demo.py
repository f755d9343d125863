"""The demo: the bot and the simulator in one process, with sample people and submissions."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bot.casework import staff as casework
from bot.conversation.consent import NOTICE_VERSION
from bot.core.requests import Chat
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import intake_service as feedback
from bot.feedback.views import list_own_submissions
from bot.privacy.key_rotation import encrypt_plain_rows
from bot.runtime.app import App
from bot.runtime.builders import make_policy
from bot.runtime.keys import load_checked_keys
from bot.runtime.replica import CannotStart, serve
from bot.simulator.server import Simulator
from storage import migrations, officers
from storage.database import Database
from storage.models import Identity, Role

if TYPE_CHECKING:
    from bot.runtime.settings import Settings

TOKEN = "123456789:demo-token-that-no-telegram-knows-0"  # noqa: S105 - the demo's  # nosec B105


@cache
def _load_samples() -> dict[str, Any]:
    """Return the content of demo.toml. Its ids are fixed, so that a run can reuse a database."""
    return tomllib.loads(files("bot.runtime").joinpath("demo.toml").read_text("utf-8"))


async def run_demo(settings: Settings, port: int) -> None:
    """Serve the chat page on a port until SIGINT or SIGTERM. Raises CannotStart."""
    try:
        async with Simulator(port=port, tokens=[TOKEN]) as simulator:
            await _run_bot(settings, simulator)
    except OSError as error:
        raise CannotStart(
            f"port {port} cannot be used ({error.strerror}): choose another, as in"
            " 'make demo PORT=8099'"
        ) from error


async def _run_bot(settings: Settings, simulator: Simulator) -> None:
    database = Database(settings.database.url)
    await load_checked_keys(database, settings, creates=True, stores=False)
    await migrations.migrate(database)
    await encrypt_plain_rows(database, await load_checked_keys(database, settings))
    _gather_people(simulator)
    await _store_samples(database, settings)
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
    account.texts["name", ""] = _load_samples()["bot_name"]
    started = {opinion["by"] for opinion in _load_samples()["opinions"]}
    for person in _load_samples()["people"]:
        simulator.state.add_user(
            id=person["id"], first_name=person["name"], language_code=person["language"]
        )
        if "unit" in person or person["id"] in started:
            account.started_by.add(person["id"])


def _make_page_address(simulator: Simulator) -> str:
    """Return the address of the chat page, with the role of each person."""
    roles = ",".join(f"{person['id']}:{person['role']}" for person in _load_samples()["people"])
    return f"{simulator.url}/?roles={roles}"


async def _store_samples(database: Database, settings: Settings) -> None:
    """Store the sample officers and submissions that are not stored yet."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        for person in _load_samples()["people"]:
            known = await officers.find_officer(connection, person["id"])
            if "unit" in person and known is None:
                role = Role(person.get("rank", Role.OFFICER))
                token = await casework.make_invite(
                    UnitOfWork(connection, now, make_policy(settings)), person["unit"], role, ()
                )
                await casework.accept_invite(
                    UnitOfWork(connection, now, make_policy(settings)),
                    person["id"],
                    person["name"],
                    token,
                )
        for opinion in _load_samples()["opinions"]:
            await _store_submission(UnitOfWork(connection, now, make_policy(settings)), opinion)


async def _store_submission(work: UnitOfWork, opinion: dict[str, Any]) -> None:
    chat = Chat(opinion["by"], work.policy.default_language)
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat.id)
    texts = {
        each.text for each in await list_own_submissions(work.connection, pseudonyms, limit=50)
    }
    if opinion["text"] in texts:
        return
    await feedback.record_consent(work, chat, {"consent": NOTICE_VERSION})
    answers = {
        **{name: opinion[name] for name in ("kind", "area")},
        "topic": [opinion["topic"]],
        "details": [{"id": None, "text": opinion["text"], "file": None}],
        "identity": Identity.CHANNEL,
    }
    then = work.now - timedelta(days=opinion["days_ago"])
    await feedback.receive_submission(replace(work, now=then), chat, answers)


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
