"""The boundaries of the units, from an operator's GeoJSON file, and which unit a position is in.

The file is a FeatureCollection in degrees of longitude and latitude (WGS 84, as GeoJSON has it). A
feature is a unit's area and carries the unit's code in a property: one of CODE_PROPERTIES, or the
one that is given. Needs shapely, which the extra "boundaries" installs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from bot.areas.location import check_position
from bot.areas.units import map_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

CODE_PROPERTIES = ("code", "unit_code", "ward_code", "ma", "ma_xa", "maxa", "ma_dvhc")
# South, west, north, east of all that is the city, with its sea. What lies beyond is in metres, or
# has latitude and longitude exchanged.
_CITY = (19.5, 105.5, 21.7, 108.6)


class BadBoundaries(Exception):
    """A file cannot be read as boundaries; the message says which feature is wrong, and how."""


class Boundaries:
    """The areas of units; built once, then asked."""

    def __init__(self, areas: Mapping[str, BaseGeometry]) -> None:
        import shapely

        self.codes = tuple(sorted(areas))
        geometries = [areas[code] for code in self.codes]
        shapely.prepare(geometries)
        self._tree = shapely.STRtree(geometries)

    def containing(self, latitude: float, longitude: float) -> str | None:
        """The code of the unit that a position is in; on a border, the lower code of the two.

        Raises NotOnEarth.
        """
        from shapely import Point

        check_position(latitude, longitude)
        found = self._tree.query(Point(longitude, latitude), predicate="intersects")
        return self.codes[min(found)] if len(found) else None


def read_boundaries(path: Path, code_property: str | None = None) -> Boundaries:
    """The boundaries of a file. Raises BadBoundaries, OSError."""
    return parse_boundaries(path.read_bytes(), code_property)


def parse_boundaries(content: bytes, code_property: str | None = None) -> Boundaries:
    """The boundaries of a file's content. Raises BadBoundaries."""
    try:
        import shapely  # noqa: F401 - to say what is missing before anything else
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
        code = _code(number, feature, names)
        if code in areas:
            raise BadBoundaries(f"feature {number}: the unit {code} has an area already")
        areas[code] = _area(f"feature {number} (unit {code})", feature.get("geometry"))
    return Boundaries(areas)


def _code(number: int, feature: Any, names: Iterable[str]) -> str:
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


def _area(which: str, geometry: Any) -> BaseGeometry:
    """The polygons of a geometry as one. Lines that simplifying made cross are put right."""
    import shapely
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    if not isinstance(geometry, dict):
        raise BadBoundaries(f"{which}: it has no geometry")
    try:
        polygons = list(_polygons(shape(geometry)))
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise BadBoundaries(f"{which}: its geometry cannot be read: {error}") from error
    if not polygons:
        raise BadBoundaries(f"{which}: its geometry has no polygon")
    area = shapely.union_all([shapely.make_valid(polygon) for polygon in polygons])
    if area.area == 0:
        raise BadBoundaries(f"{which}: its polygons have no area")
    west, south, east, north = area.bounds
    if south < _CITY[0] or west < _CITY[1] or north > _CITY[2] or east > _CITY[3]:
        raise BadBoundaries(
            f"{which}: it is not in the city; positions are longitude, latitude in degrees (WGS 84)"
        )
    return area


def _polygons(geometry: BaseGeometry) -> Iterator[BaseGeometry]:
    if geometry.geom_type == "Polygon":
        if not geometry.is_empty:
            yield geometry
    elif geometry.geom_type in {"MultiPolygon", "GeometryCollection"}:
        for part in geometry.geoms:
            yield from _polygons(part)
