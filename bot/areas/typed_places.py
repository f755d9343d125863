"""Resolve what is typed as the answer to the question for a place: an address, or a landmark."""

from __future__ import annotations

from dataclasses import dataclass

from bot.areas.landmarks import Landmark, load_landmarks
from bot.areas.resolver import AreaCandidate, ResolvedArea, resolve_area
from bot.areas.text_scanning import scan_text


@dataclass(frozen=True, slots=True)
class TypedPlace(ResolvedArea):
    """The units that a typed place can mean; see ResolvedArea.

    is_landmark: True if they are known from a landmark
    """

    is_landmark: bool = False


def resolve_typed_place(typed: str) -> TypedPlace:
    """Return the units that a typed place can mean. Any text is allowed.

    An address beside a landmark narrows it down, if both can mean the same unit. If they cannot,
    the units of both are returned.
    """
    landmarks, rest = _split_landmarks(typed)
    area = resolve_area(rest)
    if area.is_outside or not landmarks:
        return TypedPlace(area.candidates, area.is_outside, area.is_misspelt)
    codes = list(landmarks[0].codes)
    for other in landmarks[1:]:
        codes = [code for code in codes if code in other.codes] or [*codes, *other.codes]
    if area.candidates and not area.is_misspelt:
        codes = [code for code in codes if code in area.codes] or [*area.codes, *codes]
    candidates = tuple(AreaCandidate(code) for code in dict.fromkeys(codes))
    return TypedPlace(candidates, is_landmark=True)


def _split_landmarks(typed: str) -> tuple[list[Landmark], str]:
    """Return the landmarks that are typed, and the text without them."""
    scanned, index = scan_text(typed), load_landmarks()
    landmarks: list[Landmark] = []
    rest: list[str] = []
    start = position = 0
    while start < len(scanned.letters):
        match = index.match_at(scanned, start, is_plain=scanned.text.isascii())
        if match is None:
            start += 1
            continue
        landmarks.append(match.landmark)
        rest.append(scanned.text[position : scanned.starts[match.start]])
        start, position = match.end, scanned.ends[match.end - 1]
    rest.append(scanned.text[position:])
    return landmarks, ",".join(rest) if landmarks else typed
