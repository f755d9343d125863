"""Movies without metadata: all bytes that are not needed to play them are overwritten.

Sizes and offsets stay, so nothing has to be encoded or moved.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.evidence.errors import UnreadableMedia

if TYPE_CHECKING:
    from collections.abc import Iterator

MOVIE_TYPES = frozenset({"video/mp4", "video/quicktime", "audio/mp4"})
# ISO/IEC 14496-12 and the QuickTime File Format: the boxes that are kept, by the box around them.
_KEPT_BOXES = {
    b"": frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"sidx", b"mfra", b"wide"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex"}),
    b"trak": frozenset({b"tkhd", b"mdia", b"edts", b"tapt"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf", b"elng"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl", b"gmhd"}),
    b"moof": frozenset({b"mfhd", b"traf"}),
    b"traf": frozenset(
        {b"tfhd", b"trun", b"tfdt", b"sdtp", b"sbgp", b"sgpd", b"saiz", b"saio", b"senc", b"subs"}
    ),
}
_BRANDS = re.compile(rb"(?s)[\w ]{4}.{4}(?:[\w +.\-]{4}|\0{4}){0,60}")  # and a version
_PLAYED = frozenset({b"vide", b"soun"})
_MAX_TRACKS, _MAX_SAMPLES = 64, 2_000_000


@dataclass
class _Box:
    """A box at `start`: its name, the start of its content, and its end, in bytes."""

    name: bytes
    start: int
    content: int
    end: int


@dataclass
class _Track:
    """A track: its handler, and the places of its tables of samples by their names."""

    handler: bytes = b""
    tables: dict[bytes, _Box] = field(default_factory=dict)


def clean_movie(content: bytes) -> bytes:
    """Return the movie with only picture and sound; everything else is overwritten with zeros.

    Metadata boxes become free space. Tracks of other kinds, such as positions, are removed with
    their samples. Raises UnreadableMedia.
    """
    cleaned, end = bytearray(content), 0
    tracks: list[_Track] = []
    for box in _list_boxes(cleaned, 0, len(cleaned)):
        if box.name in {b"ftyp", b"styp"} and not _BRANDS.fullmatch(cleaned, box.content, box.end):
            raise UnreadableMedia("not a movie")
        end = box.end
        if box.name not in _KEPT_BOXES[b""]:
            _overwrite(cleaned, box)
        elif box.name in _KEPT_BOXES:
            _clean_box(cleaned, box, tracks)
    cleaned[end:] = bytes(len(cleaned) - end)  # too short for a box
    is_fragmented = any(b.name == b"moof" for b in _list_boxes(cleaned, 0, len(cleaned)))
    if not is_fragmented:
        _overwrite_unplayed(cleaned, tracks)
    return bytes(cleaned)


def _clean_box(cleaned: bytearray, around: _Box, tracks: list[_Track]) -> None:
    """Clean the content of a box; what a track needs is added to the last of `tracks`."""
    for box in _list_boxes(cleaned, around.content, around.end):
        if box.name == b"trak" and around.name == b"moov":
            _clean_track(cleaned, box, tracks)
        elif box.name not in _KEPT_BOXES[around.name]:
            _overwrite(cleaned, box)
        elif box.name in _KEPT_BOXES:
            _clean_box(cleaned, box, tracks)
        elif box.name in {b"mvhd", b"tkhd", b"mdhd"}:
            _overwrite_times(cleaned, box)
        elif box.name == b"hdlr":
            cleaned[box.content + 24 : box.end] = bytes(max(box.end - box.content - 24, 0))
            if around.name == b"mdia" and tracks:
                tracks[-1].handler = bytes(cleaned[box.content + 8 : box.content + 12])
        elif box.name == b"stbl" and tracks:
            tables = _list_boxes(cleaned, box.content, box.end)
            tracks[-1].tables = {table.name: table for table in tables}
            _clean_descriptions(cleaned, tracks[-1].tables)


def _clean_track(cleaned: bytearray, box: _Box, tracks: list[_Track]) -> None:
    tracks.append(_Track())
    if len(tracks) > _MAX_TRACKS:
        raise UnreadableMedia("too many tracks")
    _clean_box(cleaned, box, tracks)
    if tracks[-1].handler not in _PLAYED:
        tracks.pop()
        _overwrite(cleaned, box)


def _clean_descriptions(cleaned: bytearray, tables: dict[bytes, _Box]) -> None:
    """Overwrite the names of encoders in the descriptions of pictures, and unknown tables."""
    for table in tables.values():
        if table.name in {b"udta", b"meta", b"uuid", b"free", b"skip"}:
            _overwrite(cleaned, table)
    described = tables.get(b"stsd")
    if described is None:
        return
    for entry in _list_boxes(cleaned, described.content + 8, described.end):
        if entry.name[:2] in {b"av", b"hv", b"he", b"mp"} and entry.end - entry.content >= 78:
            name = entry.content + 42
            if entry.name != b"mp4a":
                cleaned[name : name + 32] = bytes(32)


def _overwrite(cleaned: bytearray, box: _Box) -> None:
    cleaned[box.start + 4 : box.start + 8] = b"free"
    cleaned[box.content : box.end] = bytes(box.end - box.content)


def _overwrite_times(cleaned: bytearray, box: _Box) -> None:
    """Overwrite the times of creation and change, which have 8 bytes each in version 1."""
    size = 16 if cleaned[box.content : box.content + 1] == b"\1" else 8
    end = min(box.content + 4 + size, box.end)
    cleaned[box.content + 4 : end] = bytes(max(end - box.content - 4, 0))


def _overwrite_unplayed(cleaned: bytearray, tracks: list[_Track]) -> None:
    """Overwrite the bytes of `mdat` that belong to no sample of the tracks that are kept.

    If a track has no tables of its samples, nothing is overwritten.
    """
    kept: list[tuple[int, int]] = []
    for track in tracks:
        ranges = _list_sample_ranges(cleaned, track.tables)
        if ranges is None:
            return
        kept += ranges
    kept.sort()
    for box in _list_boxes(cleaned, 0, len(cleaned)):
        if box.name == b"mdat" and tracks:
            position = box.content
            for start, end in kept:
                if end <= box.content or start >= box.end:
                    continue
                if start > position:
                    cleaned[position:start] = bytes(start - position)
                position = max(position, min(end, box.end))
            cleaned[position : box.end] = bytes(box.end - position)


def _list_sample_ranges(
    content: bytearray, tables: dict[bytes, _Box]
) -> list[tuple[int, int]] | None:
    """Return start and end of the chunks of a track; None without the tables that say them."""
    chunk_box = tables.get(b"stco") or tables.get(b"co64")
    size_box, run_box = tables.get(b"stsz"), tables.get(b"stsc")
    if chunk_box is None or size_box is None or run_box is None:
        return None
    try:
        width = 4 if chunk_box.name == b"stco" else 8
        chunks = _read_numbers(content, chunk_box.content + 4, width)
        fixed, count = struct.unpack_from(">II", content, size_box.content + 4)
        if count > _MAX_SAMPLES:
            raise UnreadableMedia("too many samples")
        sizes = [fixed] * count if fixed else _read_numbers(content, size_box.content + 8, 4)
        (run_count,) = struct.unpack_from(">I", content, run_box.content + 4)
        runs = [
            struct.unpack_from(">II", content, run_box.content + 8 + 12 * number)
            for number in range(min(run_count, _MAX_SAMPLES))
        ]
    except struct.error as error:
        raise UnreadableMedia("not a movie") from error
    ranges, sample = [], 0
    for number, (first, per_chunk) in enumerate(runs):
        last = runs[number + 1][0] - 1 if number + 1 < len(runs) else len(chunks)
        for chunk in range(first - 1, min(last, len(chunks))):
            length = sum(sizes[sample : sample + per_chunk])
            ranges.append((chunks[chunk], chunks[chunk] + length))
            sample += per_chunk
    return ranges


def _read_numbers(content: bytearray, position: int, width: int) -> list[int]:
    """Return a table of numbers: their count in 4 bytes, then each in `width` bytes."""
    (count,) = struct.unpack_from(">I", content, position)
    if count > _MAX_SAMPLES:
        raise UnreadableMedia("too many samples")
    letter = "I" if width == 4 else "Q"
    return list(struct.unpack_from(f">{count}{letter}", content, position + 4))


def _list_boxes(content: bytearray, start: int, end: int) -> Iterator[_Box]:
    """Yield the boxes between two positions. Raises UnreadableMedia."""
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", content, start)
        header_size = 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack_from(">Q", content, start + 8)
            header_size = 16
        elif size == 0:
            size = end - start
        if size < header_size or start + size > end:
            raise UnreadableMedia("not a movie")
        yield _Box(name, start, start + header_size, start + size)
        start += size
