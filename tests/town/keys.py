"""Change the operator's keys of a town, and rotate them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from bot.evidence.file_rotation import FileRotation
from bot.privacy.key_check import check_key, set_present_key
from bot.privacy.key_rotation import RotationResult, rotate_keys
from bot.runtime.app import App
from bot.runtime.settings import PrivacySettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.town.town import Town


def make_app(town: Town, *keys: str) -> App:
    """Return a replica like the town's first one, with these keys."""
    privacy = PrivacySettings(encryption_key=",".join(keys))
    settings = town.app.settings.model_copy(update={"privacy": privacy})
    return App(settings, clock=lambda: town.now, album_pause=0.0)


@contextlib.asynccontextmanager
async def restart_with(town: Town, *keys: str) -> AsyncIterator[None]:
    """Run one replica with these keys inside the context, instead of the town's replicas."""
    before = list(town.replicas)
    async with town.run_replica(make_app(town, *keys)):
        town.replicas[:] = town.replicas[-1:]
        yield
        town.replicas[:] = before


async def begin_rotation(town: Town) -> None:
    """Write new rows with the first key from now on, and move none of those that exist."""
    await set_present_key(town.app.database, town.app.policy.pseudonyms, 0)


async def rotate(town: Town) -> RotationResult:
    """Rotate rows and files with the keys of the town's first replica."""
    app = town.app
    files = FileRotation(app.database, app.store, lambda *_: None)
    return await rotate_keys(app.database, app.policy.pseudonyms, rotate_files=files.rotate_files)


async def follow_key(town: Town) -> None:
    """Let every replica look which key the database is written with."""
    for replica in town.replicas:
        await check_key(replica.app.database, replica.app.policy.pseudonyms)
