"""Change the operator's keys of a town, and rotate them."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from bot.privacy.key_check import check_key, set_present_key
from bot.privacy.key_status import find_needed_keys
from bot.runtime.app import App
from bot.runtime.keys import count_everything, rotate_everything
from bot.runtime.settings import PrivacySettings
from storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.privacy.key_rotation import RotationResult
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
    """Rotate rows and files with the keys of the first replica, as the command does.

    After its first pass, every replica looks which key the database is written with.
    """
    settings = town.app.settings
    database = Database(settings.database.url)
    try:
        return await rotate_everything(
            database, settings, lambda *_: None, partial(follow_key, town)
        )
    finally:
        await database.close()


async def list_needed_keys(town: Town) -> set[int | None]:
    """Return the numbers of the keys of the first replica under which there is anything."""
    app = town.app
    return find_needed_keys(await count_everything(app.database, app.settings, lambda *_: None))


async def follow_key(town: Town) -> None:
    """Let every replica look which key the database is written with."""
    for replica in town.replicas:
        await check_key(replica.app.database, replica.app.policy.pseudonyms)


async def restart_replica(
    town: Town, stack: contextlib.AsyncExitStack, number: int, *keys: str
) -> None:
    """Replace a replica by one with these keys, which runs until the stack is closed."""
    await stack.enter_async_context(town.run_replica(make_app(town, *keys)))
    town.replicas[number] = town.replicas.pop()
