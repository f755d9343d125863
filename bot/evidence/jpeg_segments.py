"""The segments of a JPEG stream inside another file: metadata are removed without encoding anew."""

from __future__ import annotations

from bot.evidence.errors import NotCleanable

_SCAN, _END, _ADOBE, _JFIF = 0xDA, 0xD9, 0xEE, 0xE0
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_APPLICATION = range(0xE0, 0xF0)
_COMMENT = 0xFE
_JFIF_SIZE = 18  # of the segment with its marker, without a thumbnail


def strip_jpeg(content: bytes) -> bytes:
    """Return a JPEG stream without application segments and comments.

    The colour transform of Adobe and a JFIF header without thumbnail stay. Bytes after the end are
    dropped. Raises NotCleanable.
    """
    if content[:2] != b"\xff\xd8":
        raise NotCleanable("no JPEG stream")
    kept, position = [b"\xff\xd8"], 2
    while position + 4 <= len(content):
        if content[position] != 0xFF:
            raise NotCleanable("a broken JPEG stream")
        marker = content[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == _END:
            break
        if marker in _WITHOUT_LENGTH:
            kept.append(content[position : position + 2])
            position += 2
            continue
        end = position + 2 + int.from_bytes(content[position + 2 : position + 4], "big")
        if marker == _SCAN:
            end = _find_end_of_scan(content, end)
        kept.append(_keep_segment(marker, content[position:end]))
        position = end
    return b"".join(kept) + b"\xff\xd9"


def _keep_segment(marker: int, segment: bytes) -> bytes:
    if marker == _ADOBE and segment[4:9] == b"Adobe":
        return b"\xff\xee\x00\x0e" + segment[4:16]
    if marker == _JFIF and segment[4:8] == b"JFIF":
        return b"\xff\xe0\x00\x10" + segment[4 : _JFIF_SIZE - 2] + b"\0\0"
    return b"" if marker in _APPLICATION or marker == _COMMENT else segment


def _find_end_of_scan(content: bytes, position: int) -> int:
    """Return the position of the marker that ends the coded data after `position`."""
    while True:
        position = content.find(b"\xff", position)
        if position == -1 or position + 1 >= len(content):
            return len(content)
        follows = content[position + 1]
        if follows != 0 and follows not in _WITHOUT_LENGTH and follows != 0xFF:
            return position
        position += 1 if follows == 0xFF else 2
