"""The composition root: everything is built here, once, from settings."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats
from telegram.error import TelegramError
from telegram.ext import ApplicationBuilder

from bot.areas.location import Locator
from bot.casework import absence, acting, templates
from bot.casework import service as casework
from bot.casework.deadlines import Times
from bot.casework.flow import ACTIONS, AWAY, BAN, TEMPLATE
from bot.conversation.service import Desk, Matter
from bot.evidence.service import Fetching, shown
from bot.evidence.store import Store
from bot.feedback import followup, notices
from bot.feedback import service as feedback
from bot.feedback.flow import FEEDBACK
from bot.feedback.later import ADDITION, RATING, REOPENING, REPLY
from bot.forums import (
    announcing,
    attending,
    following,
    hearing,
    reminding,
    spoken,
    subscribing,
)
from bot.forums import service as planned
from bot.forums.attending_flow import ATTENDING, SUBSCRIBING
from bot.forums.flow import MOVES_WITH_WORDS, NEWFORUM
from bot.forums.hall_flow import ANSWER, CLAIM, SPOKEN
from bot.policy import Limits as OpinionLimits
from bot.policy import Policy
from bot.privacy import rights
from bot.privacy.flow import CORRECTION
from bot.privacy.retention import Terms as RetentionTerms
from bot.reach import Reach
from bot.schedule import Schedule
from bot.seal import Seal, keys_of
from bot.telegram.attendees import AttendeeHandlers
from bot.telegram.commands import COMMANDS, MENU
from bot.telegram.data import DataHandlers
from bot.telegram.delivery import Delivery, Terms
from bot.telegram.files import fetch
from bot.telegram.hall import HallHandlers
from bot.telegram.handlers import Handlers
from bot.telegram.intake import Intake
from bot.telegram.office import OfficeHandlers
from bot.telegram.officers import OfficerHandlers
from bot.telegram.organisers import OrganiserHandlers
from bot.telegram.render import Renderer
from bot.telegram.replies import Replies
from bot.telegram.request import AiohttpRequest
from bot.telegram.residents import ResidentHandlers
from bot.telegram.showing import Showing
from bot.texts import LANGUAGES, Catalogue, load
from bot.workdays import Workdays
from storage.claims import Pacing
from storage.database import Database
from storage.models import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import Deadlines, Limits, Retention, Settings

log = structlog.get_logger()


def topics(policy: Policy) -> tuple[Matter, ...]:
    """Every conversation, with what it begins with and what it brings about."""
    return (
        Matter(
            FEEDBACK,
            finish=partial(feedback.receive, policy=policy),
            begin=partial(feedback.facts, policy=policy),
            answered={"consent": partial(feedback.agree, policy=policy)},
            forgets=frozenset({"refused"}),
        ),
        Matter(ADDITION, finish=partial(followup.add, policy=policy)),
        Matter(RATING, finish=partial(followup.rate, policy=policy)),
        Matter(REOPENING, finish=partial(followup.reopen, policy=policy)),
        Matter(REPLY, finish=partial(followup.reply, policy=policy)),
        Matter(BAN, finish=casework.ban),
        Matter(AWAY, finish=absence.finish, begin=absence.begin),
        Matter(TEMPLATE, finish=templates.finish, begin=templates.begin),
        *(
            Matter(flow, finish=partial(acting.finish, action=flow.name, policy=policy))
            for flow in ACTIONS
        ),
        *attendance(policy),
        *planning(policy),
        Matter(CORRECTION, finish=partial(rights.correct_phone, policy=policy)),
    )


def planning(policy: Policy) -> tuple[Matter, ...]:
    """The conversations of those who plan forums."""
    return (
        Matter(
            NEWFORUM,
            finish=partial(planned.submit, policy=policy),
            begin=partial(planned.facts, policy=policy),
        ),
        *(
            Matter(
                flow,
                finish=partial(
                    planned.finish, move=flow.name.removeprefix("forum_"), policy=policy
                ),
            )
            for flow in MOVES_WITH_WORDS
        ),
        Matter(ANSWER, finish=partial(hearing.answer, policy=policy)),
        Matter(SPOKEN, finish=partial(spoken.enter, policy=policy)),
    )


def attendance(policy: Policy) -> tuple[Matter, ...]:
    """The conversations about attending forums and hearing of them."""
    begin = partial(attending.facts, policy=policy)
    return (
        Matter(
            ATTENDING,
            finish=partial(attending.register, policy=policy),
            begin=begin,
            answered={"consent": partial(feedback.agree, policy=policy)},
            forgets=frozenset({"refused"}),
        ),
        Matter(
            SUBSCRIBING,
            finish=partial(subscribing.subscribe, policy=policy),
            begin=begin,
            forgets=frozenset({"refused"}),
        ),
        Matter(
            CLAIM,
            finish=partial(spoken.claim, policy=policy),
            begin=begin,
            answered={"consent": partial(feedback.agree, policy=policy)},
            forgets=frozenset({"refused"}),
        ),
    )


def seal_of(settings: Settings) -> Seal:
    """The seal that the settings name; raises BadKey."""
    privacy = settings.privacy
    return Seal(keys_of(privacy.encryption_key, Path(privacy.key_file)))


def locator_of(settings: Settings) -> Locator:
    """What knows where units are; raises BadBoundaries for an operator's file that is broken."""
    areas = settings.areas
    if not areas.boundaries or not Path(areas.boundaries).is_file():
        return Locator()
    from bot.areas.boundaries import read  # needs a library that not everybody installs

    return Locator(read(Path(areas.boundaries), areas.code_property or None))


def policy_of(settings: Settings) -> Policy:
    """What the settings decide about opinions."""
    return Policy(
        working_days=settings.deadlines.working_days,
        workdays=Workdays(
            settings.locale.zone,
            off=frozenset(settings.deadlines.days_off),
            worked=frozenset(settings.deadlines.worked_days),
        ),
        officers_language=settings.locale.default,
        seal=seal_of(settings),
        reopen_within=timedelta(days=settings.deadlines.reopen_days),
        acknowledge_within=timedelta(hours=settings.deadlines.acknowledge_hours),
        urgent_within=timedelta(minutes=settings.deadlines.urgent_minutes),
        limits=OpinionLimits(settings.abuse.opinions_a_day, settings.abuse.everybody_a_minute),
        channel=settings.forums.channel_id or None,
        report_days=settings.forums.report_days,
    )


def times_of(deadlines: Deadlines) -> Times:
    """What the settings decide about reminders and about closing."""
    return Times(
        remind_before=timedelta(hours=deadlines.remind_hours),
        close_after=timedelta(days=deadlines.reopen_days),
        city_after=deadlines.city_after_days,
    )


def retention_of(retention: Retention) -> RetentionTerms:
    """What the settings decide about how long is kept what is over."""
    return RetentionTerms(
        kept={kind: timedelta(days=getattr(retention.closed_days, kind)) for kind in Kind},
        warning=timedelta(days=retention.warning_days),
    )


def pacing_of(limits: Limits) -> Pacing:
    """The limit and the pauses that the settings mean; the pauses with half a percent to spare."""

    def pause(seconds: float, messages: float) -> float:
        return seconds / messages * 1.005 if messages else 0.0

    return Pacing(
        everyone=limits.global_per_second,
        private=pause(1, limits.chat_per_second),
        group=pause(60, limits.group_per_minute),
    )


def utc_now() -> datetime:
    """The clock of the edge."""
    return datetime.now(UTC)


def make_bot(settings: Settings) -> Bot:
    """A client of the Bot API; polling has connections of its own."""
    telegram = settings.telegram
    proxy = telegram.proxy or None
    return Bot(
        telegram.token,
        base_url=f"{telegram.api_base_url}/bot",
        base_file_url=f"{telegram.api_base_url}/file/bot",
        request=AiohttpRequest(proxy=proxy),
        get_updates_request=AiohttpRequest(proxy=proxy, connections=2),
    )


class App:
    """One replica, put together but not yet listening to anything."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = utc_now,
        album_pause: float = 0.8,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self.stopping = asyncio.Event()
        self.fatal: str | None = None
        self.database = Database(settings.database.url, pool_size=settings.database.pool_size)
        self.bot = make_bot(settings)
        self.policy = policy_of(settings)
        language, limits = settings.locale.default, settings.telegram.limits
        renderer = Renderer(Catalogue(settings.locale.zone))
        reach = Reach(self.policy)
        self.store = Store(settings.evidence.url, self.policy.seal)
        self.delivery = Delivery(
            self.bot,
            renderer,
            self.database,
            Terms(pacing_of(limits), lease=timedelta(seconds=limits.lease_seconds)),
            clock,
            self.stop_for,
            reach,
        )
        self.replies = Replies(
            self.bot,
            renderer,
            self.database,
            clock,
            self.stop_for,
            reach,
            partial(shown, self.store),
            self.delivery.nudge,
        )
        desk = Desk(
            self.database,
            topics(self.policy),
            say=renderer.plain,
            default_language=language,
            draft_lifetime=timedelta(hours=settings.retention.draft_hours),
            most_a_minute=settings.abuse.messages_a_minute,
        )
        application = ApplicationBuilder().bot(self.bot).updater(None).build()
        database = self.database
        showing = Showing(desk, self.replies, renderer, self.delivery.nudge)
        residents = ResidentHandlers(desk, database, showing, self.policy, self.bot)
        data = DataHandlers(desk, database, showing, self.policy.seal)
        officers = OfficerHandlers(desk, database, showing, self.policy)
        office = OfficeHandlers(desk, database, showing, self.policy)
        organisers = OrganiserHandlers(desk, database, showing, self.policy, self.bot)
        attendees = AttendeeHandlers(
            desk, database, showing, self.policy, self.bot, settings.forums.minutes
        )
        handlers = Handlers(
            desk,
            database,
            showing,
            reach,
            residents,
            data,
            officers,
            office,
            organisers,
            HallHandlers(desk, database, showing, self.policy, self.bot),
            attendees,
            locator_of(settings).near,
            album_pause,
        )
        handlers.register(application)
        self._application: Any = application
        self.intake = Intake(application, self.database, self.replies, clock, language)
        self.evidence = Fetching(
            self.database,
            self.store,
            partial(fetch, self.bot),
            clock,
            partial(notices.given_up, policy=self.policy),
        )
        self.schedule = Schedule(
            self.database,
            self.policy,
            settings.retention,
            retention_of(settings.retention),
            times_of(settings.deadlines),
            clock,
            self.delivery.nudge,
            sweep_seconds=min(10, limits.lease_seconds),
        )

    def stop_for(self, reason: str) -> None:
        """Stop everything because Telegram refuses us; nothing is given up, nothing is lost."""
        if self.fatal is None:
            self.fatal = reason
            log.critical("Telegram refuses the token: stopping", reason=reason)
        self.stopping.set()

    async def open(self) -> None:
        """Connect to Telegram; raises TelegramError when it refuses us or cannot be reached."""
        await self._application.initialize()

    async def close(self) -> None:
        """Say what is still to be said, and let go of everything."""
        self.delivery.stop()
        await self.replies.drained()
        await self.delivery.drained()
        await self._application.shutdown()
        await self.database.close()

    async def fetch_evidence(self) -> None:
        """Bring the attachments that are due into our own storage, and erased ones out of it."""
        if await self.evidence.fetch_due():
            self.delivery.nudge()
        await self.evidence.clear_erased()

    async def announce_forums(self) -> None:
        """Put what is announced of forums on its way."""
        if await announcing.expand(self.database, self._clock(), policy=self.policy):
            self.delivery.nudge()

    async def remind_of_reports(self) -> None:
        """Remind organisers of results that are due, and of what was promised."""
        async with self.database.transaction() as connection:
            await following.remind(connection, self._clock(), policy=self.policy)
        self.delivery.nudge()

    async def remind_of_forums(self) -> None:
        """Put the reminders of forums that are due on their way."""
        minutes = self.settings.forums.minutes
        if await reminding.look(self.database, minutes, self._clock(), policy=self.policy):
            self.delivery.nudge()

    async def settled(self) -> None:
        """Return when every reply was sent and nothing in the outbox is due (for tests)."""
        await self.replies.drained()
        await self.fetch_evidence()
        await self.announce_forums()
        while not self.stopping.is_set() and await self.delivery.start_due():
            await self.delivery.drained()

    async def introduce(self) -> None:
        """Register the commands and the description, per language; the bot works without them."""
        try:
            for language in LANGUAGES:
                texts = load(language)
                local = language == self.settings.locale.default
                commands = [
                    BotCommand(COMMANDS[name][-1 if language == "vi" else 0],
                               texts[f"commands.{name}"])
                    for name in MENU
                ]  # fmt: skip
                scope = BotCommandScopeAllPrivateChats()
                code = None if local else language
                await self.bot.set_my_commands(commands, scope=scope, language_code=code)
                await self.bot.set_my_short_description(texts["profile.short"], language_code=code)
        except TelegramError as error:
            log.warning("the menu could not be registered", error=str(error))
