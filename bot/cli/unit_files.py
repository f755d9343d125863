"""What the command line does with units: finding them by name, and taking boundaries in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import orjson

from bot.areas.boundaries import parse_boundaries
from bot.areas.resolver import resolve_area
from bot.areas.units import list_units

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO


def find_lines(typed: BinaryIO, found: BinaryIO) -> None:
    """For each line of UTF-8 a line of JSON: {"query", "codes"}, the codes best first."""
    for line in typed:
        query = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
        found.write(orjson.dumps({"query": query, "codes": resolve_area(query).codes}) + b"\n")
        found.flush()  # whoever asks line by line waits for the answer


def import_boundaries(file: Path, target: Path, code_property: str | None) -> list[str]:
    """Check a GeoJSON file and put a copy at `target`; the names of the units that it lacks.

    Raises BadBoundaries and leaves the target as it is; raises OSError.
    """
    content = file.read_bytes()
    have = parse_boundaries(content, code_property).codes
    target.parent.mkdir(parents=True, exist_ok=True)
    # A replica that reads it meanwhile gets the old file or the new one, never a half.
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(target)
    return [unit.name for unit in list_units() if unit.code not in have]
