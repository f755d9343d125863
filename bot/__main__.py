"""The command line: `python -m bot`, also installed as `langnghe`."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import audit, export, keys, officers, topics, units
from bot.cli.base import ChosenSettings, Failure, print_line, run_to_end, with_database
from bot.privacy.encryption import BadKey
from bot.runtime.settings import BadSettings
from storage.database import BadUrl, Database, Unavailable

cli = typer.Typer(
    name="langnghe",
    help="The intake channel of the forums 'Công an lắng nghe ý kiến của nhân dân'.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.add_typer(officers.cli, name="officers")
cli.add_typer(export.cli, name="export")
cli.add_typer(units.cli, name="units")
cli.add_typer(keys.cli, name="keys")
cli.add_typer(topics.cli, name="topics")
cli.add_typer(audit.cli, name="audit")


@cli.callback()
def choose(
    config: Annotated[
        Path | None, typer.Option(help="The settings; else BOT_CONFIG, else config.toml.")
    ] = None,
) -> None:
    """Remember which settings to use."""
    ChosenSettings.path = config


@cli.command()
def run() -> None:
    """Run the bot until it is told to stop."""
    from bot.runtime.replica import CannotStart, run_replica

    settings = ChosenSettings.settings()
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
        run_to_end(run_replica(settings))
    except CannotStart as error:
        raise Failure(str(error)) from error


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="The port of the chat page.")] = 8080,
) -> None:
    """Run the bot against the simulator, with sample people and opinions."""
    from bot.runtime.demo import run_demo
    from bot.runtime.replica import CannotStart

    settings = ChosenSettings.settings()
    if settings.telegram.token:
        raise BadSettings(
            "telegram.token is set: the demo writes sample data, and will not do so into the"
            " database of a real bot; run it with settings of its own (--config)"
        )
    try:
        run_to_end(run_demo(settings, port))
    except CannotStart as error:
        raise Failure(str(error)) from error


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
    from bot.privacy.key_rotation import encrypt_plain_rows
    from bot.runtime.app import make_pseudonyms
    from storage import migrations

    settings = ChosenSettings.settings()

    async def work(database: Database) -> None:
        await migrations.migrate(database)
        await encrypt_plain_rows(database, make_pseudonyms(settings))

    run_to_end(with_database(work, settings))
    print_line("The database is up to date.")


@cli.command()
def doctor() -> None:
    """Check settings, database, token and webhook, and say what to do."""
    from bot.runtime.doctor import examine_installation

    if not run_to_end(examine_installation(ChosenSettings.settings(), print_line)):
        raise Failure("something is to be done: see above")


@cli.command()
def purge() -> None:
    """Delete what has outlived its purpose now, as the bot does by itself."""
    from bot.runtime.app import make_case_deadlines, make_policy, make_retention_periods, utc_now
    from bot.runtime.scheduler import Scheduler

    settings = ChosenSettings.settings()

    async def work(database: Database) -> None:
        schedule = Scheduler(
            database,
            make_policy(settings),
            settings.retention,
            make_retention_periods(settings.retention),
            make_case_deadlines(settings.deadlines),
            utc_now,
            lambda: None,
        )
        await schedule.purge()

    run_to_end(with_database(work, settings))


def main() -> None:
    """Run a command: exit status 0 done, 1 failed, 2 wrong usage or settings."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # names have diacritics, whatever the locale is
    try:
        cli()  # exits by itself when it is done, and with 2 when it is used wrongly
    except (BadSettings, BadUrl, BadKey) as error:
        sys.exit(_complain(error, 2))
    except (Failure, OSError) as error:
        sys.exit(_complain(error, 1))
    except Unavailable as error:
        what = "the database cannot be reached or is not set up; check database.url and run"
        sys.exit(_complain(f"{what} 'python -m bot migrate' ({error})", 1))


def _complain(error: object, status: int) -> int:
    sys.stderr.write(f"langnghe: {' '.join(str(error).split())}\n")
    return status


if __name__ == "__main__":
    main()
