"""The keys of the settings, checked against the database before anything is read or written."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.evidence.file_rotation import FileRotation
from bot.evidence.store import EvidenceStore
from bot.privacy.encryption import NoKey, create_key_file
from bot.privacy.key_check import WrongKey, check_key, find_check
from bot.privacy.key_rotation import rotate_keys
from bot.privacy.key_status import KeyCounts, count_keys
from bot.runtime.builders import make_policy, make_pseudonyms
from storage.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.core.policy import Policy
    from bot.privacy.key_rotation import RotationResult
    from bot.privacy.pseudonyms import Pseudonyms
    from bot.runtime.settings import Settings
    from storage.database import Database

log = structlog.get_logger()


async def load_checked_keys(
    database: Database, settings: Settings, *, creates: bool = False, stores: bool = True
) -> Pseudonyms:
    """Return the Pseudonyms with the configured keys, after a check that they fit the database.

    If no key is set, `creates` creates the key file, unless the database is encrypted already.
    With `stores` a database without a check value gets one. Raises WrongKey, BadKey, Unavailable
    and OSError.
    """
    try:
        pseudonyms = make_pseudonyms(settings)
    except NoKey as error:
        if await find_check(database) is not None:
            raise WrongKey(
                f"the database is encrypted, but {error}: put the file back from its copy, or set"
                " privacy.encryption_key to the key that the database was made with"
            ) from error
        if not creates:
            raise
        create_key_file(Path(settings.privacy.key_file))
        pseudonyms = make_pseudonyms(settings)
    await check_key(database, pseudonyms, stores=stores)
    return pseudonyms


async def load_checked_policy(database: Database, settings: Settings) -> Policy:
    """Return the Policy of the settings, with keys that fit the database; see above."""
    pseudonyms = await load_checked_keys(database, settings)
    return make_policy(settings, pseudonyms)


async def follow_key(
    database: Database, pseudonyms: Pseudonyms, stop_for: Callable[[str], None], seconds: float
) -> None:
    """Use the key that the database is written with; look again after each `seconds`, for ever.

    A rotation changes it. If none of the keys belongs to the database any more, call `stop_for`
    with what to do, and return: the replica can neither read nor write.
    """
    while True:
        await asyncio.sleep(seconds)
        try:
            await check_key(database, pseudonyms, stores=False)
        except Unavailable as error:
            log.warning("the key was not compared with the database", error=str(error))
        except WrongKey as error:
            stop_for(str(error))
            return


async def rotate_everything(
    database: Database,
    settings: Settings,
    report: Callable[[str, int, int], None],
    settle: Callable[[], Awaitable[None]],
) -> RotationResult:
    """Encrypt all rows and files again with the first key of the settings; see `rotate_keys`.

    After the first pass it awaits `settle`, which returns when all replicas use the new key.
    """
    pseudonyms = await load_checked_keys(database, settings)
    files = FileRotation(database, EvidenceStore(settings.evidence.url, pseudonyms.cipher), report)
    return await rotate_keys(
        database,
        pseudonyms,
        report=report,
        rotate_files=files.rotate_files,
        settle=settle,
    )


async def count_everything(
    database: Database, settings: Settings, report: Callable[[str, int, int], None]
) -> list[KeyCounts]:
    """Return how many values and files are under which key, by table; files are the last."""
    pseudonyms = await load_checked_keys(database, settings, stores=False)
    store = EvidenceStore(settings.evidence.url, pseudonyms.cipher)
    counts = await count_keys(database, pseudonyms, report)
    files = await FileRotation(database, store, report).count_files()
    return [*counts, KeyCounts("files", "", files)]
