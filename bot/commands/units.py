"""The units of the city."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from bot.commands.base import say

if TYPE_CHECKING:
    pass

cli = typer.Typer(help="The units of the city.", no_args_is_help=True)


@cli.command("list")
def list_units() -> None:
    """Show the codes and names of all units."""
    from bot.areas.units import units
    from bot.texts import load as texts

    words = texts("vi")
    for unit in units():
        say(f"{unit.code}\t{words[f'areas.{unit.level}'].format(name=unit.name)}")
