"""What the units were before 2025-07-01: the wards, communes, towns and districts of then.

The facts are in former.csv and districts.csv. A former ward's land went to the units `now`, in the
order of their codes; `earlier` are names that it or a part of it had before, some years back.
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
    """What kind of unit it was."""

    WARD = "ward"
    COMMUNE = "commune"
    TOWN = "town"
    URBAN_DISTRICT = "urban_district"
    RURAL_DISTRICT = "rural_district"
    DISTRICT_TOWN = "district_town"
    DISTRICT_CITY = "district_city"


@dataclass(frozen=True, slots=True)
class District:
    """A former district: its last level, its name, the former province, the units of its land."""

    level: FormerLevel
    name: str
    province: str
    now: tuple[str, ...]

    @property
    def words(self) -> Words:
        """Its full name, as people say it."""
        return Words(f"areas.former.{self.level}", {"name": self.name})


@dataclass(frozen=True, slots=True)
class FormerWard:
    """A former ward, commune or town by one of its names: the name, its district, where it went.

    `is_last` says that it is the name that it had at the end.
    """

    level: FormerLevel
    name: str
    district: str
    now: tuple[str, ...]
    is_last: bool = True

    @property
    def words(self) -> Words:
        """Its full name, as people say it."""
        return Words(f"areas.former.{self.level}", {"name": self.name})


def _lines(file: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(files("bot.areas").joinpath(file).read_text("utf-8").splitlines())


@cache
def list_former_wards() -> tuple[FormerWard, ...]:
    """Every former ward, commune and town, once for each of its names and levels."""
    found = []
    for line in _lines("former.csv"):
        district, now = line["district"], tuple(line["now"].split())
        found.append(FormerWard(FormerLevel(line["level"]), line["name"], district, now))
        for each in filter(None, line["earlier"].split(";")):
            level, name = each.split(" ", 1)
            found.append(FormerWard(FormerLevel(level), name, district, now, is_last=False))
    return tuple(found)


@cache
def map_districts() -> dict[str, District]:
    """The former districts by their names; `now` are the units that have land of theirs."""
    lands: dict[str, set[str]] = {}
    for ward in list_former_wards():
        lands.setdefault(ward.district, set()).update(ward.now)
    return {
        line["name"]: District(
            FormerLevel(line["level"]),
            line["name"],
            line["province"],
            tuple(sorted(lands.get(line["name"], set()) | set(line["now"].split()))),
        )
        for line in _lines("districts.csv")
    }


@cache
def map_home_districts() -> dict[str, frozenset[str]]:
    """The former districts that each unit lies in.

    Those of which a whole ward went to it; where none did, those of which a part of one did.
    """
    whole: dict[str, set[str]] = {}
    part: dict[str, set[str]] = {}
    lands = [(ward.district, ward.now) for ward in list_former_wards()]
    lands += [(each.name, each.now) for each in map_districts().values() if len(each.now) == 1]
    for name, now in lands:
        for code in now:
            (whole if len(now) == 1 else part).setdefault(code, set()).add(name)
    return {code: frozenset(names) for code, names in (part | whole).items()}
