"""The command line: `python -m bot`, also installed as `langnghe`."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot import logs
from bot.export import Format
from bot.settings import BadSettings, Settings, load
from storage.database import BadUrl, Database, Unavailable
from storage.models import Role, Topic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from storage.models import Officer

Result = TypeVar("Result")

cli = typer.Typer(
    name="langnghe",
    help="The intake channel of the forums 'Công an lắng nghe ý kiến của nhân dân'.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
officers_cli = typer.Typer(help="Officers and their invites.", no_args_is_help=True)
export_cli = typer.Typer(help="Write what is stored to a file or to the screen.")
units_cli = typer.Typer(help="The units of the city.", no_args_is_help=True)
cli.add_typer(officers_cli, name="officers")
cli.add_typer(export_cli, name="export")
cli.add_typer(units_cli, name="units")

Moment = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])]
Form = Annotated[Format, typer.Option("--format", help="The form of the file.")]
Out = Annotated[Path | None, typer.Option(help="A file; without one, standard output.")]


class _Chosen:
    """The settings file that --config names, for the command that runs."""

    path: Path | None = None

    @classmethod
    def settings(cls) -> Settings:
        settings = load(cls.path)
        logs.configure(settings.telegram.token)
        return settings


@cli.callback()
def choose(
    config: Annotated[
        Path | None, typer.Option(help="The settings; else BOT_CONFIG, else config.toml.")
    ] = None,
) -> None:
    """Remember which settings to use."""
    _Chosen.path = config


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


async def _with_database(
    work: Callable[[Database], Awaitable[Result]], settings: Settings | None = None
) -> Result:
    database = Database((settings or _Chosen.settings()).database.url)
    try:
        return await work(database)
    finally:
        await database.close()


@cli.command()
def run() -> None:
    """Run the bot until it is told to stop."""
    from bot.run import CannotStart
    from bot.run import run as run_replica

    settings = _Chosen.settings()
    if not settings.telegram.token:
        raise BadSettings(
            "telegram.token is not set: put the token that @BotFather gave into the settings file"
            " or into BOT_TELEGRAM__TOKEN"
        )
    hook = settings.telegram.webhook
    if settings.telegram.mode == "webhook" and not (hook.public_url and hook.secret_token):
        raise BadSettings(
            "telegram.mode is 'webhook': set telegram.webhook.public_url and"
            " telegram.webhook.secret_token too"
        )
    try:
        _run(run_replica(settings))
    except CannotStart as error:
        raise _Failure(str(error)) from error


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="The port of the chat page.")] = 8080,
) -> None:
    """Run the bot against the simulator, with sample people and opinions."""
    from bot.demo import run_demo
    from bot.run import CannotStart

    settings = _Chosen.settings()
    if settings.telegram.token:
        raise BadSettings(
            "telegram.token is set: the demo writes sample data, and will not do so into the"
            " database of a real bot; run it with settings of its own (--config)"
        )
    try:
        _run(run_demo(settings, port))
    except CannotStart as error:
        raise _Failure(str(error)) from error


@cli.command()
def simulator(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8081,
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
    token: Annotated[
        list[str] | None,
        typer.Option(help="A token to accept; without any, every well-formed one."),
    ] = None,
) -> None:
    """Run the Bot API simulator and its chat page."""
    from bot.simulator.command import serve

    serve(host, port, token or [])


@cli.command()
def migrate() -> None:
    """Set the database up, or bring it up to this program."""
    from storage import migrations

    _run(_with_database(migrations.migrate))
    _say("The database is up to date.")


@cli.command()
def doctor() -> None:
    """Check settings, database, token and webhook, and say what to do."""
    from bot.doctor import examine

    if not _run(examine(_Chosen.settings(), _say)):
        raise _Failure("something is to be done: see above")


@officers_cli.command("invite")
def invite(
    unit: Annotated[str, typer.Option(help="The unit's code; 31 is the city.")],
    role: Annotated[Role, typer.Option(help="What the officer may do.")] = Role.OFFICER,
    topic: Annotated[
        list[Topic] | None, typer.Option(help="A topic to be alerted of; without any, all.")
    ] = None,
) -> None:
    """Make a one-time link that makes its user an officer."""
    from bot.areas.units import CITY, by_code
    from bot.casework import service

    if unit != CITY and unit not in by_code():
        raise BadSettings(f"--unit {unit}: no such unit; 'python -m bot units list' shows them")
    settings = _Chosen.settings()

    async def make(database: Database) -> str:
        async with database.transaction() as connection:
            return await service.invite(
                connection, unit, role, [each.value for each in topic or ()], datetime.now(UTC)
            )

    token = _run(_with_database(make, settings))
    _say(_run(_invite_link(settings, token)))


async def _invite_link(settings: Settings, token: str) -> str:
    """The link, or what to send to the bot when Telegram cannot tell the bot's name."""
    from telegram.error import TelegramError

    from bot.app import make_bot

    start = f"/start invite_{token}"
    if not settings.telegram.token:
        return start
    try:
        async with make_bot(settings) as bot:
            return f"https://t.me/{bot.username}?start=invite_{token}"
    except TelegramError:
        return start


@officers_cli.command("list")
def list_officers() -> None:
    """Show all officers."""
    from rich.console import Console
    from rich.table import Table

    from storage import officers

    async def fetch(database: Database) -> list[Officer]:
        async with database.reading() as connection:
            return list(await officers.everybody(connection))

    table = Table("id", "name", "unit", "role", "topics", "on duty", "active")
    for officer in _run(_with_database(fetch)):
        table.add_row(
            str(officer.id), officer.name, officer.unit_code, officer.role.value,
            ", ".join(officer.topics) or "all", _yes(officer.on_duty), _yes(officer.active),
        )  # fmt: skip
    Console().print(table)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


@officers_cli.command("deactivate")
def deactivate(officer_id: int) -> None:
    """Take an officer's rights away."""
    from storage import audit, officers

    async def work(database: Database) -> bool:
        async with database.transaction() as connection:
            done = await officers.deactivate(connection, officer_id)
            if done:
                await audit.append(
                    connection, "officer.deactivated", datetime.now(UTC), role=audit.OPERATOR,
                    details={"officer": officer_id},
                )  # fmt: skip
            return done

    if not _run(_with_database(work)):
        raise _Failure(f"there is no active officer {officer_id}: see 'officers list'")
    _say(f"Officer {officer_id} is deactivated.")


@export_cli.command("submissions")
def export_submissions(
    form: Form = Format.JSONL,
    since: Moment = None,
    until: Moment = None,
    out: Out = None,
    with_identity: Annotated[bool, typer.Option(help="Who gave it too; audited.")] = False,
) -> None:
    """Write submissions, oldest first."""
    from bot import export
    from storage import audit

    async def work(database: Database) -> None:
        if with_identity:
            async with database.transaction() as connection:
                await audit.append(
                    connection, "export.with_identity", datetime.now(UTC), role=audit.OPERATOR
                )
        async with database.reading() as connection:
            records = export.submission_records(
                connection, _utc(since), _utc(until), with_identity=with_identity
            )
            columns = export.submission_columns(with_identity=with_identity)
            await _write_out(records, columns, form, out)

    _run(_with_database(work))


@export_cli.command("audit")
def export_audit(
    form: Form = Format.JSONL, since: Moment = None, until: Moment = None, out: Out = None
) -> None:
    """Write the audit, oldest first."""
    from bot import export

    async def work(database: Database) -> None:
        async with database.reading() as connection:
            records = export.audit_records(connection, _utc(since), _utc(until))
            await _write_out(records, export.AUDIT_COLUMNS, form, out)

    _run(_with_database(work))


async def _write_out(
    records: Any, columns: tuple[str, ...], form: Format, out: Path | None
) -> None:
    from bot import export

    if out is None:
        await export.write(records, columns, form, export.standard_output())
        return
    with out.open("wb") as file:
        await export.write(records, columns, form, file)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


@units_cli.command("list")
def list_units() -> None:
    """Show the codes and names of all units."""
    from bot.areas.units import units
    from bot.texts import load as texts

    words = texts("vi")
    for unit in units():
        _say(f"{unit.code}\t{words[f'areas.{unit.level}'].format(name=unit.name)}")


@units_cli.command("find")
def find_units() -> None:
    """Read names from standard input, a line each, and write which units they may mean."""
    from bot.areas.command import find_lines

    find_lines(sys.stdin.buffer, sys.stdout.buffer)


@units_cli.command("import")
def import_units(file: Annotated[Path, typer.Argument(help="A GeoJSON file.")]) -> None:
    """Check the boundaries of units and copy them to where the settings say."""
    from bot.areas.boundaries import BadBoundaries
    from bot.areas.command import import_boundaries

    areas = _Chosen.settings().areas
    if not areas.boundaries:
        raise BadSettings("areas.boundaries is not set: say where the boundaries are to be kept")
    try:
        lacking = import_boundaries(file, Path(areas.boundaries), areas.code_property or None)
    except BadBoundaries as error:
        raise _Failure(f"{file}: {error}") from error
    _say(f"{areas.boundaries}: taken in. Units without an area: {', '.join(lacking) or 'none'}.")


@cli.command()
def purge() -> None:
    """Delete what has outlived its purpose now, as the bot does by itself."""
    from bot.app import policy_of, utc_now
    from bot.schedule import Schedule

    settings = _Chosen.settings()

    async def work(database: Database) -> None:
        schedule = Schedule(
            database, policy_of(settings), settings.retention, utc_now, lambda: None
        )
        await schedule.purge()

    _run(_with_database(work, settings))


class _Failure(Exception):
    """A command failed; the message says what to do."""


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        import uvloop
    except ImportError:  # it does not run everywhere
        return asyncio.run(work)
    return uvloop.run(work)


def main() -> None:
    """Run a command: exit status 0 done, 1 failed, 2 wrong usage or settings."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # names have diacritics, whatever the locale is
    try:
        cli()  # exits by itself when it is done, and with 2 when it is used wrongly
    except (BadSettings, BadUrl) as error:
        sys.exit(_complain(error, 2))
    except (_Failure, OSError) as error:
        sys.exit(_complain(error, 1))
    except Unavailable as error:
        what = "the database cannot be reached or is not set up; check database.url and run"
        sys.exit(_complain(f"{what} 'python -m bot migrate' ({error})", 1))


def _complain(error: object, status: int) -> int:
    sys.stderr.write(f"langnghe: {' '.join(str(error).split())}\n")
    return status


if __name__ == "__main__":
    main()
