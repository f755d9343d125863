"""The tables of units and of what they were: whole, and true to each other."""

from __future__ import annotations

import unicodedata

from bot.areas.former import list_former_wards, map_districts, map_home_districts
from bot.areas.gazetteer import PlaceKind, load_gazetteer
from bot.areas.units import list_units, map_units


def test_every_former_ward_went_to_units_of_today() -> None:
    """In the order of their codes, and it lay in a district that is known."""
    for ward in list_former_wards():
        assert set(ward.now) <= set(map_units()), ward
        assert list(ward.now) == sorted(set(ward.now)), ward
        assert ward.now, ward
        assert ward.district in map_districts(), ward


def test_every_unit_was_something() -> None:
    """Its land came from former wards, and it lies in a former district."""
    covered = {code for district in map_districts().values() for code in district.now}
    assert covered == set(map_units()) == set(map_home_districts())


def test_names_are_composed_and_trimmed() -> None:
    """As they are shown."""
    names = [each.name for each in list_units()] + [each.name for each in list_former_wards()]
    for name in (*names, *map_districts()):
        assert name == unicodedata.normalize("NFC", name).strip()


def test_each_district_gave_its_name_to_a_unit() -> None:
    """So a district's name alone is a unit's, and a district is meant only when it is said."""
    for district in map_districts().values():
        kinds = {
            entry.place.kind
            for entries in load_gazetteer().named.values()
            for entry in entries
            if entry.place.districts & {district.name}
            and entry.place.kind in {PlaceKind.UNIT, PlaceKind.DISTRICT}
        }
        assert kinds == {PlaceKind.UNIT, PlaceKind.DISTRICT}, district


def test_a_short_name_is_not_guessed_from_a_slip() -> None:
    """Names of four letters are too alike; of five letters on, one error is borne, of ten, two."""
    known = load_gazetteer()
    assert known.near("haly") == (0, [])
    assert known.near("xyzwvu") == (0, [])
    assert known.near("dosonn") == (1, ["doson"])
    assert known.near("nguienbinhkhiemm") == (2, ["nguyenbinhkhiem"])
