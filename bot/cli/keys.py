"""The commands about the encryption keys."""

from __future__ import annotations

import typer

from bot.cli.base import ChosenSettings, print_line, run_to_end, with_database
from storage.database import Database

cli = typer.Typer(no_args_is_help=True)


@cli.command("new")
def print_new_key() -> None:
    """Print a new key for the setting privacy.encryption_key."""
    from bot.privacy.encryption import make_key

    print_line(make_key())


@cli.command("rotate")
def rotate_keys() -> None:
    """Encrypt chat ids and phone numbers again, with the first key of the settings.

    Files are not changed: keep the other keys to read them.
    """
    from bot.privacy import key_rotation
    from bot.runtime.builders import make_pseudonyms

    settings = ChosenSettings.settings()

    async def work(database: Database) -> int:
        return await key_rotation.rotate_keys(database, make_pseudonyms(settings))

    count = run_to_end(with_database(work, settings))
    print_line(f"Residents encrypted with the first key: {count}.")
