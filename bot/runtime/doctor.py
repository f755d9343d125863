"""The check of an installation: settings, database and Telegram."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from telegram.error import InvalidToken, TelegramError

from bot.areas.boundaries import BadBoundaries
from bot.evidence.scanner import ScannerUnavailable
from bot.evidence.store import BadStore, EvidenceStore
from bot.privacy.encryption import BadKey, NoKey, make_key
from bot.privacy.key_check import WrongKey
from bot.privacy.pseudonyms import Pseudonyms
from bot.runtime.app import make_bot
from bot.runtime.builders import (
    configure_places,
    make_locator,
    make_pseudonyms,
    make_scanner,
)
from bot.runtime.file_permissions import list_open_files
from bot.runtime.keys import load_checked_keys
from bot.runtime.settings import BadSettings
from storage import failed_updates, migrations, outbox, submissions
from storage.database import Database, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.evidence.scanner import VirusScanner
    from bot.runtime.settings import Settings


async def examine_installation(
    settings: Settings, print_line: Callable[[str], None], config: Path | None = None
) -> bool:
    """Check settings, database and Telegram. Return True if all checks succeed.

    `print_line` gets a line for each check, which says what to do if the check fails. `config` is
    the settings file; None for the default.
    """
    try:
        store = EvidenceStore(settings.evidence.url, _load_unchecked(settings).cipher)
        make_locator(settings)
        configure_places(settings)
    except (BadKey, BadStore, BadBoundaries, BadSettings, OSError) as error:
        print_line(f"settings: {error}")
        return False
    print_line("settings: good")
    if not settings.privacy.encryption_key:
        print_line(
            f"privacy: the key is in {settings.privacy.key_file}; keep a copy of it elsewhere"
        )
    if opened := list_open_files(settings, config):
        names = shlex.join(map(str, opened))
        print_line(f"files: other accounts of this machine can read them; run: chmod go= {names}")
    # All are checked, even if the first has a problem.
    is_database_ready = await _check_database(settings, print_line)
    is_telegram_ready = await _check_telegram(settings, print_line)
    is_scanner_ready = await check_scanner(make_scanner(settings), print_line)
    is_store_ready = await check_store(store, print_line)
    return is_database_ready and is_telegram_ready and is_scanner_ready and is_store_ready


async def check_store(store: EvidenceStore, print_line: Callable[[str], None]) -> bool:
    """Return True if a file can be written into the store, read and deleted."""
    try:
        await store.try_out()
    except (BadStore, OSError) as error:
        print_line(f"files: cannot be stored ({error!s}), so they wait; check evidence.url")
        return False
    print_line("files: can be stored")
    return True


async def check_scanner(scanner: VirusScanner | None, print_line: Callable[[str], None]) -> bool:
    """Return True if the scanner for malware answers, or none is configured."""
    if scanner is None:
        print_line("scanner: none; files are checked, but not for known malware (evidence.scanner)")
        return True
    try:
        print_line(f"scanner: good, {await scanner.get_version()}")
    except ScannerUnavailable as error:
        print_line(f"scanner: cannot be reached ({error}), files wait; check evidence.scanner")
        return False
    return True


def _load_unchecked(settings: Settings) -> Pseudonyms:
    """Return the Pseudonyms of the settings, with a key of no use if none is set yet."""
    try:
        return make_pseudonyms(settings)
    except NoKey:
        return Pseudonyms([make_key()])


async def _check_database(settings: Settings, print_line: Callable[[str], None]) -> bool:
    database = Database(settings.database.url)
    try:
        revision = await migrations.find_revision(database)
        if revision != migrations.get_needed_revision():
            print_line(f"database: at revision {revision or 'none'}; run 'python -m bot migrate'")
            return False
        print_line("database: good")
        await load_checked_keys(database, settings, stores=False)
        print_line("key: good, it belongs to the database")
        async with database.reading() as connection:
            failed = await failed_updates.count_failed_updates(connection)
            unalerted = await submissions.count_unalerted(connection)
            counts = await outbox.count_by_state(connection)
            lag = await outbox.measure_lag(connection, datetime.now(UTC))
    except (WrongKey, BadKey, OSError) as error:
        print_line(f"key: {error}")
        return False
    except Unavailable as error:
        print_line(f"database: cannot be reached ({error}); check database.url")
        return False
    finally:
        await database.close()
    print_line("outbox: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    print_line(f"outbox: the oldest message due has waited {int(lag.total_seconds())} s")
    if failed:
        print_line(
            f"updates: {failed} could not be handled; 'python -m bot failed-updates' prints them"
        )
    if unalerted:
        print_line(
            f"submissions: nobody was on duty for {unalerted}; invite officers or ask them /duty on"
        )
    return True


async def _check_telegram(settings: Settings, print_line: Callable[[str], None]) -> bool:
    telegram = settings.telegram
    if not telegram.token:
        print_line("token: not set; put the one that @BotFather gave into telegram.token")
        return False
    try:
        async with make_bot(settings) as bot:
            print_line(f"token: good, the bot is @{bot.username}")
            info = await bot.get_webhook_info()
    except InvalidToken:
        print_line("token: Telegram does not know it; ask @BotFather for the present one")
        return False
    except TelegramError as error:
        print_line(
            f"Telegram: {telegram.api_base_url} cannot be reached ({error}); a proxy may help"
        )
        return False
    if info.url:
        print_line(f"webhook: {info.url}, {info.pending_update_count} updates waiting")
        if info.last_error_message:
            print_line(f"webhook: the last error was {info.last_error_message!r}")
    else:
        print_line(f"webhook: none is set, {info.pending_update_count} updates waiting")
    return True
