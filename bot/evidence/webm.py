"""WebM and Matroska movies without metadata: elements that are not played become empty space.

https://www.matroska.org/technical/elements.html has the numbers of the elements.
"""

from __future__ import annotations

from bot.evidence.errors import NotCleanable

_VOID = 0xEC
_SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER = (
    0x18538067,
    0x1549A966,
    0x1654AE6B,
    0xAE,
    0x1F43B675,
)
_EBML = 0x1A45DFA3
_OPENED = frozenset({_EBML, _SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER})
_IN_HEADER = frozenset({0x4286, 0x42F7, 0x42F2, 0x42F3, 0x4282, 0x4287, 0x4285})
_MAX_IN_HEADER = 16  # bytes of an element
_CUES, _TIME_SCALE, _DURATION = 0x1C53BB6B, 0x2AD7B1, 0x4489
_NAMES_IN_TRACK = frozenset({0x536E, 0x258688, 0x3A9697, 0x3B4040, 0x26B240, 0x7446})
_PLAYED_IN_CLUSTER = frozenset({0xE7, 0xA7, 0xAB, 0xA3, 0xA0})


def clean_webm(content: bytes) -> bytes:
    """Return the movie with tags, titles, attachments, chapters and dates overwritten.

    Raises NotCleanable.
    """
    cleaned, position, has_segment = bytearray(content), 0, False
    around = [(0, len(cleaned))]  # the open elements: their numbers and ends
    while position < len(cleaned):
        while position >= around[-1][1]:
            around.pop()
        start = position
        number, position = _read_number(cleaned, position, keep_mark=True)
        size, position = _read_number(cleaned, position, keep_mark=False)
        end = len(cleaned) if size is None else position + size
        if number is None or (size is None and number not in {_SEGMENT, _CLUSTER}):
            raise NotCleanable("an unusual movie")
        if size is not None and end > len(cleaned):
            end = len(cleaned)  # a recording that was cut off
        inside = around[-1][0]
        if inside == _EBML and (number not in _IN_HEADER or end - position > _MAX_IN_HEADER):
            raise NotCleanable("an unusual movie")
        has_segment = has_segment or number == _SEGMENT
        if number in _OPENED:
            around.append((number, end))
            continue
        if not _is_played(number, inside):
            _overwrite(cleaned, start, end)
        position = end
    if not has_segment:
        raise NotCleanable("an unusual movie")
    return bytes(cleaned)


def _is_played(number: int, inside: int) -> bool:
    """Return True if an element inside another one is needed to play the movie."""
    if inside == _EBML:
        return True
    if inside == _TRACK:
        return number not in _NAMES_IN_TRACK
    if inside == _INFO:
        return number in {_TIME_SCALE, _DURATION}
    if inside == _CLUSTER or number in _PLAYED_IN_CLUSTER:
        return number in _PLAYED_IN_CLUSTER | {_CUES}
    return number == _CUES


def _overwrite(cleaned: bytearray, start: int, end: int) -> None:
    """Replace an element by empty space of the same length, which is at least 2 bytes."""
    length = end - start
    if length < 2:
        raise NotCleanable("an unusual movie")
    if length - 2 <= 126:
        header = bytes([_VOID, 0x80 | length - 2])
    else:
        header = bytes([_VOID]) + (1 << 56 | length - 9).to_bytes(8, "big")
    cleaned[start:end] = header + bytes(length - len(header))


def _read_number(content: bytearray, position: int, *, keep_mark: bool) -> tuple[int | None, int]:
    """Return a number of variable length and the position after it; None for an unknown size.

    Raises NotCleanable.
    """
    first = content[position] if position < len(content) else 0
    length = 9 - first.bit_length()
    if first == 0 or position + length > len(content):
        raise NotCleanable("an unusual movie")
    number = int.from_bytes(content[position : position + length], "big")
    if not keep_mark:
        number &= (1 << 7 * length) - 1
        if number == (1 << 7 * length) - 1:
            return None, position + length
    return number, position + length
