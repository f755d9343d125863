"""The demo: the bot against the simulator, with sample people and opinions, in one process."""

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
from bot.core.requests import Chat
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import intake_service as feedback
from bot.feedback.rules import NOTICE_VERSION
from bot.privacy.key_rotation import encrypt_plain_rows
from bot.runtime.app import App
from bot.runtime.builders import make_policy, make_pseudonyms
from bot.runtime.replica import CannotStart, serve
from bot.simulator.server import Simulator
from storage import migrations, officers
from storage.database import Database
from storage.models import Identity, Role

if TYPE_CHECKING:
    from bot.runtime.settings import Settings

TOKEN = "123456789:demo-token-that-no-telegram-knows-0"  # noqa: S105 - the simulator's own


@cache
def _cast() -> dict[str, Any]:
    """The people and opinions of demo.toml; ids stay, so that a database fits the next run."""
    return tomllib.loads(files("bot.runtime").joinpath("demo.toml").read_text("utf-8"))


async def run_demo(settings: Settings, port: int) -> None:
    """Serve the chat page on a port until SIGINT or SIGTERM; raises CannotStart."""
    try:
        async with Simulator(port=port, tokens=[TOKEN]) as simulator:
            await _play(settings, simulator)
    except OSError as error:
        raise CannotStart(
            f"port {port} cannot be used ({error.strerror}): choose another, as in"
            " 'make demo PORT=8099'"
        ) from error


async def _play(settings: Settings, simulator: Simulator) -> None:
    database = Database(settings.database.url)
    await migrations.migrate(database)
    await encrypt_plain_rows(database, make_pseudonyms(settings))
    _gather_people(simulator)
    await _sample_data(database, settings)
    await database.close()
    app = App(_against(settings, simulator))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, app.stopping.set)
    _say(f"The chat page: {_address(simulator)}")
    _say("Stop with Ctrl-C.")
    try:
        await serve(app)
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app.close(), 10)


def _against(settings: Settings, simulator: Simulator) -> Settings:
    telegram = settings.telegram.model_copy(
        update={"token": TOKEN, "api_base_url": simulator.url, "mode": "polling", "proxy": ""}
    )
    ops = settings.ops.model_copy(update={"listen_port": 0})
    return settings.model_copy(update={"telegram": telegram, "ops": ops})


def _gather_people(simulator: Simulator) -> None:
    account = simulator.state.get_account(TOKEN)
    account.texts["name", ""] = _cast()["bot_name"]
    started = {opinion["by"] for opinion in _cast()["opinions"]}
    for person in _cast()["people"]:
        simulator.state.add_user(
            id=person["id"], first_name=person["name"], language_code=person["language"]
        )
        if "unit" in person or person["id"] in started:
            account.started_by.add(person["id"])


def _address(simulator: Simulator) -> str:
    """Where the chat page is, told whose part is which."""
    roles = ",".join(f"{person['id']}:{person['role']}" for person in _cast()["people"])
    return f"{simulator.url}/?roles={roles}"


async def _sample_data(database: Database, settings: Settings) -> None:
    """Officers and opinions, unless they are there already."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        for person in _cast()["people"]:
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
        for opinion in _cast()["opinions"]:
            await _give(UnitOfWork(connection, now, make_policy(settings)), opinion)


async def _give(work: UnitOfWork, opinion: dict[str, Any]) -> None:
    chat = Chat(opinion["by"], work.policy.default_language)
    aliases = work.policy.pseudonyms.list_aliases(chat.id)
    texts = {
        each.text
        for each in await feedback.list_own_submissions(work.connection, aliases, limit=50)
    }
    if opinion["text"] in texts:
        return
    await feedback.record_consent(work, chat, NOTICE_VERSION)
    answers = {
        **{name: opinion[name] for name in ("kind", "area")},
        "topic": [opinion["topic"]],
        "details": [{"id": None, "text": opinion["text"], "file": None}],
        "identity": Identity.CHANNEL,
    }
    then = work.now - timedelta(days=opinion["days_ago"])
    await feedback.receive_submission(replace(work, now=then), chat, answers)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
