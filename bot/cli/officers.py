"""Officers and their invites."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.base import ChosenSettings, Failure, print_line, run_to_end, with_database
from bot.runtime.settings import BadSettings, Settings
from storage.database import Database
from storage.models import Role, Topic

if TYPE_CHECKING:
    from storage.models import Officer

cli = typer.Typer(help="Officers and their invites.", no_args_is_help=True)


@cli.command("invite")
def invite(
    unit: Annotated[str, typer.Option(help="The unit's code; 31 is the city.")],
    role: Annotated[Role, typer.Option(help="What the officer may do.")] = Role.OFFICER,
    topic: Annotated[
        list[Topic] | None, typer.Option(help="A topic to be alerted of; without any, all.")
    ] = None,
) -> None:
    """Make a one-time link that makes its user an officer."""
    from bot.areas.units import CITY, map_units
    from bot.casework import staff
    from bot.core.unit_of_work import begin_work
    from bot.runtime.app import make_policy

    if unit != CITY and unit not in map_units():
        raise BadSettings(f"--unit {unit}: no such unit; 'python -m bot units list' shows them")
    settings = ChosenSettings.settings()

    topics = [each.value for each in topic or ()]

    async def make(database: Database) -> str:
        async with begin_work(database, datetime.now(UTC), make_policy(settings)) as work:
            return await staff.make_invite(work, unit, role, topics)

    token = run_to_end(with_database(make, settings))
    print_line(run_to_end(_invite_link(settings, token)))


async def _invite_link(settings: Settings, token: str) -> str:
    """The link, or what to send to the bot when Telegram cannot tell the bot's name."""
    from telegram.error import TelegramError

    from bot.runtime.app import make_bot

    start = f"/start invite_{token}"
    if not settings.telegram.token:
        return start
    try:
        async with make_bot(settings) as bot:
            return f"https://t.me/{bot.username}?start=invite_{token}"
    except TelegramError:
        return start


@cli.command("list")
def list_officers() -> None:
    """Show all officers."""
    from rich.console import Console
    from rich.table import Table

    from storage import officers

    async def fetch(database: Database) -> list[Officer]:
        async with database.reading() as connection:
            return list(await officers.list_all(connection))

    table = Table("id", "name", "unit", "role", "topics", "on duty", "active")
    for officer in run_to_end(with_database(fetch)):
        table.add_row(
            str(officer.id),
            officer.name,
            officer.unit_code,
            officer.role.value,
            ", ".join(officer.topics) or "all",
            _yes(officer.on_duty),
            _yes(officer.active),
        )
    Console().print(table)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


@cli.command("roster")
def roster(
    officer_id: int,
    shift: Annotated[
        list[str] | None,
        typer.Option(help="As 'mon-fri 07:30-17:00', several times; without any, always."),
    ] = None,
) -> None:
    """Set the weekly shifts in which an officer is alerted."""
    from bot.casework.rules import BadShift, parse_shifts
    from storage import audit, officers

    try:
        shifts = [each for typed in shift or () for each in parse_shifts(typed)]
    except BadShift as error:
        raise BadSettings(f"--shift {error}") from error

    async def work(database: Database) -> bool:
        async with database.transaction() as connection:
            done = await officers.update_officer(connection, officer_id, roster=shifts)
            if done:
                await audit.append_entry(
                    connection,
                    "officer.rostered",
                    datetime.now(UTC),
                    role=audit.OPERATOR,
                    details={"officer": officer_id, "roster": shifts},
                )
            return done

    if not run_to_end(with_database(work)):
        raise Failure(f"there is no active officer {officer_id}: see 'officers list'")
    print_line(
        f"Officer {officer_id} has {len(shifts)} shifts a week."
        if shifts
        else f"Officer {officer_id} is on duty at any time."
    )


@cli.command("deactivate")
def deactivate(officer_id: int) -> None:
    """Take an officer's rights away."""
    from bot.casework import staff
    from bot.core.unit_of_work import begin_work
    from bot.runtime.app import make_policy
    from storage import audit

    policy = make_policy(ChosenSettings.settings())

    async def work(database: Database) -> bool:
        async with begin_work(database, datetime.now(UTC), policy) as unit:
            return await staff.deactivate_officer(unit, officer_id, role=audit.OPERATOR)

    if not run_to_end(with_database(work)):
        raise Failure(f"there is no active officer {officer_id}: see 'officers list'")
    print_line(f"Officer {officer_id} is deactivated.")
