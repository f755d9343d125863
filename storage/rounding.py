"""Rounded times: an exact time that stands in two rows connects them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def round_to_hour(moment: datetime) -> datetime:
    """Return the beginning of the hour of a time, in its own time zone."""
    return moment.replace(minute=0, second=0, microsecond=0)


def round_to_month(moment: datetime) -> datetime:
    """Return the beginning of the month of a time, in its own time zone."""
    return round_to_day(moment).replace(day=1)


def round_to_day(moment: datetime) -> datetime:
    """Return the beginning of the day of a time, in its own time zone."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
