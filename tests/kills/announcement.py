"""Kill the bot during an announcement: every recipient gets it once, and nobody twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from bot.casework import staff as casework
from bot.core.unit_of_work import UnitOfWork
from bot.forums import announcements
from bot.privacy.pseudonyms import Pseudonyms
from bot.simulator.server import Simulator
from storage import forums
from storage.database import Database
from storage.models import Forum, ForumState, Outbox, OutboxState, Role, Subscription
from storage.statements import table
from tests.kills.campaign import BotProcess
from tests.policy import POLICY
from tests.town.settings import KEY, TOKEN

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_FIRST = 20_000_000  # the first recipient's chat
_LONGEST = 180.0  # seconds for everything to come to rest
_ROWS = table(Outbox)


@dataclass(frozen=True)
class AnnouncementReport:
    """Numbers of recipients, of messages received and of rows in doubt; the broken promises."""

    recipients: int
    came: int
    maybe: int
    wrong: tuple[str, ...]


async def store_announcement(database: Database, pseudonyms: Pseudonyms, recipients: int) -> None:
    """Store a published forum with a due announcement, and `recipients` subscribers."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        token = await casework.make_invite(
            UnitOfWork(connection, now, POLICY), "31", Role.ORGANISER, ()
        )
        officer = await casework.accept_invite(
            UnitOfWork(connection, now, POLICY), 1, "Organiser", token
        )
        assert officer is not None
        for first in range(0, recipients, 2000):
            many = range(first, min(first + 2000, recipients))
            await connection.execute(
                insert(table(Subscription)), _list_subscriptions(pseudonyms, many, now)
            )
        forum = await _add_forum(connection, officer.id, now)
        await announcements.announce_forum(UnitOfWork(connection, now, POLICY), forum, "notice")


def _list_subscriptions(
    pseudonyms: Pseudonyms, numbers: range, now: datetime
) -> list[dict[str, object]]:
    """Return the subscription rows of a range of recipients."""
    addresses = (pseudonyms.make_address(_FIRST + number, named=True) for number in numbers)
    return [
        {
            "alias": each.pseudonym,
            "sealed": each.encrypted_chat_id,
            "language": "vi",
            "subject": "31",
            "created_at": now,
        }
        for each in addresses
    ]


async def _add_forum(connection: AsyncConnection, organiser: int, now: datetime) -> Forum:
    """Store a published forum of the city."""
    starts = now + timedelta(days=10)
    return await forums.add_forum(
        connection,
        {
            "code": "KLLS2345",
            "title": "Diễn đàn",
            "host_unit": "31",
            "area": "31",
            "venue": "Hội trường",
            "starts_at": starts,
            "start_version": 1,
            "capacity": None,
            "head": "Phó Giám đốc",
            "agenda": ["An toàn giao thông"],
            "invited": [],
            "opinions_until": starts,
            "state": ForumState.PUBLISHED,
            "version": 1,
            "created_by": organiser,
            "created_at": now,
            "published_at": now,
        },
    )


async def run_announcement_campaign(
    database_url: str, *, kills: int, recipients: int, seed: int
) -> AnnouncementReport:
    """Send an announcement while the bot is killed `kills` times, then count everything."""
    chance, database = random.Random(seed), Database(database_url)
    await store_announcement(database, Pseudonyms([KEY]), recipients)
    async with Simulator(tokens=[TOKEN]) as simulator:
        for number in range(recipients):
            simulator.state.add_user(first_name="R", id=_FIRST + number)
            simulator.state.get_account(TOKEN).started_by.add(_FIRST + number)
        bot = BotProcess(simulator, database_url, "webhook", pace=recipients / max(1, kills) / 0.6)
        await bot.start()
        for _ in range(kills):
            # Long enough to be in the middle of sending, or still of expanding.
            await asyncio.sleep(chance.uniform(0.1, 1.2))
            await bot.kill()
            await bot.start()
        wrong = await _wait_until_sent(database, recipients)
        await bot.stop()
        came = Counter(
            chat
            for chat in range(_FIRST, _FIRST + recipients)
            for _ in simulator.list_messages(chat)
        )
    states = await _count_by_state(database)
    await database.close()
    wrong += [f"{chat} heard it {count} times" for chat, count in came.items() if count > 1]
    sent, maybe = states.get(OutboxState.SENT, 0), states.get(OutboxState.MAYBE_SENT, 0)
    if sent + maybe != recipients:
        wrong.append(f"{recipients} recipients, but {states}")
    if not sent <= len(came) <= sent + maybe:
        wrong.append(f"{len(came)} heard it, {sent} rows are sent and {maybe} may be")
    return AnnouncementReport(recipients, len(came), maybe, tuple(wrong))


async def _count_by_state(database: Database) -> dict[OutboxState, int]:
    """Return the number of announcement messages in each state."""
    counted = select(_ROWS.c.state, func.count()).group_by(_ROWS.c.state)
    announced = counted.where(_ROWS.c.announcement_id.is_not(None))
    async with database.reading() as connection:
        return {row[0]: row[1] for row in (await connection.execute(announced)).all()}


async def _wait_until_sent(database: Database, recipients: int) -> list[str]:
    """Wait until the row of every recipient is finished; return what is wrong."""
    for _ in range(int(_LONGEST / 0.2)):
        states = await _count_by_state(database)
        waiting = states.get(OutboxState.WAITING, 0) + states.get(OutboxState.SENDING, 0)
        if sum(states.values()) == recipients and not waiting:
            return []
        await asyncio.sleep(0.2)
    return [f"it never came to rest: {states}"]
