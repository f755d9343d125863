"""Landmarks: hospitals, markets, bridges, schools and other places that people name.

The data is in landmarks.csv, and in the file of the same form that the operator adds. Its columns:

- `name`: the name with the word for its kind ("chợ Sắt").
- `also`: other names, separated by semicolons.
- `kind`: a word of `_KINDS`, for readers.
- `units`: the codes of the units in which it lies, separated by spaces. If empty, the position
  decides, and several units are asked between if there are no boundaries.
- `latitude`, `longitude`: its position in degrees (WGS 84), or empty.
- `source`: where its place is documented.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from bot.areas.position import NotOnEarth, check_position
from bot.areas.text_scanning import Gap, scan_text
from bot.areas.tokens import Token, tokenize_name
from bot.areas.units import map_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.areas.text_scanning import ScannedText

    FindCodes = Callable[[float, float], tuple[str, ...]]
    """Returns the codes of the units in which a position can be, most likely first."""

_COLUMNS = ("name", "also", "kind", "units", "latitude", "longitude", "source")
_KINDS = frozenset(
    {
        "airport", "bridge", "bus-station", "ferry", "hospital", "housing", "industry", "mall",
        "market", "monument", "park", "port", "school", "sight", "sport", "square", "station",
        "street", "theatre", "university",
    }
)  # fmt: skip
_STREET, _BRIDGE = "street", "bridge"
_NO_NAME = frozenset(',/()"“')  # marks that do not stand in a name
_MAX_WORDS = 8  # of a name
# Letters of a name; a shorter one can be other words too ("cho hang", "chợ đổ xuống").
_SHORT_NAME = 9
_SHORT_MARKED_NAME = 8  # typed with diacritics


class BadLandmarks(ValueError):
    """A file of landmarks cannot be used. The message says which line and why."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """A landmark and the units in which it lies.

    codes: the codes of the units, most likely first; several if it lies in several, or if they
           cannot be told apart
    """

    name: str
    also: tuple[str, ...]
    kind: str
    codes: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    source: str


class LandmarkMatch(NamedTuple):
    """A landmark that a text names.

    start, end: the words of the text, `end` excluded
    landmark:   the landmark
    is_short:   True if the words are so short that they can be other words
    is_marked:  True if the words have diacritics
    """

    start: int
    end: int
    landmark: Landmark
    is_short: bool
    is_marked: bool

    @property
    def is_sure(self) -> bool:
        """Return True if the place may be stated.

        A street is long, and other towns of the city have streets of the same name.
        """
        return (self.is_marked or not self.is_short) and self.landmark.kind != _STREET


def parse_landmarks(
    lines: Iterable[str], find_codes: FindCodes | None = None
) -> tuple[Landmark, ...]:
    """Return the landmarks of a CSV file's lines. Raises BadLandmarks.

    `find_codes` finds the units of a landmark that has only a position.
    """
    reader = csv.DictReader(lines)
    missing = set(_COLUMNS) - set(reader.fieldnames or ())
    if missing:
        raise BadLandmarks(f"line 1: these columns are missing: {', '.join(sorted(missing))}")
    return tuple(_parse_row(reader.line_num, row, find_codes) for row in reader)


def _parse_row(line: int, row: Mapping[str, str | None], find_codes: FindCodes | None) -> Landmark:
    cells = {column: (row[column] or "").strip() for column in _COLUMNS}
    if not cells["name"] or not cells["source"]:
        raise BadLandmarks(f"line {line}: the name or the source is missing")
    if cells["kind"] not in _KINDS:
        raise BadLandmarks(f"line {line}: the kind must be one of {', '.join(sorted(_KINDS))}")
    codes = tuple(cells["units"].split())
    unknown = [code for code in codes if code not in map_units()]
    if unknown:
        raise BadLandmarks(f"line {line}: {unknown[0]!r} is not the code of a unit")
    position = _parse_position(line, cells["latitude"], cells["longitude"])
    if not codes and position is not None and find_codes is not None:
        codes = find_codes(*position)
    if not codes:
        raise BadLandmarks(f"line {line}: it has no unit, and no position in the city")
    also = tuple(name.strip() for name in cells["also"].split(";") if name.strip())
    latitude, longitude = position or (None, None)
    return Landmark(cells["name"], also, cells["kind"], codes, latitude, longitude, cells["source"])


def _parse_position(line: int, latitude: str, longitude: str) -> tuple[float, float] | None:
    if not latitude and not longitude:
        return None
    try:
        return check_position(float(latitude), float(longitude))
    except (ValueError, NotOnEarth) as error:
        raise BadLandmarks(f"line {line}: the position cannot be read: {error}") from error


@cache
def list_landmarks() -> tuple[Landmark, ...]:
    """Return the landmarks of landmarks.csv."""
    return parse_landmarks(
        files("bot.areas").joinpath("landmarks.csv").read_text("utf-8").splitlines()
    )


def read_landmarks(path: Path, find_codes: FindCodes) -> tuple[Landmark, ...]:
    """Return the landmarks of the operator's file. Raises BadLandmarks."""
    try:
        return parse_landmarks(path.read_text("utf-8-sig").splitlines(), find_codes)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadLandmarks(str(error)) from error


def list_misplaced(
    landmarks: Iterable[Landmark], find_unit_code: Callable[[float, float], str | None]
) -> list[Landmark]:
    """Return the landmarks whose position is in a unit that is not among theirs.

    `find_unit_code` returns the code of the unit whose boundaries contain a position, or None.
    """
    return [
        landmark
        for landmark in landmarks
        if landmark.latitude is not None
        and landmark.longitude is not None
        and (code := find_unit_code(landmark.latitude, landmark.longitude)) is not None
        and code not in landmark.codes
    ]


class LandmarkIndex:
    """Finds landmarks in texts by their names."""

    def __init__(self, landmarks: Iterable[Landmark]) -> None:
        """Index the names. Of two landmarks with the same name, the last one counts."""
        self._names: dict[str, list[tuple[Token, Landmark]]] = {}
        self._first_words: set[str] = set()
        for landmark in landmarks:
            for name in (landmark.name, *landmark.also):
                for spelling in _list_spellings(name):
                    letters = scan_text(spelling).letters
                    self._first_words.add(letters[0])
                    entry = (tokenize_name(spelling), landmark)
                    self._names.setdefault("".join(letters), []).insert(0, entry)

    def match_at(self, scanned: ScannedText, start: int, *, is_plain: bool) -> LandmarkMatch | None:
        """Return the landmark with the longest name that begins at a word, if there is one.

        `is_plain` says that the whole text has no diacritics.
        """
        if scanned.letters[start] not in self._first_words:
            return None
        for end in range(min(start + _MAX_WORDS, len(scanned.letters)), start, -1):
            letters = "".join(scanned.letters[start:end])
            if letters not in self._names or not _is_name(scanned, start, end):
                continue
            typed = scanned.tokenize(start, end)
            landmark = self._choose(letters, typed, is_plain=is_plain)
            if landmark is None or (landmark.kind == _BRIDGE and _is_number(scanned, end)):
                continue  # cầu Rào 3 is not the cầu Rào
            is_marked = bool(typed.marks)
            is_short = len(letters) < (_SHORT_MARKED_NAME if is_marked else _SHORT_NAME)
            return LandmarkMatch(start, end, landmark, is_short, is_marked)
        return None

    def _choose(self, letters: str, typed: Token, *, is_plain: bool) -> Landmark | None:
        """Return the landmark with these letters whose diacritics are typed, or fit if none are."""
        for name, landmark in self._names[letters]:
            if set(typed.marks) == set(name.marks) or (is_plain and not typed.marks):
                return landmark
        return None


def _is_name(scanned: ScannedText, start: int, end: int) -> bool:
    """Return True if only spaces or hyphens stand between the words."""
    if scanned.is_phrase(start, end):
        return True
    is_joined = Gap.END not in scanned.gaps[start + 1 : end]
    return is_joined and _NO_NAME.isdisjoint(scanned.cut(start, end))


def _is_number(scanned: ScannedText, index: int) -> bool:
    """Return True if a number of one digit stands at a word, directly behind the word before."""
    return (
        index < len(scanned.letters)
        and scanned.gaps[index] is Gap.SPACE
        and len(scanned.letters[index]) == 1
        and scanned.letters[index].isdigit()
    )


@cache
def _list_kind_words() -> tuple[tuple[str, tuple[str, ...]], ...]:
    content = files("bot.areas").joinpath("text_words.toml").read_text("utf-8")
    return tuple((word, tuple(others)) for word, others in tomllib.loads(content)["kinds"].items())


def _list_spellings(name: str) -> Iterator[str]:
    """Yield a name, and the same with other words for its kind ("bv" for "bệnh viện")."""
    yield name
    folded = name.casefold()
    for word, others in _list_kind_words():
        if folded.startswith(f"{word} "):
            rest = name[len(word) :]
            for other in others:
                yield f"{other}{rest}"


class _Chosen:
    """The landmarks of this process, if the operator added some."""

    index: LandmarkIndex | None = None


def configure_landmarks(added: Sequence[Landmark]) -> None:
    """Use the operator's landmarks beside the program's in this process.

    The operator's landmark counts if the program has one of the same name.
    """
    _Chosen.index = LandmarkIndex((*list_landmarks(), *added)) if added else None


@cache
def _index_own_landmarks() -> LandmarkIndex:
    return LandmarkIndex(list_landmarks())


def load_landmarks() -> LandmarkIndex:
    """Return the index of the landmarks of this process, built at the first call."""
    return _Chosen.index or _index_own_landmarks()
