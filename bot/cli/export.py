"""The commands that export data."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.base import ChosenSettings, run_to_end, to_utc, with_database
from bot.reports.export import ExportFormat
from storage.database import Database

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
Since = Annotated[
    datetime | None, typer.Option(formats=_FORMATS, help="Only from this local time on.")
]
Until = Annotated[
    datetime | None, typer.Option(formats=_FORMATS, help="Only before this local time.")
]
Form = Annotated[ExportFormat, typer.Option("--format", help="The file format.")]
Raw = Annotated[
    bool, typer.Option("--raw", help="Keys and UTC for programs, in CSV and spreadsheets.")
]
Excel = Annotated[
    bool, typer.Option("--excel", help="CSV with semicolons, which Excel opens by double click.")
]
Out = Annotated[Path | None, typer.Option(help="The file to write. Default: standard output.")]

cli = typer.Typer(no_args_is_help=True)


@cli.command("submissions")
def export_submissions(
    form: Form = ExportFormat.JSONL,
    since: Since = None,
    until: Until = None,
    out: Out = None,
    raw: Raw = False,
    excel: Excel = False,
    with_identity: Annotated[
        bool, typer.Option(help="Add chat ids and phone numbers. The audit log records this.")
    ] = False,
) -> None:
    """Write submissions, oldest first."""
    from bot.reports import export
    from bot.runtime.keys import load_checked_keys
    from storage import audit

    settings = ChosenSettings.settings()

    async def work(database: Database) -> None:
        identity = await load_checked_keys(database, settings) if with_identity else None
        if with_identity:
            async with database.transaction() as connection:
                await audit.append_entry(
                    connection, "export.with_identity", datetime.now(UTC), role=audit.OPERATOR
                )
        async with database.reading() as connection:
            records = export.iterate_submission_records(
                connection, to_utc(since), to_utc(until), identity=identity
            )
            columns = export.list_submission_columns(with_identity=with_identity)
            await _write_out(records, columns, form, out, raw=raw, excel=excel)

    run_to_end(with_database(work, settings))


@cli.command("audit")
def export_audit(
    form: Form = ExportFormat.JSONL,
    since: Since = None,
    until: Until = None,
    out: Out = None,
    raw: Raw = False,
    excel: Excel = False,
) -> None:
    """Write the audit log, oldest first."""
    from bot.reports import export

    async def work(database: Database) -> None:
        async with database.reading() as connection:
            records = export.iterate_audit_records(connection, to_utc(since), to_utc(until))
            columns = export.AUDIT_COLUMNS
            await _write_out(records, columns, form, out, raw=raw, excel=excel, subject="audit")

    run_to_end(with_database(work))


@cli.command("forums")
def export_forums(
    form: Form = ExportFormat.JSONL,
    since: Since = None,
    until: Until = None,
    out: Out = None,
    raw: Raw = False,
    excel: Excel = False,
) -> None:
    """Write forums with numbers of attendees and submissions, earliest start first."""
    from bot.reports import export

    async def work(database: Database) -> None:
        async with database.reading() as connection:
            records = export.iterate_forum_records(connection, to_utc(since), to_utc(until))
            await _write_out(
                records,
                export.FORUM_COLUMNS,
                form,
                out,
                raw=raw,
                excel=excel,
                subject="forums",
            )

    run_to_end(with_database(work))


async def _write_out(
    records: Any,
    columns: tuple[str, ...],
    form: ExportFormat,
    out: Path | None,
    *,
    raw: bool,
    excel: bool,
    subject: str = "submissions",
) -> None:
    """Write records about a subject to a file or to the standard output."""
    from bot.reports import export
    from bot.reports.presentation import Presentation

    zone = ChosenSettings.settings().locale.zone
    states = "forum.state" if subject == "forums" else "state"
    presentation = None if raw else Presentation(zone, states, subject)
    with contextlib.ExitStack() as stack:
        file = export.get_standard_output() if out is None else stack.enter_context(out.open("wb"))
        await export.write_records(
            records, columns, form, file, presentation=presentation, excel=excel
        )
