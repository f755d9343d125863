"""The table of landmarks, and the operator's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.areas.gazetteer import load_gazetteer
from bot.areas.landmarks import (
    BadLandmarks,
    configure_landmarks,
    list_landmarks,
    list_misplaced,
    load_landmarks,
    parse_landmarks,
)
from bot.areas.location import Locator, rank_nearest
from bot.areas.text_places import Sureness, find_place_in_text
from bot.areas.tokens import tokenize_name
from bot.areas.units import map_units
from bot.runtime.builders import configure_places
from bot.runtime.settings import BadSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = "name,also,kind,units,latitude,longitude,source"
# A unit is one of the nearest by centroid; most are the nearest or the second.
_NEAREST = 4


@pytest.fixture(autouse=True)
def _only_the_programs_landmarks() -> Iterator[None]:
    """Leave no landmarks of a test to other tests."""
    yield
    configure_landmarks(())


def test_each_landmark_has_units_and_a_source() -> None:
    """There are at least 100, and each name stands in the table once."""
    landmarks = list_landmarks()
    assert len(landmarks) >= 100
    for landmark in landmarks:
        assert landmark.codes
        assert set(landmark.codes) <= set(map_units()), landmark
        assert len(set(landmark.codes)) == len(landmark.codes), landmark
        assert len(landmark.source) > len("a site"), landmark
    names = [name for each in landmarks for name in (each.name, *each.also)]
    tokens = [tokenize_name(name) for name in names]
    assert len(set(tokens)) == len(tokens)


def test_positions_are_in_the_units_of_the_table() -> None:
    """The centroids of units tell it roughly; the boundaries are not a part of the program."""
    located = [each for each in list_landmarks() if each.latitude is not None]
    assert len(located) >= 8
    for landmark in located:
        assert landmark.latitude is not None
        assert landmark.longitude is not None
        nearest = [
            unit.code for unit in rank_nearest(landmark.latitude, landmark.longitude, _NEAREST)
        ]
        assert set(landmark.codes) & set(nearest), landmark


def test_a_landmark_in_another_unit_than_the_boundaries_say_is_named() -> None:
    """`units import` prints it. A position that is in no unit, as at sea, says nothing."""
    rows = ("chợ A,,market,11407,20.8,106.7,x", "chợ B,,market,11383,20.8,106.7,x")
    landmarks = parse_landmarks([HEADER, *rows, "chợ C,,market,11383,,,x"])
    assert list_misplaced(landmarks, lambda *_position: "11383") == [landmarks[0]]
    assert list_misplaced(landmarks, lambda *_position: None) == []


def test_no_landmark_has_the_name_of_a_unit() -> None:
    """Else "Lê Chân" would be a landmark and no ward."""
    names = load_gazetteer().names
    for landmark in list_landmarks():
        for name in (landmark.name, *landmark.also):
            assert tokenize_name(name).letters not in names, name


def test_each_landmark_is_found_in_a_text() -> None:
    """By its own name it gives its own units, and a unit's name in it does not interfere."""
    for landmark in list_landmarks():
        place = find_place_in_text(f"Tối qua ở {landmark.name} có đánh nhau")
        assert place is not None, landmark
        assert place.codes == landmark.codes, landmark


def test_the_operator_adds_landmarks(tmp_path: Path) -> None:
    """A row with units, one with a position, and one that replaces the program's."""
    file = tmp_path / "landmarks.csv"
    file.write_text(
        f"{HEADER}\nchợ Bóp Bi,chợ BB,market,11407,,,tried out\n"
        "quán nước Ngã Tư Chùa,,sight,,20.8429,106.684,tried out\n"
        "chợ Sắt,,market,11329,,,moved\n",
        "utf-8",
    )
    configure_places(Settings.model_validate({"areas": {"landmarks": str(file)}}))
    for text, codes, sureness in (
        ("mất xe ở chợ Bóp Bi", ("11407",), Sureness.SURE),
        (
            "ồn ở quán nước Ngã Tư Chùa",
            Locator().list_nearby_codes(20.8429, 106.684),
            Sureness.SEVERAL,
        ),
        ("móc túi ở chợ Sắt", ("11329",), Sureness.SURE),
        ("tắc ở cầu Rào", ("11359", "11383", "11689"), Sureness.SEVERAL),
    ):
        place = find_place_in_text(text)
        assert place is not None
        assert (place.codes, place.sureness) == (codes, sureness)


def test_without_a_file_only_the_programs_landmarks_are_known() -> None:
    """Also after a process had another one."""
    configure_landmarks(parse_landmarks([HEADER, "chợ Bóp Bi,,market,11407,,,tried out"]))
    changed = load_landmarks()
    configure_places(Settings())
    assert load_landmarks() is not changed
    assert find_place_in_text("mất xe ở chợ Bóp Bi") is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("chợ Mới,,market,99999,,,x", "line 2: '99999' is not the code of a unit"),
        ("chợ Mới,,shop,11407,,,x", "line 2: the kind must be one of"),
        ("chợ Mới,,market,11407,,,", "line 2: the name or the source is missing"),
        ("chợ Mới,,market,,20.8,abc,x", "line 2: the position cannot be read"),
        ("chợ Mới,,market,,,,x", "line 2: it has no unit, and no position in the city"),
        ("chợ Mới,,market,,10.7,106.6,x", "line 2: it has no unit, and no position in the city"),
    ],
)
def test_a_bad_row_is_named(row: str, reason: str) -> None:
    """The operator reads which line is wrong, and why."""
    with pytest.raises(BadLandmarks, match=reason):
        parse_landmarks([HEADER, row], Locator().list_nearby_codes)


@pytest.mark.parametrize("content", [b"name;kind\n", b"\xff\xfe", None])
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    """Else the landmarks would be missing without a word."""
    file = tmp_path / "landmarks.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadSettings, match=r"areas\.landmarks"):
        configure_places(Settings.model_validate({"areas": {"landmarks": str(file)}}))
