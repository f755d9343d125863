"""Which units are near a position, by the centroids of units.csv."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import TYPE_CHECKING

from bot.areas.units import list_units

if TYPE_CHECKING:
    from bot.areas.boundaries import Boundaries
    from bot.areas.units import Unit

_EARTH_KM = 6371.0088  # its mean radius
# No place of the city is as far from the nearest centroid; across the border many places are.
_OUTSIDE_KM = 25.0


class NotOnEarth(ValueError):
    """A latitude or longitude is not a number of degrees, or beyond 90 or 180 of them."""


def check_position(latitude: float, longitude: float) -> tuple[float, float]:
    """The same position. Raises NotOnEarth."""
    for what, value, most in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if not isfinite(value) or abs(value) > most:
            raise NotOnEarth(f"{what} {value} is not between -{most} and {most}")
    return latitude, longitude


def rank_nearest(latitude: float, longitude: float, most: int = 3) -> tuple[Unit, ...]:
    """The units whose centroids are nearest, nearest first; none when it is outside the city.

    Raises NotOnEarth.
    """
    position = check_position(latitude, longitude)
    ranked = sorted(
        (_kilometres(position, (unit.latitude, unit.longitude)), unit.code, unit)
        for unit in list_units()
    )
    if ranked[0][0] > _OUTSIDE_KM:
        return ()
    return tuple(unit for _distance, _code, unit in ranked[: max(0, most)])


@dataclass(frozen=True)
class Locator:
    """Says which units a shared position may be in; with the operator's boundaries, for sure."""

    boundaries: Boundaries | None = None

    def near(self, latitude: float, longitude: float) -> tuple[str, ...]:
        """The codes of three units at most, the likeliest first; none outside the city."""
        try:
            codes = [unit.code for unit in rank_nearest(latitude, longitude)]
        except NotOnEarth:
            return ()
        if codes and self.boundaries is not None:
            within = self.boundaries.containing(latitude, longitude)
            codes = [code for code in (within, *codes) if code]
        return tuple(dict.fromkeys(codes))[:3]


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great-circle distance of two positions in degrees, by the haversine formula."""
    (north, east), (other_north, other_east) = (tuple(map(radians, each)) for each in (one, other))
    half = (
        sin((other_north - north) / 2) ** 2
        + cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
    )
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, half)))
