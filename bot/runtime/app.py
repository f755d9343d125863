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
from bot.casework.escalation import CaseDeadlines
from bot.casework.reachability import Reachability
from bot.channels.telegram.adapter import TelegramAdapter
from bot.channels.telegram.commands import COMMANDS, MENU
from bot.channels.telegram.delivery import Delivery, DeliverySettings
from bot.channels.telegram.direct_replies import DirectReplies
from bot.channels.telegram.dispatch import register_handlers
from bot.channels.telegram.files import fetch_file
from bot.channels.telegram.presenter import Presenter
from bot.channels.telegram.render import Renderer
from bot.channels.telegram.request import AiohttpRequest
from bot.channels.telegram.update_handler import UpdateHandler
from bot.conversation.service import ConversationService
from bot.core.business_calendar import BusinessCalendar
from bot.core.policy import Policy
from bot.core.policy import SubmissionLimits as OpinionLimits
from bot.core.unit_of_work import UnitOfWork
from bot.evidence.fetcher import EvidenceFetcher, read_shown_copy
from bot.evidence.store import EvidenceStore
from bot.forums import announcements, organiser_reminders, reminders
from bot.notifications import to_resident
from bot.privacy.encryption import load_keys
from bot.privacy.pseudonyms import Pseudonyms
from bot.privacy.retention import RetentionPeriods as RetentionTerms
from bot.runtime.flow_bindings import FLOW_BINDINGS
from bot.runtime.scheduler import Scheduler
from bot.texts import LANGUAGES, VIETNAMESE, Catalogue, load_texts
from storage.database import Database
from storage.models import Kind
from storage.outbox_claims import Pacing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.runtime.settings import (
        DeadlineSettings,
        RateLimitSettings,
        RetentionSettings,
        Settings,
    )
    from storage.models import Attachment, EvidenceState

log = structlog.get_logger()


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


async def fetch_bot_name(settings: Settings) -> str | None:
    """Ask Telegram for the bot's user name; return None if Telegram does not answer."""
    try:
        async with make_bot(settings) as bot:
            return bot.username
    except TelegramError:
        return None


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
        self.policy = make_policy(settings)
        language, limits = settings.locale.default, settings.telegram.limits
        renderer = Renderer(Catalogue(settings.locale.zone))
        reach = Reachability(self.policy)
        self.store = EvidenceStore(settings.evidence.url, self.policy.cipher)
        self.delivery = Delivery(
            self.bot,
            renderer,
            self.database,
            DeliverySettings(make_pacing(limits), lease=timedelta(seconds=limits.lease_seconds)),
            clock,
            self.stop_for,
            reach,
        )
        self.replies = DirectReplies(
            self.bot,
            renderer,
            self.database,
            clock,
            self.stop_for,
            reach,
            partial(read_shown_copy, self.store),
            self.delivery.nudge,
        )
        application = ApplicationBuilder().bot(self.bot).updater(None).build()
        adapter = TelegramAdapter(
            conversations=ConversationService(
                self.database,
                FLOW_BINDINGS,
                policy=self.policy,
                say=renderer.plain,
                default_language=language,
                draft_lifetime=timedelta(hours=settings.retention.draft_hours),
                most_a_minute=settings.abuse.messages_a_minute,
            ),
            database=self.database,
            presenter=Presenter(self.replies, renderer, self.delivery.nudge),
            policy=self.policy,
            bot=self.bot,
            reachability=reach,
            locate_units=make_locator(settings).list_nearby_codes,
            album_pause=album_pause,
        )
        register_handlers(application, adapter)
        self._application: Any = application
        self.intake = UpdateHandler(
            application, self.database, self.replies, clock, language, self.policy.pseudonyms
        )
        self.evidence = EvidenceFetcher(
            self.database,
            self.store,
            partial(fetch_file, self.bot),
            clock,
            self._report_failed_file,
        )
        self.schedule = Scheduler(
            self.database,
            self.policy,
            settings.retention,
            make_retention_periods(settings.retention),
            make_case_deadlines(settings.deadlines),
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

    async def _report_failed_file(
        self,
        connection: AsyncConnection,
        attachment: Attachment,
        state: EvidenceState,
        now: datetime,
    ) -> None:
        work = UnitOfWork(connection, now, self.policy)
        await to_resident.notify_file_failed(work, attachment, state)

    async def fetch_evidence(self) -> None:
        """Bring the attachments that are due into our own storage, and erased ones out of it."""
        if await self.evidence.fetch_due():
            self.delivery.nudge()
        await self.evidence.delete_erased_files()

    async def announce_forums(self) -> None:
        """Put what is announced of forums on its way."""
        if await announcements.expand_announcements(
            self.database, self._clock(), policy=self.policy
        ):
            self.delivery.nudge()

    async def remind_of_reports(self) -> None:
        """Remind organisers of results that are due, and of what was promised."""
        async with self.database.transaction() as connection:
            await organiser_reminders.remind_organisers(
                UnitOfWork(connection, self._clock(), self.policy)
            )
        self.delivery.nudge()

    async def remind_of_forums(self) -> None:
        """Put the reminders of forums that are due on their way."""
        minutes = self.settings.forums.minutes
        if await reminders.send_reminders(
            self.database, minutes, self._clock(), policy=self.policy
        ):
            self.delivery.nudge()

    async def introduce(self) -> None:
        """Register the commands and the description, per language; the bot works without them."""
        try:
            for language in LANGUAGES:
                texts = load_texts(language)
                local = language == self.settings.locale.default
                commands = [
                    BotCommand(
                        COMMANDS[name][-1 if language == VIETNAMESE else 0],
                        texts[f"commands.{name}"],
                    )
                    for name in MENU
                ]
                scope = BotCommandScopeAllPrivateChats()
                code = None if local else language
                await self.bot.set_my_commands(commands, scope=scope, language_code=code)
                await self.bot.set_my_short_description(texts["profile.short"], language_code=code)
        except TelegramError as error:
            log.warning("the menu could not be registered", error=str(error))
