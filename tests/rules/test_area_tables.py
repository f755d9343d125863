"""The tables of today's and former units are complete and consistent."""

from __future__ import annotations

import unicodedata

from bot.areas.former_units import list_former_wards, map_former_districts, map_units_to_districts
from bot.areas.gazetteer import PlaceKind, load_gazetteer
from bot.areas.units import list_units, map_units


def test_every_former_ward_has_units_of_today_as_successors() -> None:
    """Successors are listed in the order of their codes, and the district is in the table."""
    for ward in list_former_wards():
        assert set(ward.successors) <= set(map_units()), ward
        assert list(ward.successors) == sorted(set(ward.successors)), ward
        assert ward.successors, ward
        assert ward.district in map_former_districts(), ward


def test_every_unit_has_land_of_former_wards() -> None:
    """Every unit is the successor of a former ward, and lies in a former district."""
    covered = {code for district in map_former_districts().values() for code in district.successors}
    assert covered == set(map_units()) == set(map_units_to_districts())


def test_names_are_composed_and_trimmed() -> None:
    """Names are shown as they are stored, so they are in NFC and without outer spaces."""
    names = [each.name for each in list_units()] + [each.name for each in list_former_wards()]
    for name in (*names, *map_former_districts()):
        assert name == unicodedata.normalize("NFC", name).strip()


def test_each_former_district_has_a_unit_of_the_same_name() -> None:
    """So a district's name alone can be resolved to a unit of today."""
    for district in map_former_districts().values():
        kinds = {
            entry.place.kind
            for entries in load_gazetteer().names.values()
            for entry in entries
            if entry.place.districts & {district.name}
            and entry.place.kind in {PlaceKind.UNIT, PlaceKind.DISTRICT}
        }
        assert kinds == {PlaceKind.UNIT, PlaceKind.DISTRICT}, district


def test_short_names_with_typing_errors_are_not_matched() -> None:
    """One error is allowed in names of five letters or more, two in names of ten or more."""
    gazetteer = load_gazetteer()
    assert gazetteer.find_similar_names("haly") == (0, [])
    assert gazetteer.find_similar_names("xyzwvu") == (0, [])
    assert gazetteer.find_similar_names("dosonn") == (1, ["doson"])
    assert gazetteer.find_similar_names("nguienbinhkhiemm") == (2, ["nguyenbinhkhiem"])
