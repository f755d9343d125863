"""The demo: the bot against the simulator, with sample people and opinions, in one process."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.app import App, policy_of
from bot.areas.units import CITY
from bot.casework import service as casework
from bot.conversation.flow import Chat
from bot.feedback import service as feedback
from bot.feedback.rules import NOTICE_VERSION
from bot.run import CannotStart, serve
from bot.simulator.server import Simulator
from storage import migrations, submissions
from storage.database import Database
from storage.models import Identity, Kind, Role, Topic

if TYPE_CHECKING:
    from bot.settings import Settings

TOKEN = "123456789:demo-token-that-no-telegram-knows-0"  # noqa: S105 - the simulator's own

# Who is there: id, name, language. The ids stay, so that the demo's database fits the next run.
HOA, BEN, TU, CITY_OFFICER, WARD_OFFICER, ORGANISER = 1001, 1002, 1003, 2001, 2002, 3001
_PEOPLE = (
    (HOA, "Bà Hoa (người dân)", "vi"),
    (BEN, "Ben (resident, English)", "en"),
    (TU, "Ông Tư (người dân)", "vi"),
    (CITY_OFFICER, "Trực ban Công an thành phố", "vi"),
    (WARD_OFFICER, "Trực ban Công an phường An Biên", "vi"),
    (ORGANISER, "Người tổ chức diễn đàn", "vi"),
)
_AN_BIEN = "11407"
_SAMPLES = (
    (Kind.REPORT, Topic.CONGESTION, "Cổng trường giờ tan học tắc đường, xin có người phân luồng."),
    (Kind.PRAISE, Topic.PATROL, "Tổ tuần tra ban đêm làm việc rất trách nhiệm, xin cảm ơn."),
)


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
    _gather_people(simulator)
    await _sample_data(database, settings)
    await database.close()
    app = App(_against(settings, simulator))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, app.stopping.set)
    _say(f"The chat page: {simulator.url}/   (stop with Ctrl-C)")
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
    for user_id, name, language in _PEOPLE:
        simulator.world.add_user(id=user_id, first_name=name, language_code=language)
    for officer in (TU, CITY_OFFICER, WARD_OFFICER):
        simulator.people.text(officer, "/start")


async def _sample_data(database: Database, settings: Settings) -> None:
    """Two officers and two opinions, unless there is something already."""
    policy, now = policy_of(settings), datetime.now(UTC)
    async with database.transaction() as connection:
        for officer, unit in ((CITY_OFFICER, CITY), (WARD_OFFICER, _AN_BIEN)):
            token = await casework.invite(connection, unit, Role.OFFICER, (), now)
            name = next(name for user_id, name, _ in _PEOPLE if user_id == officer)
            await casework.join(connection, officer, name, token, now)
        if await submissions.of_chat(connection, TU, before=None, most=1):
            return
        chat = Chat(TU, "vi")
        await feedback.agree(connection, chat, NOTICE_VERSION, now)
        for days, (kind, topic, text) in enumerate(reversed(_SAMPLES), start=1):
            answers = {
                "kind": kind,
                "topic": topic,
                "area": _AN_BIEN,
                "details": [{"id": None, "text": text, "file": None}],
                "identity": Identity.CHANNEL,
            }
            then = now - timedelta(days=days)
            await feedback.receive(connection, chat, answers, then, policy=policy)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
