"""The wards, communes, towns and districts that existed before 2025-07-01, the former units.

The data is in former.csv and districts.csv. `successors` are the codes of today's units that
received the land, in ascending order. `earlier_names` are names that a former ward, or a part of
it, had some years before.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from bot.core.screen import Words

if TYPE_CHECKING:
    from collections.abc import Iterator


class FormerLevel(StrEnum):
    """The kinds of former units."""

    WARD = "ward"
    COMMUNE = "commune"
    TOWN = "town"
    URBAN_DISTRICT = "urban_district"
    RURAL_DISTRICT = "rural_district"
    DISTRICT_TOWN = "district_town"
    DISTRICT_CITY = "district_city"


@dataclass(frozen=True, slots=True)
class FormerDistrict:
    """A former district.

    level:      the kind of district that it was at last
    province:   the name of the former province that it belonged to
    successors: the codes of the units that have land of it
    """

    level: FormerLevel
    name: str
    province: str
    successors: tuple[str, ...]

    @property
    def words(self) -> Words:
        """Return the full name: the word for the level, and the name."""
        return Words(f"areas.former.{self.level}", {"name": self.name})


@dataclass(frozen=True, slots=True)
class FormerWard:
    """A former ward, commune or town, with one of its names.

    district:   the name of its former district
    successors: the codes of the units that received its land
    """

    level: FormerLevel
    name: str
    district: str
    successors: tuple[str, ...]

    @property
    def words(self) -> Words:
        """Return the full name: the word for the level, and the name."""
        return Words(f"areas.former.{self.level}", {"name": self.name})


def _read_rows(file: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(files("bot.areas").joinpath(file).read_text("utf-8").splitlines())


@cache
def list_former_wards() -> tuple[FormerWard, ...]:
    """Return the former wards, communes and towns.

    A ward with earlier names has an entry for each of its names. Wards of different districts may
    have the same name.
    """
    wards = []
    for row in _read_rows("former.csv"):
        district, successors = row["district"], tuple(row["successors"].split())
        wards.append(FormerWard(FormerLevel(row["level"]), row["name"], district, successors))
        for earlier in filter(None, row["earlier_names"].split(";")):
            level, name = earlier.split(" ", 1)
            wards.append(FormerWard(FormerLevel(level), name, district, successors))
    return tuple(wards)


@cache
def map_former_districts() -> dict[str, FormerDistrict]:
    """Return the former districts by name."""
    successors: dict[str, set[str]] = {}
    for ward in list_former_wards():
        successors.setdefault(ward.district, set()).update(ward.successors)
    return {
        row["name"]: FormerDistrict(
            FormerLevel(row["level"]),
            row["name"],
            row["province"],
            tuple(sorted(successors.get(row["name"], set()) | set(row["successors"].split()))),
        )
        for row in _read_rows("districts.csv")
    }


@cache
def map_units_to_districts() -> dict[str, frozenset[str]]:
    """Return the names of the former districts in which each unit lies, by the unit's code.

    A unit lies in the districts of the wards that it received completely. If there are none, it
    lies in the districts of the wards that it received in part.
    """
    complete: dict[str, set[str]] = {}
    partial: dict[str, set[str]] = {}
    lands = [(ward.district, ward.successors) for ward in list_former_wards()]
    lands += [
        (district.name, district.successors)
        for district in map_former_districts().values()
        if len(district.successors) == 1
    ]
    for name, successors in lands:
        for code in successors:
            districts = complete if len(successors) == 1 else partial
            districts.setdefault(code, set()).add(name)
    return {code: frozenset(names) for code, names in (partial | complete).items()}
