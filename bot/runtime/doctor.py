"""The doctor: looks at everything that a running bot needs, and says what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from telegram.error import InvalidToken, TelegramError

from bot.areas.boundaries import BadBoundaries
from bot.evidence.store import BadStore, EvidenceStore
from bot.privacy.encryption import BadKey
from bot.runtime.app import make_bot
from bot.runtime.builders import make_locator, make_pseudonyms
from storage import failed_updates, migrations, outbox, submissions
from storage.database import Database, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.runtime.settings import Settings


async def examine_installation(settings: Settings, say: Callable[[str], None]) -> bool:
    """Say a line for each thing looked at; whether all is well."""
    try:
        EvidenceStore(settings.evidence.url, make_pseudonyms(settings).cipher)
        make_locator(settings)
    except (BadKey, BadStore, BadBoundaries, OSError) as error:
        say(f"settings: {error}")
        return False
    say("settings: good")
    if not settings.privacy.encryption_key:
        say(f"privacy: the key is in {settings.privacy.key_file}; keep a copy of it elsewhere")
    # Both are looked at, whatever the first one finds.
    database_is_well = await _database(settings, say)
    telegram_is_well = await _telegram(settings, say)
    return database_is_well and telegram_is_well


async def _database(settings: Settings, say: Callable[[str], None]) -> bool:
    database = Database(settings.database.url)
    try:
        found = await migrations.revision(database)
        if found != migrations.head():
            say(f"database: at revision {found or 'none'}; run 'python -m bot migrate'")
            return False
        say("database: good")
        async with database.reading() as connection:
            failed = await failed_updates.count_failed_updates(connection)
            unalerted = await submissions.count_unalerted(connection)
            counts = await outbox.count_by_state(connection)
            lag = await outbox.measure_lag(connection, datetime.now(UTC))
    except Unavailable as error:
        say(f"database: cannot be reached ({error}); check database.url")
        return False
    finally:
        await database.close()
    say("outbox: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    say(f"outbox: the oldest message due has waited {int(lag.total_seconds())} s")
    if failed:
        say(f"updates: {failed} could not be handled and are kept in the table failed_update")
    if unalerted:
        say(
            f"submissions: nobody was on duty for {unalerted}; invite officers or ask them /duty on"
        )
    return True


async def _telegram(settings: Settings, say: Callable[[str], None]) -> bool:
    telegram = settings.telegram
    if not telegram.token:
        say("token: not set; put the one that @BotFather gave into telegram.token")
        return False
    try:
        async with make_bot(settings) as bot:
            say(f"token: good, the bot is @{bot.username}")
            info = await bot.get_webhook_info()
    except InvalidToken:
        say("token: Telegram does not know it; ask @BotFather for the present one")
        return False
    except TelegramError as error:
        say(f"Telegram: {telegram.api_base_url} cannot be reached ({error}); a proxy may help")
        return False
    if info.url:
        say(f"webhook: {info.url}, {info.pending_update_count} updates waiting")
        if info.last_error_message:
            say(f"webhook: the last error was {info.last_error_message!r}")
    else:
        say(f"webhook: none is set, {info.pending_update_count} updates waiting")
    return True
