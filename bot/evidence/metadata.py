"""Remove metadata (author, device, place) from the copies of files that are shown to officers."""

from __future__ import annotations

import io
import struct

_IMAGE_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_MOVIE_TYPES = frozenset({"video/mp4", "video/quicktime", "audio/mp4"})
# ISO/IEC 14496-12: the boxes of a movie with metadata, and the boxes that contain such boxes.
_METADATA_BOXES = frozenset({b"udta", b"meta", b"uuid"})
_CONTAINER_BOXES = frozenset({b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf"})
_MAX_PIXELS = 60_000_000  # a larger picture would need too much memory


class UnreadableMedia(Exception):
    """The file is not a valid file of its type, or has too many pixels."""


def remove_metadata(content: bytes, content_type: str) -> bytes:
    """Return a picture or movie without its metadata. Files of other types are returned unchanged.

    A picture is rotated as its metadata say. A movie keeps its size in bytes and all offsets.
    Raises UnreadableMedia.
    """
    if content_type in _IMAGE_FORMATS:
        return _clean_picture(content, _IMAGE_FORMATS[content_type])
    if content_type in _MOVIE_TYPES:
        return _clean_movie(content)
    return content


def _clean_picture(content: bytes, image_format: str) -> bytes:
    """Return the picture, encoded anew without metadata. Raises UnreadableMedia."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=[image_format]) as opened:
            if opened.width * opened.height > _MAX_PIXELS:
                raise UnreadableMedia("too many pixels")
            upright = ImageOps.exif_transpose(opened)
            upright.info.clear()  # Pillow would save comments and colour profiles again.
            cleaned = io.BytesIO()
            options = {"quality": 90} if image_format != "PNG" else {}
            upright.save(cleaned, image_format, exif=b"", **options)
            return cleaned.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise UnreadableMedia("not a picture") from error
    except Image.DecompressionBombError as error:
        raise UnreadableMedia("too many pixels") from error


def _clean_movie(content: bytes) -> bytes:
    """Return the movie with zeros in its metadata boxes. Raises UnreadableMedia.

    The boxes keep their size and become free space, so the offsets of the frames stay valid.
    """
    cleaned = bytearray(content)
    pending = [(0, len(cleaned))]
    while pending:
        start, end = pending.pop()
        while start + 8 <= end:
            size, name, header_size = _read_box_header(cleaned, start, end)
            if name in _METADATA_BOXES:
                cleaned[start + 4 : start + 8] = b"free"
                cleaned[start + header_size : start + size] = bytes(size - header_size)
            elif name in _CONTAINER_BOXES:
                pending.append((start + header_size, start + size))
            start += size
    return bytes(cleaned)


def _read_box_header(content: bytearray, start: int, end: int) -> tuple[int, bytes, int]:
    """Return the size, the name and the header size of the box at `start`, sizes in bytes.

    The box must end at `end` or before. Raises UnreadableMedia.
    """
    size, name = struct.unpack_from(">I4s", content, start)
    header_size = 8
    if size == 1 and start + 16 <= end:
        (size,) = struct.unpack_from(">Q", content, start + 8)
        header_size = 16
    elif size == 0:
        size = end - start
    if size < header_size or start + size > end:
        raise UnreadableMedia("not a movie")
    return size, name, header_size
