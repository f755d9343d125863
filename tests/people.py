"""The town that stories play in: replicas of the bot, a simulated Telegram, and people."""

from __future__ import annotations

import base64
import contextlib
import html
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import aiohttp
import orjson
from sqlalchemy import event, func, select

from bot.casework import staff as casework
from bot.channels.telegram.webhook import make_webhook_app
from bot.core.unit_of_work import UnitOfWork
from bot.feedback.intake_flow import FEEDBACK
from bot.reports.export import iterate_submission_records
from bot.runtime.app import App
from bot.runtime.replica import listening
from bot.runtime.settings import (
    AbuseSettings,
    DatabaseSettings,
    EvidenceSettings,
    OpsSettings,
    PrivacySettings,
    RateLimitSettings,
    Settings,
    TelegramSettings,
)
from bot.simulator.server import Simulator
from bot.texts import load_texts
from storage import search
from storage.models import Role
from storage.statements import table
from tests.samples import POLICY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sqlmodel import SQLModel

TOKEN = "123456:" + "t" * 35
KEY = base64.urlsafe_b64encode(b"a key that is for tests only....").decode()
SECRET = "only-telegram-knows"
START = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)  # a Wednesday, 9:30 in the city


# Statements after which nothing is due that was not before.
STILL = re.compile(
    r"\s*(SELECT|BEGIN|COMMIT|ROLLBACK|PRAGMA|(INSERT INTO|UPDATE|DELETE FROM) conversation\b)"
)

NO_PACE = RateLimitSettings(global_per_second=0, chat_per_second=0, group_per_minute=0)


# Nobody in a test is slowed down unless the test is about that.
NO_LIMIT = AbuseSettings(opinions_a_day=1000, everybody_a_minute=100_000, messages_a_minute=100_000)


def settings_for(
    database_url: str,
    api_base_url: str,
    limits: RateLimitSettings = NO_PACE,
    abuse: AbuseSettings = NO_LIMIT,
) -> Settings:
    """Settings of a test: no ports and, unless asked for, no pace."""
    return Settings.model_construct(
        telegram=TelegramSettings(
            token=TOKEN,
            api_base_url=api_base_url,
            limits=limits,
        ),
        database=DatabaseSettings(url=database_url),
        locale=Settings.model_fields["locale"].default,
        deadlines=Settings.model_fields["deadlines"].default,
        retention=Settings.model_fields["retention"].default,
        privacy=PrivacySettings(encryption_key=KEY),
        evidence=EvidenceSettings(url=f"memory://{uuid4().hex}"),
        abuse=abuse,
        forums=Settings.model_fields["forums"].default,
        ops=OpsSettings(listen_port=0),
    )


@dataclass
class Replica:
    """One process's worth of the bot, listening as a webhook."""

    app: App
    url: str

    async def quiet(self) -> None:
        """Return when it has said all that it has to say."""
        await self.app.settled()


@dataclass
class Town:
    """Replicas on one database, and the people who talk to them."""

    simulator: Simulator
    replicas: list[Replica]
    http: aiohttp.ClientSession
    now: datetime = START
    refusals: list[int] = field(default_factory=list)
    stirred: bool = True
    settled_at: datetime = START

    def replica(self, number: int) -> Replica:
        """One of the replicas, to speak with that one."""
        return self.replicas[number]

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def resident(self, name: str, *, language: str = "vi") -> Person:
        """Somebody who has never seen the bot."""
        user = self.simulator.world.add_user(first_name=name, language_code=language)
        return Person(self, user.id, name)

    async def officer(self, name: str, unit: str = "31", role: Role = Role.OFFICER) -> Person:
        """Somebody who came by an invite link."""
        person = self.resident(name)
        async with self.app.database.transaction() as connection:
            token = await casework.make_invite(
                UnitOfWork(connection, self.now, POLICY), unit, role, ()
            )
        await person.says(f"/start invite_{token}")
        return person

    def group(self, title: str, *members: Person, topics: tuple[str, ...] = ()) -> Group:
        """A group with these members, a forum if it has topics."""
        world = self.simulator.world
        ids = [each.id for each in members]
        chat = world.add_chat("supergroup", title, bool(topics), ids)
        sender = {"id": ids[0], "is_bot": False, "first_name": members[0].name}
        threads = {name: world.open_topic(chat, name, sender) for name in topics}
        return Group(self, chat.id, threads)

    @property
    def app(self) -> App:
        """The first replica's parts."""
        return self.replicas[0].app

    async def exported(self, *, with_identity: bool = False) -> list[dict[str, Any]]:
        """What the export of submissions says."""
        async with self.app.database.reading() as connection:
            identity = self.app.policy.pseudonyms if with_identity else None
            records = iterate_submission_records(connection, None, None, identity=identity)
            return [record async for record in records]

    async def count(self, model: type[SQLModel]) -> int:
        """How many rows a table has."""
        async with self.app.database.reading() as connection:
            rows = await connection.execute(select(func.count()).select_from(table(model)))
            return int(rows.scalar_one())

    async def found_in_words(self, folded: str) -> Sequence[Any]:
        """The submissions that a search finds, whoever may see them."""
        async with self.app.database.reading() as connection:
            found = search.select_matching(
                folded.split(), connection.dialect.name, None, begins=True
            )
            return (await connection.execute(found)).all()

    async def deliver(self, to: Replica | None = None) -> None:
        """Hand over every update that waits, as Telegram does, and wait for what comes of it."""
        chosen = to or self.replicas[0]
        waiting = self.simulator.world.account(TOKEN).updates
        for update in waiting.all():
            if await self.post(chosen, update.body) == 200:
                waiting.confirm(update.id)
        await self._settle()
        left = [each for each in self.simulator.world.callbacks.values() if not each.answered]
        assert not left or self.refusals, "a pressed button was left unanswered"

    async def _settle(self) -> None:
        """Let every replica do what is due; not asked for where nothing can have become so.

        That is after a turn that wrote nothing but its conversation, while no time has passed.
        """
        for replica in self.replicas:
            await replica.app.replies.drained()
        if not self.stirred and self.now == self.settled_at:
            return
        self.stirred, self.settled_at = False, self.now
        heard = self.simulator.gateway.journal.last
        for replica in self.replicas:
            await replica.quiet()
        self.stirred = self.simulator.gateway.journal.last != heard

    def _watch(self, app: App) -> None:
        """Notice what is written to the database."""

        @event.listens_for(app.database.engine.sync_engine, "before_cursor_execute")
        def _note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            self.stirred = self.stirred or not STILL.match(statement)

    async def post(
        self, replica: Replica, body: bytes | io.BytesIO, *, secret: str = SECRET
    ) -> int:
        """One webhook request; a method in the answer is executed. The status."""
        headers = {
            "X-Telegram-Bot-Api-Secret-Token": secret,
            "Content-Type": "application/json",
        }
        async with self.http.post(replica.url, data=body, headers=headers) as response:
            content = await response.read()
            status = response.status
        if content and status == 200:
            await self._execute(content)
        return status

    async def _execute(self, content: bytes) -> None:
        call = orjson.loads(content)
        url = f"{self.simulator.url}/bot{TOKEN}/{call.pop('method')}"
        async with self.http.post(url, json=call) as response:
            self.refusals += [] if response.status == 200 else [response.status]

    @contextlib.asynccontextmanager
    async def playing(self, app: App) -> AsyncIterator[Self]:
        """Add a replica while inside."""
        self._watch(app)
        await app.open()
        site = make_webhook_app(app.intake, "/telegram", SECRET)
        async with listening(site, "127.0.0.1", 0) as port:
            self.replicas.append(Replica(app, f"http://127.0.0.1:{port}/telegram"))
            yield self
        await app.close()


@contextlib.asynccontextmanager
async def town_on(
    database_url: str,
    *,
    replicas: int = 1,
    limits: RateLimitSettings = NO_PACE,
    abuse: AbuseSettings = NO_LIMIT,
) -> AsyncIterator[Town]:
    """A town on a migrated database."""
    async with contextlib.AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator(tokens=[TOKEN]))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        town = Town(simulator, [], http)
        settings = settings_for(database_url, simulator.url, limits, abuse)
        for _ in range(replicas):
            app = App(settings, clock=lambda: town.now, album_pause=0.0)
            await stack.enter_async_context(town.playing(app))
        yield town


@dataclass
class Person:
    """Somebody with a telephone."""

    town: Town
    id: int
    name: str

    async def says(self, text: str, *, to: Replica | None = None) -> None:
        """Write a message."""
        await self.does("text", text, to=to)

    async def taps(self, label: str, *, of: str = "", to: Replica | None = None) -> None:
        """Press the newest button that has this label: the key of a text, or a name.

        Among the messages that speak of something, if that is said.
        """
        words = {load_texts(language).get(label, label) for language in ("vi", "en")}
        about = [m for m in self.messages if of in m.get("text", m.get("caption", ""))]
        for message in reversed(about):
            for button in _buttons(message):
                if button["text"] in words:
                    data, number = button["callback_data"], message["message_id"]
                    await self.does("press", message_id=number, data=data, to=to)
                    return
        raise AssertionError(f"{self.name} sees no button {words}: {self.sees}")

    async def does(self, act: str, *given: Any, to: Replica | None = None, **named: Any) -> None:
        """Any act that the simulator knows, and all that comes of it."""
        getattr(self.town.simulator.people, act)(self.id, *given, **named)
        await self.town.deliver(to)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What is in the chat, oldest first."""
        return self.town.simulator.messages(self.id)

    @property
    def sees(self) -> str:
        """The newest message of the bot."""
        said = [each for each in self.messages if each["from"]["is_bot"]]
        return str(said[-1].get("text", "")) if said else ""

    @property
    def heard(self) -> list[str]:
        """All that the bot said, oldest first."""
        return [each.get("text", "") for each in self.messages if each["from"]["is_bot"]]

    @property
    def buttons(self) -> list[str]:
        """The labels under the newest message of the bot."""
        said = [each for each in self.messages if each["from"]["is_bot"]]
        return [button["text"] for button in _buttons(said[-1])] if said else []

    def is_asked(self, key: str) -> bool:
        """Whether the newest message asks this question, in whatever form and language."""
        flow, _, step = key.partition(".")
        prompts = FEEDBACK.by_name[step].input.prompts if flow == FEEDBACK.name else ("ask",)
        return any(self.is_told(f"{key}.{prompt}") for prompt in prompts)

    def is_told(self, key: str) -> bool:
        """Whether the newest message contains this text, parameters aside."""
        return tells(self.sees, key)

    def was_told(self, key: str) -> bool:
        """Whether any message of the bot contains this text."""
        return any(tells(text, key) for text in self.heard)

    async def gives(self, text: str, **chosen: str) -> str:
        """Walk through the whole conversation; the receipt's code."""
        await self.begins(**chosen)
        await self.says(text)
        return await self.finishes(**chosen)

    async def finishes(self, **chosen: str) -> str:
        """Say that it is all, answer what is still asked, and send it; the receipt's code."""
        await self.reaches("feedback.review", **chosen)
        await self.taps("feedback.review.options.submit")
        return self.code

    async def reaches(self, question: str, **chosen: str) -> None:
        """Say that the text is all, and answer what is asked before a question."""
        await self.taps("feedback.details.options.done")
        for _ in range(10):
            if self.is_asked(question):
                return
            if self.is_asked("feedback.danger"):
                await self.taps(f"feedback.danger.options.{chosen.get('danger', 'go_on')}")
            elif self.is_asked("feedback.personal"):
                await self.taps(f"feedback.personal.options.{chosen.get('personal', 'keep')}")
            elif self.is_asked("feedback.topic"):
                await self._chooses_topic(chosen.get("topic", "theft"))
            elif self.is_asked("feedback.area"):
                await self._chooses_area(chosen.get("area"))
            elif self.is_asked("feedback.identity"):
                await self.taps(f"feedback.identity.options.{chosen.get('identity', 'channel')}")
        raise AssertionError(f"{self.name} does not come to {question}: {self.sees}")

    async def _chooses_topic(self, topic: str) -> None:
        if self.is_told("feedback.topic.suggested"):
            await self.taps("feedback.topic.options.choose")
        await self.taps(f"feedback.topic.options.{topic}")

    async def _chooses_area(self, area: str | None) -> None:
        if area is None:
            await self.taps("feedback.area.options.skip")
        else:
            await self.says(area)
            await self.taps(area)

    async def begins(self, **chosen: str) -> None:
        """Walk up to where the text is asked for."""
        await self.says("/feedback")
        if self.is_asked("feedback.consent"):
            await self.taps("feedback.consent.options.agree")
        kind = chosen.get("kind", "report")
        await self.taps(f"feedback.kind.options.{kind}")
        if kind in {"complaint", "denunciation"}:
            await self.taps("feedback.formal.options.inform")

    @property
    def code(self) -> str:
        """The code of the newest receipt."""
        for text in reversed(self.heard):
            if tells(text, "receipt.text"):
                found = re.search(r"HP-\w{4}-\w{4}", text)
                assert found is not None
                return found.group()
        raise AssertionError(f"{self.name} has no receipt: {self.sees}")


@dataclass
class Group:
    """A group of officers; `topics` are its threads by name."""

    town: Town
    id: int
    topics: dict[str, int]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What the bot said in it, oldest first."""
        said = self.town.simulator.messages(self.id)
        return [each for each in said if each["from"]["is_bot"]]

    async def hears(self, person: Person, text: str, topic: str | None = None) -> None:
        """Somebody writes something in it."""
        await person.does(
            "text", text, chat_id=self.id, message_thread_id=self.topics.get(topic or "")
        )

    async def presses(self, person: Person, label: str) -> None:
        """Somebody presses a button of its newest message."""
        await person.does("press", label=load_texts("vi")[label], chat_id=self.id)


def _buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


def tells(text: str, key: str) -> bool:
    """Whether a message holds the fixed parts of a text, in order, in some language."""

    for language in ("vi", "en"):
        plain = html.unescape(re.sub(r"<[^>]+>", "", load_texts(language)[key]))
        parts = [part.strip() for part in re.split(r"\{[^}]*\}", plain)]
        at = 0
        for part in parts:
            at = text.find(part, at)
            if at < 0:
                break
            at += len(part)
        else:
            if any(parts):
                return True
    return False
