"""The tables of units and of what they were: whole, and true to each other."""

from __future__ import annotations

import unicodedata

from bot.areas.former import districts, former_wards, home_districts
from bot.areas.gazetteer import Kind, gazetteer
from bot.areas.units import by_code, units


def test_every_former_ward_went_to_units_of_today() -> None:
    """In the order of their codes, and it lay in a district that is known."""
    for ward in former_wards():
        assert set(ward.now) <= set(by_code()), ward
        assert list(ward.now) == sorted(set(ward.now)), ward
        assert ward.now, ward
        assert ward.district in districts(), ward


def test_every_unit_was_something() -> None:
    """Its land came from former wards, and it lies in a former district."""
    covered = {code for district in districts().values() for code in district.now}
    assert covered == set(by_code()) == set(home_districts())


def test_names_are_composed_and_trimmed() -> None:
    """As they are shown."""
    names = [each.name for each in units()] + [each.name for each in former_wards()]
    for name in (*names, *districts()):
        assert name == unicodedata.normalize("NFC", name).strip()


def test_each_district_gave_its_name_to_a_unit() -> None:
    """So a district's name alone is a unit's, and a district is meant only when it is said."""
    for district in districts().values():
        kinds = {
            entry.place.kind
            for entries in gazetteer().named.values()
            for entry in entries
            if entry.place.districts & {district.name}
            and entry.place.kind in {Kind.UNIT, Kind.DISTRICT}
        }
        assert kinds == {Kind.UNIT, Kind.DISTRICT}, district


def test_a_short_name_is_not_guessed_from_a_slip() -> None:
    """Names of four letters are too alike; of five letters on, one error is borne, of ten, two."""
    known = gazetteer()
    assert known.near("haly") == (0, [])
    assert known.near("xyzwvu") == (0, [])
    assert known.near("dosonn") == (1, ["doson"])
    assert known.near("nguienbinhkhiemm") == (2, ["nguyenbinhkhiem"])
