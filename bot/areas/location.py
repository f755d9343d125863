"""Rank units by their distance to a position, using the centroids of units.csv."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING

from bot.areas.position import NotOnEarth, check_position
from bot.areas.units import list_units

if TYPE_CHECKING:
    from bot.areas.boundaries import Boundaries
    from bot.areas.units import Unit

_EARTH_RADIUS_KM = 6371.0088
# No place of the city is farther from the nearest centroid. Many places outside the city are.
_MAX_DISTANCE_KM = 25.0


def rank_nearest(latitude: float, longitude: float, limit: int = 3) -> tuple[Unit, ...]:
    """Return the `limit` units whose centroids are nearest to a position, nearest first.

    The position is in degrees. Return () if it is outside the city. Raises NotOnEarth.
    """
    position = check_position(latitude, longitude)
    ranked = sorted(
        (_compute_distance_km(position, (unit.latitude, unit.longitude)), unit.code, unit)
        for unit in list_units()
    )
    if ranked[0][0] > _MAX_DISTANCE_KM:
        return ()
    return tuple(unit for _distance, _code, unit in ranked[: max(0, limit)])


@dataclass(frozen=True)
class Locator:
    """Finds the units in which a position can be.

    `boundaries` are the operator's, or None. With boundaries, the unit that contains the position
    comes first.
    """

    boundaries: Boundaries | None = None

    def list_nearby_codes(self, latitude: float, longitude: float) -> tuple[str, ...]:
        """Return the codes of at most three units, most likely first; () outside the city.

        The position is in degrees. Raises NotOnEarth.
        """
        try:
            codes = [unit.code for unit in rank_nearest(latitude, longitude)]
        except NotOnEarth:
            return ()
        if codes and self.boundaries is not None:
            code = self.boundaries.find_unit_code(latitude, longitude)
            if code:
                codes = [code, *codes]
        return tuple(dict.fromkeys(codes))[:3]


def _compute_distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two positions in degrees, by the haversine formula."""
    latitude, longitude = map(radians, one)
    other_latitude, other_longitude = map(radians, other)
    haversine = (
        sin((other_latitude - latitude) / 2) ** 2
        + cos(latitude) * cos(other_latitude) * sin((other_longitude - longitude) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_KM * asin(sqrt(min(1.0, haversine)))
