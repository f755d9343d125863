"""Check that other accounts of the machine cannot read the files of the bot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bot.runtime.settings import CONFIG_VARIABLE
from storage.database import find_sqlite_file

if TYPE_CHECKING:
    from bot.runtime.settings import Settings

_OTHERS = 0o077  # the bits of the group and of all other accounts


def list_open_files(settings: Settings, config: Path | None) -> list[Path]:
    """Return the existing files and folders that other accounts may read or change.

    `config` is the settings file; None for the default. Only files that an earlier version or
    another program made are in the list: the bot makes them for its own account alone.
    """
    chosen = config or Path(os.environ.get(CONFIG_VARIABLE, "config.toml"))
    paths = [chosen, Path(settings.privacy.key_file)]
    database = find_sqlite_file(settings.database.url)
    if database is not None:
        paths += [database.with_name(database.name + ending) for ending in ("", "-wal", "-shm")]
    evidence = settings.evidence.url.removeprefix("file://")
    if "://" not in evidence:
        paths.append(Path(evidence))
    return [each for each in paths if each.exists() and each.stat().st_mode & _OTHERS]
