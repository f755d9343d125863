"""The commands about officers: invite, list, set-shifts, deactivate."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.base import ChosenSettings, Failure, print_line, run_to_end, with_database
from bot.runtime.settings import BadSettings, Settings
from storage.database import Database
from storage.models import Role, Topic

if TYPE_CHECKING:
    from storage.models import Invite, Officer

OfficerId = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="The id in 'officers list'.")]

cli = typer.Typer(no_args_is_help=True)


@cli.command("invite")
def invite_officer(
    unit: Annotated[
        str, typer.Option(help="The code of the officer's unit; 31 is the city police.")
    ],
    role: Annotated[
        Role, typer.Option(help="The role, which decides what the officer may do.")
    ] = Role.OFFICER,
    by: Annotated[
        int | None,
        typer.Option(min=1, max=2**63 - 1, help="The id of the officer who asks for it."),
    ] = None,
    topic: Annotated[
        list[Topic] | None,
        typer.Option(help="A topic of the officer's cases; may be repeated. Default: all topics."),
    ] = None,
) -> None:
    """Print a one-time link. The person who opens it becomes an officer of the unit."""
    from bot.areas.units import CITY, map_units
    from bot.casework import staff
    from bot.core.unit_of_work import begin_work
    from bot.runtime.keys import load_checked_policy

    if unit != CITY and unit not in map_units():
        raise BadSettings(f"--unit {unit}: no such unit; 'python -m bot units list' shows them")
    settings = ChosenSettings.settings()

    topics = [each.value for each in topic or ()]

    async def make(database: Database) -> str:
        policy = await load_checked_policy(database, settings)
        async with begin_work(database, datetime.now(UTC), policy) as work:
            return await staff.make_invite(work, unit, role, topics, by=by)

    token = run_to_end(with_database(make, settings))
    print_line(run_to_end(_make_invite_link(settings, token)))


async def _make_invite_link(settings: Settings, token: str) -> str:
    """Return the invite link, or the command to send if Telegram does not tell the bot's name."""
    from bot.runtime.app import fetch_bot_name

    name = await fetch_bot_name(settings) if settings.telegram.token else None
    return f"https://t.me/{name}?start=invite_{token}" if name else f"/start invite_{token}"


@cli.command("list")
def list_officers() -> None:
    """Print a table of all officers."""
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
            _format_yes_no(officer.on_duty),
            _format_yes_no(officer.active),
        )
    Console().print(table)


def _format_yes_no(value: bool) -> str:
    return "yes" if value else "no"


@cli.command("invites")
def list_invites() -> None:
    """Print a table of the invites that can still be used."""
    from rich.console import Console
    from rich.table import Table

    from storage import officers

    async def fetch(database: Database) -> list[Invite]:
        async with database.reading() as connection:
            return list(await officers.list_open_invites(connection, None, datetime.now(UTC)))

    shown = Table("id", "unit", "role", "asked for by", "until (UTC)")
    for each in run_to_end(with_database(fetch)):
        by = "-" if each.invited_by is None else str(each.invited_by)
        until = f"{each.expires_at:%Y-%m-%d %H:%M}"
        shown.add_row(str(each.id), each.unit_code, each.role.value, by, until)
    Console().print(shown)


@cli.command("revoke-invite")
def revoke_invite(
    invite_id: Annotated[
        int, typer.Argument(min=1, max=2**63 - 1, help="The id in 'officers invites'.")
    ],
) -> None:
    """Make an invite useless that nobody has used yet."""
    from bot.casework import staff
    from bot.core.unit_of_work import begin_work
    from bot.runtime.keys import load_checked_policy

    settings = ChosenSettings.settings()

    async def work(database: Database) -> bool:
        policy = await load_checked_policy(database, settings)
        async with begin_work(database, datetime.now(UTC), policy) as unit:
            return await staff.revoke_any_invite(unit, invite_id)

    if not run_to_end(with_database(work, settings)):
        raise Failure(f"there is no open invite {invite_id}: see 'officers invites'")
    print_line(f"Invite {invite_id} is revoked.")


@cli.command("set-shifts")
def set_shifts(
    officer_id: OfficerId,
    shift: Annotated[
        list[str] | None,
        typer.Option(
            help="A shift such as 'mon-fri 07:30-17:00'; may be repeated. Default: any time."
        ),
    ] = None,
) -> None:
    """Replace an officer's weekly shifts (the roster). Only in these the officer gets new cases."""
    from bot.casework.shifts import BadShift, parse_shifts
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
def deactivate_officer(
    officer_id: OfficerId,
) -> None:
    """Remove an officer's access to the bot, and assign their cases to others."""
    from bot.casework import staff
    from bot.core.unit_of_work import begin_work
    from bot.runtime.keys import load_checked_policy
    from storage import audit

    settings = ChosenSettings.settings()

    async def work(database: Database) -> bool:
        policy = await load_checked_policy(database, settings)
        async with begin_work(database, datetime.now(UTC), policy) as unit:
            return await staff.deactivate_officer(unit, officer_id, role=audit.OPERATOR)

    if not run_to_end(with_database(work, settings)):
        raise Failure(f"there is no active officer {officer_id}: see 'officers list'")
    print_line(f"Officer {officer_id} is deactivated.")
