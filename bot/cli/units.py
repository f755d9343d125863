"""The commands about the units of the city."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.base import ChosenSettings, Failure, print_line
from bot.runtime.settings import BadSettings

cli = typer.Typer(no_args_is_help=True)


@cli.command("list")
def list_units() -> None:
    """Print the code and the name of each unit."""
    from bot.areas.units import list_units
    from bot.texts import VIETNAMESE, load_texts

    words = load_texts(VIETNAMESE)  # as the names of the units
    for unit in list_units():
        print_line(f"{unit.code}\t{words[f'areas.{unit.level}'].format(name=unit.name)}")


@cli.command("find")
def find_units() -> None:
    """Read names from standard input, one a line, and write unit codes as one JSON line each."""
    from bot.cli.unit_files import find_lines

    find_lines(sys.stdin.buffer, sys.stdout.buffer)


@cli.command("import")
def import_units(
    file: Annotated[Path, typer.Argument(help="A GeoJSON file with an area for each unit.")],
) -> None:
    """Check a GeoJSON file of unit boundaries, and copy it to the path in areas.boundaries."""
    from bot.areas.boundaries import BadBoundaries
    from bot.cli.unit_files import import_boundaries, list_misplaced_landmarks

    areas = ChosenSettings.settings().areas
    if not areas.boundaries:
        raise BadSettings("areas.boundaries is not set: say in which file to store the boundaries")
    try:
        lacking = import_boundaries(file, Path(areas.boundaries), areas.code_property or None)
    except BadBoundaries as error:
        raise Failure(f"{file}: {error}") from error
    print_line(
        f"{areas.boundaries}: taken in. Units without an area: {', '.join(lacking) or 'none'}."
    )
    misplaced = list_misplaced_landmarks(Path(areas.boundaries), areas.code_property or None)
    if misplaced:
        print_line(
            f"Landmarks that these boundaries put into another unit: {', '.join(misplaced)}."
        )
