"""Exports."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.base import Chosen, run_to_end, utc, with_database
from bot.export import Format
from storage.database import Database

if TYPE_CHECKING:
    pass

Moment = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])]
Form = Annotated[Format, typer.Option("--format", help="The form of the file.")]
Out = Annotated[Path | None, typer.Option(help="A file; without one, standard output.")]

cli = typer.Typer(help="Write what is stored to a file or to the screen.")


@cli.command("submissions")
def export_submissions(
    form: Form = Format.JSONL,
    since: Moment = None,
    until: Moment = None,
    out: Out = None,
    with_identity: Annotated[bool, typer.Option(help="Who gave it too; audited.")] = False,
) -> None:
    """Write submissions, oldest first."""
    from bot import export
    from bot.app import seal_of
    from storage import audit

    settings = Chosen.settings()
    identity = seal_of(settings) if with_identity else None

    async def work(database: Database) -> None:
        if with_identity:
            async with database.transaction() as connection:
                await audit.append(
                    connection, "export.with_identity", datetime.now(UTC), role=audit.OPERATOR
                )
        async with database.reading() as connection:
            records = export.submission_records(
                connection, utc(since), utc(until), identity=identity
            )
            columns = export.submission_columns(with_identity=with_identity)
            await _write_out(records, columns, form, out)

    run_to_end(with_database(work, settings))


@cli.command("audit")
def export_audit(
    form: Form = Format.JSONL, since: Moment = None, until: Moment = None, out: Out = None
) -> None:
    """Write the audit, oldest first."""
    from bot import export

    async def work(database: Database) -> None:
        async with database.reading() as connection:
            records = export.audit_records(connection, utc(since), utc(until))
            await _write_out(records, export.AUDIT_COLUMNS, form, out)

    run_to_end(with_database(work))


@cli.command("forums")
def export_forums(
    form: Form = Format.JSONL, since: Moment = None, until: Moment = None, out: Out = None
) -> None:
    """Write forums by their start, oldest first, with the numbers of who came and what was said."""
    from bot import export

    async def work(database: Database) -> None:
        async with database.reading() as connection:
            records = export.forum_records(connection, utc(since), utc(until))
            await _write_out(records, export.FORUM_COLUMNS, form, out)

    run_to_end(with_database(work))


async def _write_out(
    records: Any, columns: tuple[str, ...], form: Format, out: Path | None
) -> None:
    from bot import export

    if out is None:
        await export.write(records, columns, form, export.standard_output())
        return
    with out.open("wb") as file:
        await export.write(records, columns, form, file)
