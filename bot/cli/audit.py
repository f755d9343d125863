"""The commands about the audit log."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.base import ChosenSettings, Failure, print_line, run_to_end, with_database
from storage.database import Database

cli = typer.Typer(no_args_is_help=True)


@cli.command("verify")
def verify_audit_log(
    head: Annotated[
        str | None,
        typer.Option(
            help="The hash that an earlier check printed. The audit log must still contain it."
        ),
    ] = None,
) -> None:
    """Check that no entry of the audit log was changed or removed, and print the newest hash."""
    from bot.privacy import audit_chain
    from bot.runtime.keys import load_checked_keys

    settings = ChosenSettings.settings()

    async def work(database: Database) -> audit_chain.ChainReport:
        cipher = (await load_checked_keys(database, settings)).cipher
        await audit_chain.extend_chain(database, cipher)
        return await audit_chain.verify_chain(database, cipher, head=head)

    found = run_to_end(with_database(work, settings))
    if found.fault:
        raise Failure(f"the audit log was changed: {found.fault} (valid links: {found.link_count})")
    if found.unlinked_count:
        raise Failure(f"entries without a link, not added by the bot: {found.unlinked_count}")
    print_line(f"{found.link_count} entries, nothing was changed. Head: {found.head}")


@cli.callback()
def _audit() -> None:
    """Keep `verify` a sub-command: typer would make a group of one command that command."""
