"""The 114 wards, communes and special zones of the city since 2025-07-01, by their codes.

The facts are in units.csv: the codes of the General Statistics Office, names, and centroids.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from bot.core.screen import Words
from bot.core.text_folding import fold_text

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
def list_units() -> tuple[Unit, ...]:
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
    return tuple(sorted(listed, key=lambda unit: (fold_text(unit.name), unit.code)))


@cache
def map_units() -> dict[str, Unit]:
    """The units by their codes."""
    return {unit.code: unit for unit in list_units()}


def name_unit(code: str) -> Words:
    """The name of a unit, or of the city when the code is the city's or an unknown one."""
    unit = map_units().get(code)
    return unit.words if unit else Words("areas.city")


def name_police(code: str) -> Words:
    """The police of a unit, or of the city."""
    unit = map_units().get(code)
    return Words(f"police.{unit.level}", {"name": unit.name}) if unit else Words("police.city")
