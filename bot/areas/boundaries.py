"""Read the boundaries of units from an operator's GeoJSON file, and find the unit of a position.

The file is a FeatureCollection with longitudes and latitudes in degrees (WGS 84, as GeoJSON
requires). Each feature is the area of a unit. A property holds the unit's code: the configured one,
or one of CODE_PROPERTIES. The optional dependency shapely is needed (extra "boundaries").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from bot.areas.position import check_position
from bot.areas.units import map_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

# The names of properties that can hold a unit's code, tried in this order.
CODE_PROPERTIES = ("code", "unit_code", "ward_code", "ma", "ma_xa", "maxa", "ma_dvhc")
# The limits of the city with its sea: south, west, north, east. Coordinates beyond them are in
# metres, or have latitude and longitude exchanged.
_CITY_BOUNDS = (19.5, 105.5, 21.7, 108.6)


class BadBoundaries(Exception):
    """A file is not a valid file of boundaries. The message names the feature and the mistake."""


class Boundaries:
    """The areas of units as polygons, with a spatial index."""

    def __init__(self, areas: Mapping[str, BaseGeometry]) -> None:
        """Build the index from the areas by unit code."""
        import shapely

        self.codes = tuple(sorted(areas))
        geometries = [areas[code] for code in self.codes]
        shapely.prepare(geometries)
        self._tree = shapely.STRtree(geometries)

    def find_unit_code(self, latitude: float, longitude: float) -> str | None:
        """Return the code of the unit that contains a position in degrees; None if there is none.

        On a border, return the lowest code of the neighbours. Raises NotOnEarth.
        """
        from shapely import Point

        check_position(latitude, longitude)
        indexes = self._tree.query(Point(longitude, latitude), predicate="intersects")
        return self.codes[min(indexes)] if len(indexes) else None


def read_boundaries(path: Path, code_property: str | None = None) -> Boundaries:
    """Read the boundaries from a file. Raises BadBoundaries, OSError."""
    return parse_boundaries(path.read_bytes(), code_property)


def parse_boundaries(content: bytes, code_property: str | None = None) -> Boundaries:
    """Parse the boundaries from the content of a file. Raises BadBoundaries."""
    try:
        import shapely  # noqa: F401 - to report a missing library first
    except ImportError as error:
        raise BadBoundaries(
            "boundaries need shapely: install the extra 'boundaries' of this package"
        ) from error
    try:
        collection = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise BadBoundaries(f"the file is not JSON: {error}") from error
    if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection":
        raise BadBoundaries("the file is not a FeatureCollection of GeoJSON")
    features = collection.get("features")
    if not isinstance(features, list) or not features:
        raise BadBoundaries("the FeatureCollection has no features")
    names = (code_property,) if code_property else CODE_PROPERTIES
    areas: dict[str, BaseGeometry] = {}
    for number, feature in enumerate(features, 1):
        code = _read_code(number, feature, names)
        if code in areas:
            raise BadBoundaries(f"feature {number}: the unit {code} has an area already")
        areas[code] = _build_area(f"feature {number} (unit {code})", feature.get("geometry"))
    return Boundaries(areas)


def _read_code(number: int, feature: Any, names: Iterable[str]) -> str:
    """Return the unit code of a feature from the first of the properties that it has.

    `number` is the feature's number in the file, from 1, for messages. Raises BadBoundaries.
    """
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise BadBoundaries(f"feature {number}: it has no properties")
    code = next((str(properties[name]).strip() for name in names if name in properties), None)
    if code is None:
        raise BadBoundaries(
            f"feature {number}: no property holds the unit's code; looked for {', '.join(names)}"
        )
    if code not in map_units():
        raise BadBoundaries(f"feature {number}: {code!r} is not the code of a unit")
    return code


def _build_area(feature_name: str, geometry: Any) -> BaseGeometry:
    """Return the union of the polygons of a geometry. Raises BadBoundaries.

    Polygons whose lines cross each other, as simplification produces them, are repaired.
    """
    import shapely
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    if not isinstance(geometry, dict):
        raise BadBoundaries(f"{feature_name}: it has no geometry")
    try:
        polygons = list(_list_polygons(shape(geometry)))
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise BadBoundaries(f"{feature_name}: its geometry cannot be read: {error}") from error
    if not polygons:
        raise BadBoundaries(f"{feature_name}: its geometry has no polygon")
    area = shapely.union_all([shapely.make_valid(polygon) for polygon in polygons])
    if area.area == 0:
        raise BadBoundaries(f"{feature_name}: its polygons have no area")
    west, south, east, north = area.bounds
    min_latitude, min_longitude, max_latitude, max_longitude = _CITY_BOUNDS
    if south < min_latitude or west < min_longitude or north > max_latitude or east > max_longitude:
        raise BadBoundaries(
            f"{feature_name}: it is not in the city;"
            " positions are longitude, latitude in degrees (WGS 84)"
        )
    return area


def _list_polygons(geometry: BaseGeometry) -> Iterator[BaseGeometry]:
    """Yield the polygons of a geometry and of its parts; other geometries are skipped."""
    if geometry.geom_type == "Polygon":
        if not geometry.is_empty:
            yield geometry
    elif geometry.geom_type in {"MultiPolygon", "GeometryCollection"}:
        for part in geometry.geoms:
            yield from _list_polygons(part)
