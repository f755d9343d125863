"""The town: one or more replicas of the bot on one database, and a simulated Telegram."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import aiohttp
import orjson
from sqlalchemy import event, func, select

from bot.casework import staff
from bot.channels.telegram.webhook import make_webhook_app
from bot.conversation.shown_pages import PAGE
from bot.core.unit_of_work import UnitOfWork
from bot.privacy.key_check import check_key
from bot.reports.export import iterate_submission_records
from bot.runtime import jobs
from bot.runtime.app import App
from bot.runtime.http_server import serve_site
from bot.simulator.server import Simulator
from storage import conversations, search, submissions
from storage.database import Unavailable
from storage.models import Role
from storage.statements import table
from tests.town.group import Group
from tests.town.person import Person
from tests.town.settings import (
    MANY_ANNOUNCEMENTS,
    NO_ABUSE_LIMIT,
    NO_RATE_LIMIT,
    SECRET,
    START,
    TOKEN,
    make_settings,
)

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncIterator, Sequence

    from sqlmodel import SQLModel

    from bot.core.policy import Policy
    from bot.runtime.settings import AbuseSettings, ForumSettings, RateLimitSettings
    from storage.conversations import StoredChat
    from storage.models import Submission

# Statements that cannot make anything due: reads, and writes of the conversation only.
HARMLESS = re.compile(
    r"\s*(SELECT|BEGIN|COMMIT|ROLLBACK|PRAGMA|(INSERT INTO|UPDATE|DELETE FROM) conversation\b)"
)


@dataclass
class Replica:
    """One running bot and the address of its webhook."""

    app: App
    url: str

    async def settle(self) -> None:
        """Return when every reply was sent and nothing in the outbox is due."""
        await self.app.replies.wait_until_sent()
        await jobs.fetch_evidence(self.app.job_context)
        await jobs.announce_forums(self.app.job_context)
        while not self.app.stopping.is_set() and await self.app.delivery.start_due_messages():
            await self.app.delivery.wait_until_finished()


@dataclass
class Town:
    """The replicas of the bot on one database, and the people who use it.

    `now` is the time that every replica reads; only the test moves it. `refused_statuses` lists
    the status of every webhook answer whose method the simulated Telegram refused.
    """

    simulator: Simulator
    replicas: list[Replica]
    http: aiohttp.ClientSession
    now: datetime = START
    refused_statuses: list[int] = field(default_factory=list)
    has_written: bool = True
    settled_at: datetime = START

    # People

    def resident(self, name: str, *, language: str = "vi") -> Person:
        """Add a person who has never used the bot."""
        user = self.simulator.state.add_user(first_name=name, language_code=language)
        return Person(self, user.id, name)

    async def officer(self, name: str, unit: str = "31", role: Role = Role.OFFICER) -> Person:
        """Add a person and register them as an officer of a unit, by an invite link."""
        person = self.resident(name)
        async with self.work() as work:
            token = await staff.make_invite(work, unit, role, ())
        await person.says(f"/start invite_{token}")
        return person

    def group(self, title: str, *members: Person, topics: tuple[str, ...] = ()) -> Group:
        """Add a group with these members; with `topics` it has a thread for each of them."""
        world = self.simulator.state
        ids = [member.id for member in members]
        chat = world.add_chat("supergroup", title, bool(topics), ids)
        sender = {"id": ids[0], "is_bot": False, "first_name": members[0].name}
        threads = {name: world.open_topic(chat, name, sender) for name in topics}
        return Group(self, chat.id, threads)

    # Time and replicas

    def advance(self, **span: float) -> None:
        """Move the clock forward by `timedelta(**span)`."""
        self.now += timedelta(**span)

    def replica(self, number: int) -> Replica:
        """Return a replica by its number, counted from 0."""
        return self.replicas[number]

    @property
    def app(self) -> App:
        """The first replica's app."""
        return self.replicas[0].app

    @contextlib.asynccontextmanager
    async def run_replica(self, app: App) -> AsyncIterator[Self]:
        """Run one more replica inside the context."""
        self._watch_writes(app)
        with contextlib.suppress(Unavailable):  # some tests run a replica without its database
            await check_key(app.database, app.policy.pseudonyms)
        await app.open()
        site = make_webhook_app(app.update_handler, "/telegram", SECRET)
        async with serve_site(site, "127.0.0.1", 0) as port:
            self.replicas.append(Replica(app, f"http://127.0.0.1:{port}/telegram"))
            yield self
        await app.close()

    # The database

    @contextlib.asynccontextmanager
    async def work(
        self, replica: int = 0, policy: Policy | None = None
    ) -> AsyncIterator[UnitOfWork]:
        """Open a transaction of a replica, at the town's time; commit it at the end.

        The policy is the replica's own unless `policy` is given.
        """
        app = self.replica(replica).app
        async with app.database.transaction() as connection:
            yield UnitOfWork(connection, self.now, policy or app.policy)

    async def read_answers(self, chat_id: int) -> dict[str, Any]:
        """Return the answers of the open conversation of a chat; empty if none is open.

        The note in which message the question stands is left out.
        """
        row = await self.find_chat(chat_id)
        answers = row.answers if row else {}
        return {name: value for name, value in answers.items() if name != PAGE}

    async def find_chat(self, chat_id: int) -> StoredChat | None:
        """Return the opened row of a chat, None if it has none."""
        async with self.app.database.reading() as connection:
            return await conversations.find_conversation(
                connection, self.app.policy.pseudonyms, chat_id
            )

    async def get_submission(self, code: str) -> Submission:
        """Return a submission as it is stored now. Raises AssertionError if there is none."""
        async with self.app.database.reading() as connection:
            submission = await submissions.find_submission(connection, code)
        assert submission is not None
        return submission

    async def export_submissions(self, *, with_identity: bool = False) -> list[dict[str, Any]]:
        """Return the records of the export, oldest first."""
        async with self.app.database.reading() as connection:
            identity = self.app.policy.pseudonyms if with_identity else None
            records = iterate_submission_records(connection, None, None, identity=identity)
            return [record async for record in records]

    async def count_rows(self, model: type[SQLModel]) -> int:
        """Return the number of rows in a table."""
        async with self.app.database.reading() as connection:
            rows = await connection.execute(select(func.count()).select_from(table(model)))
            return int(rows.scalar_one())

    async def search_submissions(self, folded: str) -> Sequence[Any]:
        """Return the submissions that contain words with these beginnings, for any reader."""
        async with self.app.database.reading() as connection:
            matching = search.select_matching(
                folded.split(), connection.dialect.name, None, begins=True
            )
            return (await connection.execute(matching)).all()

    # Telegram

    def read_file(self, file: dict[str, Any]) -> bytes:
        """Return the content of a file that a message shows, by its `file_id`."""
        stored = self.simulator.state.files.get_file(file["file_id"])
        assert stored is not None
        return bytes(stored.content)

    async def deliver(self, to: Replica | None = None) -> None:
        """Post every waiting update to a replica, as Telegram does; then settle all replicas.

        An update that is not acknowledged with 200 keeps waiting. Raises AssertionError if a
        pressed button was not answered.
        """
        chosen = to or self.replicas[0]
        waiting = self.simulator.state.get_account(TOKEN).updates
        for update in waiting.list_updates():
            if await self.post(chosen, update.body) == 200:
                waiting.confirm_update(update.id)
        await self._settle_if_needed()
        unanswered = [c for c in self.simulator.state.callbacks.values() if not c.answered]
        assert not unanswered or self.refused_statuses, "a pressed button was left unanswered"

    async def settle(self) -> None:
        """Return when every replica has sent everything that is due."""
        for replica in self.replicas:
            await replica.settle()

    async def _settle_if_needed(self) -> None:
        """Settle all replicas, unless nothing can have become due.

        Nothing can if no time has passed and only the conversation was written since.
        """
        for replica in self.replicas:
            await replica.app.replies.wait_until_sent()
        if not self.has_written and self.now == self.settled_at:
            return
        self.has_written, self.settled_at = False, self.now
        calls_before = self.simulator.gateway.journal.last
        await self.settle()
        self.has_written = self.simulator.gateway.journal.last != calls_before

    def _watch_writes(self, app: App) -> None:
        """Set `has_written` when a replica executes a statement that can make something due."""

        @event.listens_for(app.database.engine.sync_engine, "before_cursor_execute")
        def _watch(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            self.has_written = self.has_written or not HARMLESS.match(statement)

    async def post(
        self, replica: Replica, body: bytes | io.BytesIO, *, secret: str = SECRET
    ) -> int:
        """Post one update to a replica's webhook; return the HTTP status.

        A Bot API method in the answer is executed, as Telegram does.
        """
        headers = {
            "X-Telegram-Bot-Api-Secret-Token": secret,
            "Content-Type": "application/json",
        }
        async with self.http.post(replica.url, data=body, headers=headers) as response:
            content = await response.read()
            status = response.status
        if content and status == 200:
            await self._execute_method(content)
        return status

    async def _execute_method(self, content: bytes) -> None:
        call = orjson.loads(content)
        url = f"{self.simulator.url}/bot{TOKEN}/{call.pop('method')}"
        async with self.http.post(url, json=call) as response:
            self.refused_statuses += [] if response.status == 200 else [response.status]


@contextlib.asynccontextmanager
async def open_town(
    database_url: str,
    *,
    replicas: int = 1,
    limits: RateLimitSettings = NO_RATE_LIMIT,
    abuse: AbuseSettings = NO_ABUSE_LIMIT,
    forums: ForumSettings = MANY_ANNOUNCEMENTS,
) -> AsyncIterator[Town]:
    """Run a town with this many replicas on a migrated database."""
    async with contextlib.AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator(tokens=[TOKEN]))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        town = Town(simulator, [], http)
        settings = make_settings(database_url, simulator.url, limits, abuse, forums)
        for _ in range(replicas):
            app = App(settings, clock=lambda: town.now, album_pause=0.0)
            await stack.enter_async_context(town.run_replica(app))
        yield town
