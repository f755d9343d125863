"""The composition root: builds every part of a replica from the settings."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from telegram import Bot
from telegram.error import TelegramError
from telegram.ext import ApplicationBuilder

from bot.casework.reachability import Reachability
from bot.channels.telegram.adapter import TelegramAdapter
from bot.channels.telegram.delivery import Delivery, DeliverySettings
from bot.channels.telegram.direct_replies import DirectReplies
from bot.channels.telegram.dispatch import register_handlers
from bot.channels.telegram.files import fetch_file
from bot.channels.telegram.message_adapter import MessageAdapter
from bot.channels.telegram.presenter import Presenter
from bot.channels.telegram.render import Renderer
from bot.channels.telegram.reply_pacer import make_reply_pacer
from bot.channels.telegram.update_handler import UpdateHandler
from bot.conversation.service import ConversationService
from bot.core.unit_of_work import UnitOfWork
from bot.evidence.fetcher import EvidenceFetcher
from bot.evidence.store import EvidenceStore
from bot.feedback.first_messages import find_aside
from bot.notifications import to_resident
from bot.runtime.builders import (
    configure_places,
    configure_suggestions,
    make_locator,
    make_pacing,
    make_policy,
    make_scanner,
    make_storage_quota,
    utc_now,
)
from bot.runtime.flow_bindings import FLOW_BINDINGS
from bot.runtime.jobs import JobContext
from bot.texts import Catalogue
from storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection
    from telegram.ext import Application

    from bot.runtime.settings import Settings
    from storage.models import Attachment

log = structlog.get_logger()


def make_bot(settings: Settings) -> Bot:
    """Return a client of the Bot API. Polling uses connections of its own."""
    from bot.channels.telegram.request import AiohttpRequest

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
    """Return the bot's user name from Telegram; None if Telegram refuses or does not answer."""
    try:
        async with make_bot(settings) as bot:
            return bot.username
    except TelegramError:
        return None


class App:
    """The parts of one replica. It receives and delivers nothing before `serve` of `replica.py`.

    - `stopping`: an event that is set when the replica has to stop.
    - `fatal`: Telegram's reason for refusing the token, or None.
    - `lost_key`: what to do if the database was encrypted with a key that is not set, or None.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = utc_now,
        album_pause: float = 0.8,
        reply_patience: float = 3.0,
    ) -> None:
        """Build the parts.

        `clock` returns the present time, aware. `album_pause` is the number of seconds to wait for
        another photo of an album. After `reply_patience` seconds an unsent reply is stored, so that
        its update can be acknowledged. Raises BadKey, BadUrl, BadStore, BadBoundaries
        or BadSettings.
        """
        self.settings = settings
        self._clock = clock
        self.stopping = asyncio.Event()
        self.fatal: str | None = None
        self.lost_key: str | None = None
        self.database = Database(settings.database.url, pool_size=settings.database.pool_size)
        self.policy = make_policy(settings)
        configure_suggestions(settings)
        configure_places(settings)
        self.bot = make_bot(settings)
        self.store = EvidenceStore(settings.evidence.url, self.policy.cipher)
        self._renderer = Renderer(
            Catalogue(settings.locale.zone), protects=settings.privacy.protect_cases
        )
        self._reachability = Reachability(self.policy)
        self.delivery = self._make_delivery()
        self.replies = self._make_replies(reply_patience)
        self._application = self._make_application(album_pause)
        self.update_handler = self._make_update_handler()
        self.evidence = EvidenceFetcher(
            self.database,
            self.store,
            partial(fetch_file, self.bot),
            clock,
            self._report_failed_file,
            make_scanner(settings),
            make_storage_quota(settings.evidence),
        )
        self.job_context = JobContext(
            self.database, self.policy, settings, clock, self.delivery.nudge, self.evidence
        )

    def _make_delivery(self) -> Delivery:
        limits = self.settings.telegram.limits
        return Delivery(
            self.bot,
            self._renderer,
            self.database,
            DeliverySettings(make_pacing(limits), lease=timedelta(seconds=limits.lease_seconds)),
            self._clock,
            self.stop_for,
            self._reachability,
        )

    def _make_replies(self, patience: float) -> DirectReplies:
        return DirectReplies(
            self.bot,
            self._renderer,
            self.database,
            self._clock,
            self.stop_for,
            self._reachability,
            self.store.read_file,
            self.delivery.nudge,
            patience=patience,
            pacer=make_reply_pacer(
                self.database, make_pacing(self.settings.telegram.limits), self._clock
            ),
        )

    def _make_application(self, album_pause: float) -> Application[Any, Any, Any, Any, Any, Any]:
        """Return python-telegram-bot's application, with a handler for every kind of update."""
        application = ApplicationBuilder().bot(self.bot).updater(None).build()
        adapter = TelegramAdapter(
            conversations=self._make_conversations(),
            database=self.database,
            presenter=Presenter(self.replies, self._renderer, self.delivery.nudge),
            policy=self.policy,
            bot=self.bot,
            reachability=self._reachability,
        )
        messages = MessageAdapter(
            adapter, make_locator(self.settings).list_nearby_codes, album_pause
        )
        register_handlers(application, adapter, messages)
        return application

    def _make_conversations(self) -> ConversationService:
        return ConversationService(
            self.database,
            FLOW_BINDINGS,
            policy=self.policy,
            to_text=self._renderer.render_plain,
            draft_lifetime=timedelta(hours=self.settings.retention.draft_hours),
            max_per_minute=self.settings.abuse.messages_a_minute,
            find_aside=find_aside,
        )

    def _make_update_handler(self) -> UpdateHandler:
        return UpdateHandler(
            self._application,
            self.database,
            self.replies,
            self._clock,
            self.settings.locale.default,
            self.policy.pseudonyms,
        )

    async def open(self) -> None:
        """Connect to Telegram. Raises TelegramError if it refuses the token or does not answer."""
        await self._application.initialize()

    async def close(self) -> None:
        """Wait until started replies and messages are sent, and close all connections."""
        self.delivery.stop()
        await self.replies.wait_until_sent()
        await self.delivery.wait_until_finished()
        self.evidence.close()
        await self._application.shutdown()
        await self.database.close()

    def stop_for(self, reason: str) -> None:
        """Make the replica stop, because Telegram refuses the token for a reason.

        Unsent messages stay in the outbox.
        """
        if self.fatal is None:
            self.fatal = reason
            log.critical("Telegram refuses the token: stopping", reason=reason)
        self.stopping.set()

    def stop_without_key(self, reason: str) -> None:
        """Make the replica stop: it has no key any more that reads the database."""
        self.lost_key = reason
        log.critical("the key does not belong to the database: stopping", reason=reason)
        self.stopping.set()

    async def _report_failed_file(
        self,
        connection: AsyncConnection,
        attachment: Attachment,
        reason: str,
        now: datetime,
    ) -> None:
        work = UnitOfWork(connection, now, self.policy)
        await to_resident.notify_file_failed(work, attachment, reason)
