"""Copies that may be shown: without what a file says of its maker, device and place."""

from __future__ import annotations

import io
import struct

from PIL import Image, ImageOps, UnidentifiedImageError

_SAVED_AS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_MOVIES = frozenset({"video/mp4", "video/quicktime", "audio/mp4", "image/heif"})
# Boxes of a movie that describe it rather than make it play: ISO/IEC 14496-12 (udta, meta, uuid).
_DESCRIBING = frozenset({b"udta", b"meta", b"uuid"})
_HOLDING = frozenset({b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf"})
_MOST_PIXELS = 60_000_000  # a picture that claims more is a trap


class CannotClean(Exception):
    """The file is not what it claims to be, or is too large to be looked into."""


def clean_file(content: bytes, content_type: str) -> bytes:
    """The same picture or movie without its metadata; other types are returned as they are.

    A picture keeps its orientation, a movie every offset. Raises CannotClean.
    """
    if content_type in _SAVED_AS:
        return _picture(content, _SAVED_AS[content_type])
    if content_type in _MOVIES and content_type != "image/heif":
        return _movie(content)
    return content


def _picture(content: bytes, saved_as: str) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=[saved_as]) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise CannotClean("too many pixels")
            upright = ImageOps.exif_transpose(opened)
            upright.info.clear()  # comments, profiles and the like would be saved again
            saved = io.BytesIO()
            options = {"quality": 90} if saved_as != "PNG" else {}
            upright.save(saved, saved_as, exif=b"", **options)
            return saved.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise CannotClean("not a picture") from error
    except Image.DecompressionBombError as error:
        raise CannotClean("too many pixels") from error


def _movie(content: bytes) -> bytes:
    """The movie with its describing boxes emptied; they keep their places, so that it plays."""
    made = bytearray(content)
    pending = [(0, len(made))]
    while pending:
        at, end = pending.pop()
        while at + 8 <= end:
            size, name, head = _box(made, at, end)
            if name in _DESCRIBING:
                made[at + 4 : at + 8] = b"free"
                made[at + head : at + size] = bytes(size - head)
            elif name in _HOLDING:
                pending.append((at + head, at + size))
            at += size
    return bytes(made)


def _box(content: bytearray, at: int, end: int) -> tuple[int, bytes, int]:
    """Size, name and length of the head of the box that begins here."""
    size, name = struct.unpack_from(">I4s", content, at)
    head = 8
    if size == 1 and at + 16 <= end:
        (size,) = struct.unpack_from(">Q", content, at + 8)
        head = 16
    elif size == 0:
        size = end - at
    if size < head or at + size > end:
        raise CannotClean("not a movie")
    return size, name, head
