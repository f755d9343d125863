"""Keys that residents and their files are sealed with."""

from __future__ import annotations

import typer

from bot.commands.base import Chosen, run_to_end, say, with_database
from storage.database import Database

cli = typer.Typer(help="The keys of the seal on residents' identities.", no_args_is_help=True)


@cli.command("new")
def new() -> None:
    """Print a new key, for privacy.encryption_key."""
    from bot.seal import new_key

    say(new_key())


@cli.command("rotate")
def rotate() -> None:
    """Put everything under the first of the keys; afterwards the others are needed no more."""
    from bot.app import seal_of
    from bot.privacy import keys

    settings = Chosen.settings()

    async def work(database: Database) -> int:
        return await keys.rotate(database, seal_of(settings))

    say(f"{run_to_end(with_database(work, settings))} residents are under the first key.")
