"""The check that a latitude and a longitude are valid."""

from __future__ import annotations

from math import isfinite


class NotOnEarth(ValueError):
    """A latitude or longitude is not a number, or its absolute value exceeds 90 or 180 degrees."""


def check_position(latitude: float, longitude: float) -> tuple[float, float]:
    """Return the given position, in degrees, if it is valid. Raises NotOnEarth."""
    for name, value, maximum in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if not isfinite(value) or abs(value) > maximum:
            raise NotOnEarth(f"{name} {value} is not between -{maximum} and {maximum}")
    return latitude, longitude
