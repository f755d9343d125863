"""The command line: `python -m bot`, also installed as `langnghe`."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    from bot.cli.base import ChosenSettings
    from storage.database import Database

# Database, key, files of residents, exports: no other account of the machine reads them.
_UMASK = 0o077

# A command group is the `cli` of the module of its name in `bot.cli`, imported when it is used.
_GROUPS = {
    "officers": "Invite officers, list them, set their shifts, deactivate them.",
    "export": "Write submissions, forums or the audit log to a file or to standard output.",
    "units": "List the units of the city, find them by name, import their boundaries.",
    "keys": "Make a new encryption key, and encrypt the database with it.",
    "topics": "Suggest kind, topics and urgency of texts, and measure the suggestions.",
    "outbox": "Hold and release the messages of a restored copy of the database.",
    "audit": "Check that the audit log was not changed.",
}


class _LazyGroup(TyperGroup):
    """A command group that imports its module when one of its commands is needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return self._load().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return self._load().get_command(ctx, cmd_name)

    def _load(self) -> TyperGroup:
        group = get_command(import_module(f"bot.cli.{self.name}").cli)
        assert isinstance(group, TyperGroup)
        return group


class _Commands(TyperGroup):
    """The commands of this module, and the command groups."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, text in _GROUPS.items():
            self.add_command(
                _LazyGroup(name=name, help=text, no_args_is_help=True, rich_markup_mode=None)
            )


cli = typer.Typer(
    cls=_Commands,
    name="langnghe",
    help="A Telegram bot for opinions to the police and forums with residents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _chosen_settings() -> type[ChosenSettings]:
    from bot.cli.base import ChosenSettings

    return ChosenSettings


@cli.callback()
def choose_settings(
    config: Annotated[
        Path | None,
        typer.Option(help="The settings file. Default: BOT_CONFIG, else config.toml."),
    ] = None,
) -> None:
    """Store the path of the settings file for the command."""
    if config is not None:
        _chosen_settings().path = config


@cli.command("run")
def run_bot() -> None:
    """Run the bot until it gets SIGINT or SIGTERM."""
    from bot.cli.base import Failure, run_to_end
    from bot.runtime.replica import CannotStart, run_replica
    from bot.runtime.settings import BadSettings

    settings = _chosen_settings().settings()
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


@cli.command("demo")
def start_demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port of the chat page.")] = 8080,
) -> None:
    """Run the bot against the simulator, with sample people and submissions."""
    from bot.cli.base import Failure, require_simulator, run_to_end
    from bot.runtime.settings import BadSettings

    require_simulator()
    settings = _chosen_settings().settings()
    if settings.telegram.token:
        raise BadSettings(
            "telegram.token is set: the demo writes sample data, and will not do so into the"
            " database of a real bot; run it with settings of its own (--config)"
        )
    from bot.runtime.demo import run_demo
    from bot.runtime.replica import CannotStart

    try:
        run_to_end(run_demo(settings, port))
    except CannotStart as error:
        raise Failure(str(error)) from error


@cli.command("simulator")
def run_simulator(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")] = 8081,
    host: Annotated[str, typer.Option(help="The loopback address to listen on.")] = "127.0.0.1",
    token: Annotated[
        list[str] | None,
        typer.Option(help="A token to accept; may be repeated. Default: every well-formed token."),
    ] = None,
) -> None:
    """Run the Bot API simulator and its chat page."""
    from bot.cli.base import require_simulator

    require_simulator()
    from bot.simulator.command import serve

    serve(host, port, token or [])


@cli.command("migrate")
def migrate_database() -> None:
    """Create the tables of the database, or update them for this version of the program."""
    from bot.cli.base import print_line, run_to_end, with_database
    from bot.privacy.key_rotation import encrypt_plain_rows
    from bot.runtime.keys import load_checked_keys
    from storage import migrations

    settings = _chosen_settings().settings()

    async def work(database: Database) -> None:
        await load_checked_keys(database, settings, creates=True, stores=False)
        await migrations.migrate(database)
        await encrypt_plain_rows(database, await load_checked_keys(database, settings))

    run_to_end(with_database(work, settings))
    print_line("The database is up to date.")


@cli.command("doctor")
def check_installation() -> None:
    """Check the settings, the database, the token and the webhook, and print what to do."""
    from bot.cli.base import Failure, print_line, run_to_end
    from bot.runtime.doctor import examine_installation

    chosen = _chosen_settings()
    if not run_to_end(examine_installation(chosen.settings(), print_line, chosen.path)):
        raise Failure("something is to be done: see above")


@cli.command("purge")
def purge_data() -> None:
    """Erase data that is older than its retention period. The bot does so every 10 minutes."""
    from bot.cli.base import run_to_end, with_database
    from bot.runtime.builders import utc_now
    from bot.runtime.jobs import purge_expired_data
    from bot.runtime.keys import load_checked_policy

    settings = _chosen_settings().settings()

    async def work(database: Database) -> None:
        policy = await load_checked_policy(database, settings)
        await purge_expired_data(database, policy, settings, utc_now())

    run_to_end(with_database(work, settings))


@cli.command("failed-updates")
def print_failed_updates() -> None:
    """Print the updates that could not be handled as JSON Lines. They may hold personal data."""
    import orjson

    from bot.cli.base import print_line, run_to_end, with_database
    from bot.privacy.failed_updates import open_failed_update
    from bot.runtime.keys import load_checked_policy
    from storage import failed_updates

    settings = _chosen_settings().settings()

    async def work(database: Database) -> None:
        policy = await load_checked_policy(database, settings)
        async with database.reading() as connection:
            rows = await failed_updates.list_failed_updates(connection)
        for row in rows:
            opened = open_failed_update(policy.pseudonyms, row)
            known = {"update_id": row.update_id, "hour": row.at}
            print_line(orjson.dumps({**known, **opened}).decode())

    run_to_end(with_database(work, settings))


def main() -> None:
    """Run a command and exit with 0 (done), 1 (failed), or 2 (wrong usage or settings).

    A failure is one line on standard error that says what to do. What is written to the disk is
    for the account only under which the command runs.
    """
    os.umask(_UMASK)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # names have diacritics, whatever the locale is
    try:
        cli()  # exits with 0, or with 2 after wrong usage
    except Exception as error:
        from bot.cli.base import describe_failure

        failure = describe_failure(error)
        if failure is None:
            raise
        line, status = failure
        sys.stderr.write(f"langnghe: {' '.join(line.split())}\n")
        sys.exit(status)
