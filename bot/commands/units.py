"""The units of the city."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.base import Chosen, Failure, say
from bot.settings import BadSettings

cli = typer.Typer(help="The units of the city.", no_args_is_help=True)


@cli.command("list")
def list_units() -> None:
    """Show the codes and names of all units."""
    from bot.areas.units import units
    from bot.texts import load as texts

    words = texts("vi")
    for unit in units():
        say(f"{unit.code}\t{words[f'areas.{unit.level}'].format(name=unit.name)}")


@cli.command("find")
def find_units() -> None:
    """Read names from standard input, a line each, and write which units they may mean."""
    from bot.areas.command import find_lines

    find_lines(sys.stdin.buffer, sys.stdout.buffer)


@cli.command("import")
def import_units(file: Annotated[Path, typer.Argument(help="A GeoJSON file.")]) -> None:
    """Check the boundaries of units and copy them to where the settings say."""
    from bot.areas.boundaries import BadBoundaries
    from bot.areas.command import import_boundaries

    areas = Chosen.settings().areas
    if not areas.boundaries:
        raise BadSettings("areas.boundaries is not set: say where the boundaries are to be kept")
    try:
        lacking = import_boundaries(file, Path(areas.boundaries), areas.code_property or None)
    except BadBoundaries as error:
        raise Failure(f"{file}: {error}") from error
    say(f"{areas.boundaries}: taken in. Units without an area: {', '.join(lacking) or 'none'}.")
