"""The 114 wards, communes and special zones that the city has had since 2025-07-01.

units.csv holds the codes of the General Statistics Office, the names, and the centroids.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from bot.core.screen import Words
from bot.core.text_folding import fold_text

# The date since which these units exist. Stored with each code, because a later list of units may
# use the codes for other units.
VINTAGE = "2025-07-01"
# The code of the city in the list of the General Statistics Office.
CITY = "31"


class Level(StrEnum):
    """The kinds of units. The word for the kind stands before the name."""

    WARD = "ward"
    COMMUNE = "commune"
    SPECIAL_ZONE = "special_zone"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the city.

    The name is without the word for the level. The centroid is in degrees (WGS 84).
    """

    code: str
    level: Level
    name: str
    latitude: float
    longitude: float

    @property
    def words(self) -> Words:
        """Return the full name: the word for the level, and the name."""
        return Words(f"areas.{self.level}", {"name": self.name})


@cache
def list_units() -> tuple[Unit, ...]:
    """Return all units, in alphabetical order of their names without diacritics."""
    lines = files("bot.areas").joinpath("units.csv").read_text("utf-8").splitlines()
    units = [
        Unit(
            line["code"],
            Level(line["level"]),
            line["name"],
            float(line["latitude"]),
            float(line["longitude"]),
        )
        for line in csv.DictReader(lines)
    ]
    return tuple(sorted(units, key=lambda unit: (fold_text(unit.name), unit.code)))


@cache
def map_units() -> dict[str, Unit]:
    """Return the units by code."""
    return {unit.code: unit for unit in list_units()}


def name_unit(code: str) -> Words:
    """Return the full name of a unit; the city's name for the city's code or an unknown code."""
    unit = map_units().get(code)
    return unit.words if unit else Words("areas.city")


def name_police(code: str) -> Words:
    """Return the name of the police of a unit, or of the city's police for any other code."""
    unit = map_units().get(code)
    return Words(f"police.{unit.level}", {"name": unit.name}) if unit else Words("police.city")
