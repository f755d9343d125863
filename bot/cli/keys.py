"""The commands about the encryption keys."""

from __future__ import annotations

import typer

from bot.cli.base import ChosenSettings, print_line, run_to_end, with_database
from storage.database import Database

cli = typer.Typer(no_args_is_help=True)


@cli.command("new")
def new() -> None:
    """Print a new key, for privacy.encryption_key."""
    from bot.privacy.encryption import make_key

    print_line(make_key())


@cli.command("rotate")
def rotate() -> None:
    """Encrypt every identity with the first key; then the other keys are only needed for files."""
    from bot.privacy import key_rotation
    from bot.runtime.builders import make_pseudonyms

    settings = ChosenSettings.settings()

    async def work(database: Database) -> int:
        return await key_rotation.rotate_keys(database, make_pseudonyms(settings))

    print_line(f"Residents under the first key: {run_to_end(with_database(work, settings))}.")
