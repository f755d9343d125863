"""Which units a position is near, or in by an operator's boundaries."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.areas.boundaries import BadBoundaries, parse_boundaries
from bot.areas.location import NotOnEarth, rank_nearest
from bot.areas.units import Unit, list_units


@given(st.sampled_from(list_units()))
def test_at_a_centroid_its_unit_is_nearest(unit: Unit) -> None:
    """Also on the island that is far out at sea."""
    assert rank_nearest(unit.latitude, unit.longitude)[0] == unit


@given(st.floats(20.6, 21.2), st.floats(106.15, 106.8), st.integers(0, 5))
def test_within_the_city_as_many_are_given_as_are_asked_for(
    latitude: float, longitude: float, most: int
) -> None:
    """Each once."""
    found = rank_nearest(latitude, longitude, most)
    assert len({unit.code for unit in found}) == len(found) == most


@pytest.mark.parametrize("position", [(10.77, 106.7), (16.07, 108.22), (0, 0), (-90, 180)])
def test_far_from_every_unit_there_is_none(position: tuple[float, float]) -> None:
    """Hồ Chí Minh City, Đà Nẵng, the sea, the pole."""
    assert rank_nearest(*position) == ()


@pytest.mark.parametrize(
    "position",
    [(math.nan, 106.7), (20.8, math.inf), (-math.inf, 0), (90.1, 106.7), (20.8, -180.1)],
)
def test_what_is_no_position_is_refused(position: tuple[float, float]) -> None:
    """By the centroids and by the boundaries alike."""
    with pytest.raises(NotOnEarth):
        rank_nearest(*position)
    with pytest.raises(NotOnEarth):
        parse_boundaries(collection(square("11383", 20.84, 106.68))).containing(*position)


def square(code: object, south: float, west: float, **changes: Any) -> dict[str, Any]:
    """A feature: a unit's area of a hundredth of a degree each way."""
    north, east = south + 0.01, west + 0.01
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code}, "geometry": polygon, **changes}


def collection(*features: object) -> bytes:
    """A file of these features."""
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def test_a_position_is_in_the_unit_that_contains_it() -> None:
    """Or in none; on a border the lower code counts."""
    known = parse_boundaries(
        collection(square("11407", 20.84, 106.69), square("11383", 20.84, 106.68))
    )
    assert known.codes == ("11383", "11407")
    assert known.containing(20.845, 106.685) == "11383"
    assert known.containing(20.845, 106.695) == "11407"
    assert known.containing(20.845, 106.69) == "11383"
    assert known.containing(20.80, 106.69) is None


@pytest.mark.parametrize("name", ["code", "ma", "maxa", "ward_code"])
def test_the_code_is_found_in_a_usual_property(name: str) -> None:
    """As text or as a number."""
    for code in ("11383", 11383):
        feature = square(code, 20.84, 106.68, properties={"other": 1, name: code})
        assert parse_boundaries(collection(feature)).codes == ("11383",)


def test_the_code_is_found_in_the_property_that_is_named() -> None:
    """Whatever else there is."""
    feature = square("x", 20.84, 106.68, properties={"code": "x", "gso": "11383"})
    assert parse_boundaries(collection(feature), "gso").codes == ("11383",)


def test_areas_of_several_parts_are_whole() -> None:
    """Islands, lines that came along, and a ring that crosses itself."""
    parts = [square("x", 20.84, 106.68)["geometry"], square("x", 20.9, 106.9)["geometry"]]
    line = {"type": "LineString", "coordinates": [[106.6, 20.8], [106.7, 20.8]]}
    bow = [[106.5, 20.5], [106.6, 20.6], [106.6, 20.5], [106.5, 20.6], [106.5, 20.5]]
    both = {"type": "GeometryCollection", "geometries": [*parts, line]}
    crossed = {"type": "Polygon", "coordinates": [bow]}
    known = parse_boundaries(
        collection(square("11914", 0, 0, geometry=both), square("11383", 0, 0, geometry=crossed))
    )
    assert known.containing(20.845, 106.685) == known.containing(20.905, 106.905) == "11914"
    assert known.containing(20.55, 106.51) == "11383"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a FeatureCollection"),
        (collection(), "no features"),
        (collection(7), "feature 1: it has no properties"),
        (collection(square("11383", 20.8, 106.7), square("1", 20.8, 106.7)), "feature 2: '1'"),
        (collection(square("11383", 20.8, 106.7, properties={})), "looked for code, unit_code"),
        (collection(*[square("11383", 20.8, 106.7)] * 2), "feature 2: the unit 11383 has an area"),
        (collection(square("11383", 20.8, 106.7, geometry=None)), "11383): it has no geometry"),
        (collection(square("11383", 106.7, 20.8)), "not in the city"),
        (
            collection(square("11383", 0, 0, geometry={"type": "Point", "coordinates": [1, 2]})),
            "no polygon",
        ),
        (
            collection(square("11383", 0, 0, geometry={"type": "Polygon", "coordinates": [[1]]})),
            "cannot be read",
        ),
    ],
)
def test_a_bad_file_is_refused_by_what_is_wrong(content: bytes, says: str) -> None:
    """Which feature, and what about it."""
    with pytest.raises(BadBoundaries) as refused:
        parse_boundaries(content)
    assert says in str(refused.value)


@given(
    st.recursive(
        st.none() | st.integers(-1000, 1000) | st.text(max_size=5) | st.floats(allow_nan=False),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "coordinates", "geometries"]), inner, max_size=3
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(["Polygon", "MultiPolygon", "GeometryCollection", "Feature"]),
)
def test_any_geometry_is_read_or_refused(content: object, kind: str) -> None:
    """Never another error than the one that says what is wrong."""
    geometry = {"type": kind, "coordinates": content, "geometries": content}
    with suppress(BadBoundaries):
        assert parse_boundaries(collection(square("11383", 0, 0, geometry=geometry))).codes == (
            "11383",
        )
