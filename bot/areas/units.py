"""The 114 wards, communes and special zones of the city since 2025-07-01, by their codes.

The facts are in units.csv: the codes of the General Statistics Office, names, and centroids.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from bot.folding import fold
from bot.screen import Words

VINTAGE = "2025-07-01"  # when the units of this list came into being; codes are read with it
CITY = "31"  # the General Statistics Office's code of the city as a whole


class Level(StrEnum):
    """What kind of unit it is; its word stands before the name."""

    WARD = "ward"
    COMMUNE = "commune"
    SPECIAL_ZONE = "special_zone"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the city: code, level, name without the level's word, centroid in degrees."""

    code: str
    level: Level
    name: str
    latitude: float
    longitude: float

    @property
    def words(self) -> Words:
        """Its full name, as people say it."""
        return Words(f"areas.{self.level}", {"name": self.name})


@cache
def units() -> tuple[Unit, ...]:
    """Every unit, in the order of the alphabet without diacritics."""
    lines = files("bot.areas").joinpath("units.csv").read_text("utf-8").splitlines()
    listed = [
        Unit(
            line["code"],
            Level(line["level"]),
            line["name"],
            float(line["latitude"]),
            float(line["longitude"]),
        )
        for line in csv.DictReader(lines)
    ]
    return tuple(sorted(listed, key=lambda unit: (fold(unit.name), unit.code)))


@cache
def by_code() -> dict[str, Unit]:
    """The units by their codes."""
    return {unit.code: unit for unit in units()}


def named(code: str) -> Words:
    """The name of a unit, or of the city when the code is the city's or an unknown one."""
    unit = by_code().get(code)
    return unit.words if unit else Words("areas.city")


def police(code: str) -> Words:
    """The police of a unit, or of the city."""
    unit = by_code().get(code)
    return Words(f"police.{unit.level}", {"name": unit.name}) if unit else Words("police.city")
