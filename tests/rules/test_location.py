"""Positions give the nearest units, or by boundaries the unit that contains them."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.areas.boundaries import BadBoundaries, parse_boundaries
from bot.areas.location import rank_nearest
from bot.areas.position import NotOnEarth
from bot.areas.units import Unit, list_units


@given(st.sampled_from(list_units()))
def test_at_a_centroid_its_unit_is_nearest(unit: Unit) -> None:
    """This holds for the island far out at sea too."""
    assert rank_nearest(unit.latitude, unit.longitude)[0] == unit


@given(st.floats(20.6, 21.15), st.floats(106.15, 106.8), st.integers(0, 5))
def test_a_position_in_the_city_gives_as_many_units_as_the_limit(
    latitude: float, longitude: float, limit: int
) -> None:
    """No unit is repeated. The rectangle lies within 25 km of a centroid everywhere."""
    units = rank_nearest(latitude, longitude, limit)
    assert len({unit.code for unit in units}) == len(units) == limit


@pytest.mark.parametrize("position", [(10.77, 106.7), (16.07, 108.22), (0, 0), (-90, 180)])
def test_a_position_far_from_the_city_gives_no_unit(position: tuple[float, float]) -> None:
    """Hồ Chí Minh City, Đà Nẵng, the sea, the pole."""
    assert rank_nearest(*position) == ()


@pytest.mark.parametrize(
    "position",
    [(math.nan, 106.7), (20.8, math.inf), (-math.inf, 0), (90.1, 106.7), (20.8, -180.1)],
)
def test_an_invalid_position_raises_not_on_earth(position: tuple[float, float]) -> None:
    """Both by centroids and by boundaries."""
    with pytest.raises(NotOnEarth):
        rank_nearest(*position)
    with pytest.raises(NotOnEarth):
        parse_boundaries(make_collection(make_feature("11383", 20.84, 106.68))).find_unit_code(
            *position
        )


def make_feature(code: object, south: float, west: float, **changes: Any) -> dict[str, Any]:
    """Return the feature of a unit: a square with sides of 0.01 degrees."""
    north, east = south + 0.01, west + 0.01
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code}, "geometry": polygon, **changes}


def make_collection(*features: object) -> bytes:
    """Return a file with these features."""
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def test_a_position_is_in_the_unit_that_contains_it() -> None:
    """A position outside all units gives None; on a border it is the lower code."""
    boundaries = parse_boundaries(
        make_collection(make_feature("11407", 20.84, 106.69), make_feature("11383", 20.84, 106.68))
    )
    assert boundaries.codes == ("11383", "11407")
    assert boundaries.find_unit_code(20.845, 106.685) == "11383"
    assert boundaries.find_unit_code(20.845, 106.695) == "11407"
    assert boundaries.find_unit_code(20.845, 106.69) == "11383"
    assert boundaries.find_unit_code(20.80, 106.69) is None


@pytest.mark.parametrize("name", ["code", "ma", "maxa", "ward_code"])
def test_the_code_is_found_in_a_usual_property(name: str) -> None:
    """The code can be a text or a number."""
    for code in ("11383", 11383):
        feature = make_feature(code, 20.84, 106.68, properties={"other": 1, name: code})
        assert parse_boundaries(make_collection(feature)).codes == ("11383",)


def test_the_code_is_found_in_the_configured_property() -> None:
    """Other properties are ignored."""
    feature = make_feature("x", 20.84, 106.68, properties={"code": "x", "gso": "11383"})
    assert parse_boundaries(make_collection(feature), "gso").codes == ("11383",)


def test_an_area_can_have_several_parts() -> None:
    """Several polygons, lines among them, and a ring that crosses itself."""
    parts = [
        make_feature("x", 20.84, 106.68)["geometry"],
        make_feature("x", 20.9, 106.9)["geometry"],
    ]
    line = {"type": "LineString", "coordinates": [[106.6, 20.8], [106.7, 20.8]]}
    bow = [[106.5, 20.5], [106.6, 20.6], [106.6, 20.5], [106.5, 20.6], [106.5, 20.5]]
    both = {"type": "GeometryCollection", "geometries": [*parts, line]}
    crossed = {"type": "Polygon", "coordinates": [bow]}
    boundaries = parse_boundaries(
        make_collection(
            make_feature("11914", 0, 0, geometry=both),
            make_feature("11383", 0, 0, geometry=crossed),
        )
    )
    assert (
        boundaries.find_unit_code(20.845, 106.685)
        == boundaries.find_unit_code(20.905, 106.905)
        == "11914"
    )
    assert boundaries.find_unit_code(20.55, 106.51) == "11383"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a FeatureCollection"),
        (make_collection(), "no features"),
        (make_collection(7), "feature 1: it has no properties"),
        (
            make_collection(make_feature("11383", 20.8, 106.7), make_feature("1", 20.8, 106.7)),
            "feature 2: '1'",
        ),
        (
            make_collection(make_feature("11383", 20.8, 106.7, properties={})),
            "looked for code, unit_code",
        ),
        (
            make_collection(*[make_feature("11383", 20.8, 106.7)] * 2),
            "feature 2: the unit 11383 has an area",
        ),
        (
            make_collection(make_feature("11383", 20.8, 106.7, geometry=None)),
            "11383): it has no geometry",
        ),
        (make_collection(make_feature("11383", 106.7, 20.8)), "not in the city"),
        (
            make_collection(
                make_feature("11383", 0, 0, geometry={"type": "Point", "coordinates": [1, 2]})
            ),
            "no polygon",
        ),
        (
            make_collection(
                make_feature("11383", 0, 0, geometry={"type": "Polygon", "coordinates": [[1]]})
            ),
            "cannot be read",
        ),
    ],
)
def test_a_bad_file_raises_a_message_with_the_mistake(content: bytes, message: str) -> None:
    """The message names the feature and its mistake."""
    with pytest.raises(BadBoundaries) as raised:
        parse_boundaries(content)
    assert message in str(raised.value)


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
def test_any_geometry_is_parsed_or_raises_bad_boundaries(content: object, kind: str) -> None:
    """No other error is raised."""
    geometry = {"type": kind, "coordinates": content, "geometries": content}
    with suppress(BadBoundaries):
        assert parse_boundaries(
            make_collection(make_feature("11383", 0, 0, geometry=geometry))
        ).codes == ("11383",)
