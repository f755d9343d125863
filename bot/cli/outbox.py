"""The commands about the messages of a restored copy of the database."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.base import ChosenSettings, Failure, print_line, run_to_end, with_database
from storage.database import Database

cli = typer.Typer(no_args_is_help=True)


@cli.command("hold")
def hold_restored_copy() -> None:
    """Hold a restored copy: no bot starts on it until the release. Run this before 'run'."""
    from bot.runtime.builders import utc_now
    from storage import holds

    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            await holds.hold_database(connection, utc_now())

    run_to_end(with_database(work))
    print_line("The database is held. 'python -m bot outbox release' shows what would be sent.")


@cli.command("release")
def release_restored_copy(
    *,
    confirm: Annotated[bool, typer.Option(help="End the hold. Without it, only show.")] = False,
) -> None:
    """Show the messages of a held copy that may have been sent already, and end the hold.

    Receipts, answers and alerts are sent again, marked as possibly repeated. Reminders and
    announcements are not sent; they are kept for review.
    """
    run_to_end(_release(confirm=confirm))


async def _release(*, confirm: bool) -> None:
    from bot.runtime.app import App
    from bot.runtime.restored_copy import enqueue_everything_due, release_database
    from storage import holds

    app = App(ChosenSettings.settings())
    try:
        async with app.database.reading() as connection:
            if await holds.find_hold(connection) is None:
                raise Failure("the database is not held: run 'python -m bot outbox hold' first")
        for kind, is_sent_again, number in await enqueue_everything_due(app.job_context):
            outcome = "sent again, with a mark" if is_sent_again else "not sent, kept for review"
            print_line(f"{number:>7}  {kind or '(no kind)'}: {outcome}")
        if confirm:
            await release_database(app.job_context)
            print_line("The hold has ended: start the bot.")
        else:
            print_line("Nothing was changed but the outbox. To end the hold, add --confirm.")
    finally:
        await app.close()
