"""Read coordinates as people type them: decimal with dot or comma, degrees, minutes and seconds.

Hemispheres may be English (N, S, E, W) or Vietnamese (B, Đ, T; "vĩ độ Bắc", "kinh độ Đông"). "N"
always means north: nobody in Vietnam writes of southern places ("Nam").
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.areas.position import NotOnEarth, check_position
from bot.core.text_folding import fold_text

# A box around Vietnam with its islands, in degrees.
_LATITUDES, _LONGITUDES = (6.0, 24.0), (102.0, 118.0)
_SURE_DECIMALS = 4  # a pair of numbers this precise is a position, wherever it stands
_FEW_DECIMALS = 2  # of a pair that makes the whole text

_HEMISPHERES = {
    "n": (0, 1), "s": (0, -1), "e": (1, 1), "w": (1, -1),
    "b": (0, 1), "d": (1, 1), "t": (1, -1),
    "bac": (0, 1), "dong": (1, 1), "tay": (1, -1), "nam": (0, -1),
    "north": (0, 1), "south": (0, -1), "east": (1, 1), "west": (1, -1),
}  # fmt: skip
_HEMISPHERE = (
    r"(?:(?:vi|kinh)(?: do| tuyen)? )?(?:north|south|east|west|bac|dong|tay|nam|[nsewbdt])"
    r"(?![a-z])"
)


def _make_pattern(number: int) -> str:
    """Return the pattern of the first or second coordinate; its groups end in the number.

    Folding keeps the signs of degrees, minutes and seconds.
    """
    part = r"\d{1,2}(?:[.,]\d+)?"
    return (
        rf"(?:(?P<label{number}>lat(?:itude)?|lon(?:gitude)?|lng|long|(?:vi|kinh) (?:do|tuyen))"
        r"\s*[:=]?\s*)?"
        rf"(?:(?P<before{number}>{_HEMISPHERE})\s*)?"
        rf"(?P<degrees{number}>[-+]?\d{{1,3}}(?:[.,]\d+)?)(?P<sign{number}>\s*(?:[°º˚]|do\b))?"
        rf"(?:\s*(?P<minutes{number}>{part})\s*(?:['′’‘`]|phut\b))?"
        rf"(?:\s*(?P<seconds{number}>{part})\s*(?:[\"″”“]|''|′′|’’|giay\b))?"
        rf"(?:\s*(?P<after{number}>{_HEMISPHERE}))?"
    )


_PAIR = re.compile(
    r"(?<![\d.,/a-z-])"
    + _make_pattern(1)
    + r"(?:\s*[,;/|]\s*|\s+)(?:va\s+)?"
    + _make_pattern(2)
    + r"(?![\d/]|[.,]\d)"
)
_AROUND = re.compile(r"(?:toa do|vi tri|gps|dia diem|o day|o|tai|la|map|ban do|[\s():;.,\[\]=])*")


class FoundPosition(NamedTuple):
    """A position that was read from a text, in degrees.

    `is_swapped` is True if latitude and longitude were exchanged, because only then it is a place
    in Vietnam.
    """

    latitude: float
    longitude: float
    is_swapped: bool = False


def find_coordinates(text: str) -> FoundPosition | None:
    """Return the position that a text states; None without one.

    Two numbers with few decimals count only if they are the whole text and a place in Vietnam.
    """
    if sum(map(str.isdecimal, text)) < 2 * _FEW_DECIMALS:
        return None
    folded = fold_text(_unify_digits(text))
    for match in _PAIR.finditer(folded):
        position = _read_pair(match, is_whole=_is_whole(folded, match))
        if position is not None:
            return position
    return None


def order_position(first: float, second: float) -> FoundPosition | None:
    """Return the position of a typed pair of degrees; None if it is no place on Earth.

    `first` is the latitude and `second` the longitude. They are exchanged if only that gives a
    position in Vietnam.
    """
    if is_in_vietnam(second, first) and not is_in_vietnam(first, second):
        return FoundPosition(second, first, is_swapped=True)
    try:
        return FoundPosition(*check_position(first, second))
    except NotOnEarth:
        return None


def is_in_vietnam(latitude: float, longitude: float) -> bool:
    """Return True if a position, in degrees, is in the box around Vietnam."""
    return (
        _LATITUDES[0] <= latitude <= _LATITUDES[1] and _LONGITUDES[0] <= longitude <= _LONGITUDES[1]
    )


def _unify_digits(text: str) -> str:
    return "".join(str(int(c)) if c.isdecimal() else c for c in text)


def _is_whole(folded: str, match: re.Match[str]) -> bool:
    rest = (folded[: match.start()], folded[match.end() :])
    return all(_AROUND.fullmatch(part) for part in rest)


def _read_pair(match: re.Match[str], *, is_whole: bool) -> FoundPosition | None:
    """Return the position that two coordinates are; None if they are something else."""
    axes = [_get_axis(match, number) for number in "12"]
    values = [_compute_degrees(match, number) for number in "12"]
    if None in values:
        return None
    first, second = values
    assert first is not None
    assert second is not None
    known = [axis for axis in axes if axis is not None]
    if len(known) == 2 and known[0] == known[1]:
        return None
    if axes[0] == 1 or axes[1] == 0:
        first, second = second, first
    has_signs = all(match[f"sign{number}"] for number in "12")
    decimals = min(_count_decimals(match[f"degrees{number}"]) for number in "12")
    if has_signs or (len(known) == 2 and decimals >= _FEW_DECIMALS):
        return order_position(first, second)
    position = order_position(first, second)
    if position is None or decimals < _FEW_DECIMALS:
        return None
    inside = is_in_vietnam(position.latitude, position.longitude)
    is_precise = decimals >= _SURE_DECIMALS
    return position if (is_whole and (inside or is_precise)) or (inside and is_precise) else None


def _get_axis(match: re.Match[str], number: str) -> int | None:
    """Return 0 for a latitude, 1 for a longitude, None if the text does not say."""
    letter = match[f"before{number}"] or match[f"after{number}"]
    if letter:
        return _HEMISPHERES[letter.split()[-1]][0]
    label = match[f"label{number}"]
    return None if not label else int(not label.startswith(("lat", "vi ")))


def _compute_degrees(match: re.Match[str], number: str) -> float | None:
    """Return a coordinate in degrees, negative in the south and west; None if it is none."""
    degrees, minutes, seconds = (
        float((match[f"{part}{number}"] or "0").replace(",", "."))
        for part in ("degrees", "minutes", "seconds")
    )
    if minutes >= 60 or seconds >= 60:
        return None
    value = abs(degrees) + minutes / 60 + seconds / 3600
    letter = match[f"before{number}"] or match[f"after{number}"]
    side = _HEMISPHERES[letter.split()[-1]][1] if letter else 1
    return round(value * side * (-1 if degrees < 0 else 1), 7)


def _count_decimals(written: str) -> int:
    return len(written.replace(",", ".").partition(".")[2])
