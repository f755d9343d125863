"""Functions of `units find` and `units import`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import orjson

from bot.areas.boundaries import parse_boundaries
from bot.areas.landmarks import list_landmarks, list_misplaced
from bot.areas.resolver import resolve_area
from bot.areas.units import list_units

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO


def find_lines(source: BinaryIO, target: BinaryIO) -> None:
    """For each line of UTF-8 text in `source`, write a JSON line {"query", "codes"} to `target`.

    The codes are those of the units that the line can mean, most likely first.
    """
    for line in source:
        query = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
        target.write(orjson.dumps({"query": query, "codes": resolve_area(query).codes}) + b"\n")
        target.flush()  # a caller may wait for each answer before it writes the next line


def list_misplaced_landmarks(file: Path, code_property: str | None) -> list[str]:
    """Return the names of landmarks of the program that are not where the boundaries say.

    Raises BadBoundaries or OSError.
    """
    boundaries = parse_boundaries(file.read_bytes(), code_property)
    return [each.name for each in list_misplaced(list_landmarks(), boundaries.find_unit_code)]


def import_boundaries(file: Path, target: Path, code_property: str | None) -> list[str]:
    """Check a GeoJSON file and copy it to `target`. Return the names of units without an area.

    `code_property` is the property with the unit's code; None to detect it. Raises BadBoundaries or
    OSError; then `target` is unchanged.
    """
    content = file.read_bytes()
    codes = parse_boundaries(content, code_property).codes
    target.parent.mkdir(parents=True, exist_ok=True)
    # The file is replaced in one step: a running replica reads the old or the new one.
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(target)
    return [unit.name for unit in list_units() if unit.code not in codes]
