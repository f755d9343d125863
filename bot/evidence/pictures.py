"""Pictures without metadata: only the pixels are copied."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from bot.evidence.errors import NotCleanable, UnreadableMedia

if TYPE_CHECKING:
    from PIL import Image

# The formats in which a picture is read, and the one in which it is written.
_FORMATS = {
    "image/jpeg": (("JPEG",), "JPEG"),
    "image/png": (("PNG",), "PNG"),
    "image/webp": (("WEBP",), "WEBP"),
    "image/gif": (("GIF",), "GIF"),
    "image/tiff": (("TIFF",), "TIFF"),
    "image/heif": (("HEIF", "AVIF"), "JPEG"),
}
PICTURE_TYPES = frozenset(_FORMATS)  # the media types that `clean_picture` can clean
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90},
    "WEBP": {"quality": 90},
    "TIFF": {"compression": "tiff_deflate"},
}
_KEPT_MODES = {
    "JPEG": {"L", "RGB"},
    "PNG": {"1", "L", "LA", "RGB", "RGBA", "I;16"},
    "TIFF": {"1", "L", "RGB", "RGBA", "I;16"},
}
_MAX_PIXELS = 60_000_000  # of all frames; a larger picture would need too much memory


def clean_picture(content: bytes, content_type: str) -> bytes:
    """Return a picture that has nothing but the pixels of the given one, turned upright.

    All frames of an animation are kept, with their durations. HEIC and AVIF become JPEG, which has
    only the first frame. Raises UnreadableMedia, and NotCleanable for too many pixels.
    """
    from PIL import Image, UnidentifiedImageError

    readable, written = _FORMATS[content_type]
    if "HEIF" in readable:
        import pillow_heif

        pillow_heif.register_heif_opener()
    try:
        with Image.open(io.BytesIO(content), formats=readable) as opened:
            count = getattr(opened, "n_frames", 1) if written != "JPEG" else 1
            if opened.width * opened.height * count > _MAX_PIXELS:
                raise NotCleanable("too many pixels")
            frames, durations = _copy_frames(opened, count, written)
            return _save(frames, durations, opened.info.get("loop"), written)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotCleanable("too many pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise UnreadableMedia("not a picture") from error


def _copy_frames(
    opened: Image.Image, count: int, written: str
) -> tuple[list[Image.Image], list[int]]:
    """Return copies of the first frames of a picture, and their durations in milliseconds."""
    from PIL import ImageOps

    frames, durations = [], []
    for number in range(count):
        if count > 1:
            opened.seek(number)
        durations.append(int(opened.info.get("duration", 0)))
        upright = ImageOps.exif_transpose(opened)
        copy = upright.convert(_choose_mode(upright, written))
        copy.info.clear()  # Pillow would save comments and colour profiles again.
        frames.append(copy)
    return frames, durations


def _choose_mode(image: Image.Image, written: str) -> str:
    """Return the mode of the pixels in the copy: the same, if the format can store it."""
    if image.mode in _KEPT_MODES.get(written, {"RGB", "RGBA"}):
        return image.mode
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    return "RGBA" if has_alpha and written != "JPEG" else "RGB"


def _save(frames: list[Image.Image], durations: list[int], loop: int | None, written: str) -> bytes:
    options = dict(_OPTIONS.get(written, {}))
    if len(frames) > 1:
        options |= {"save_all": True, "append_images": frames[1:]}
        if written != "TIFF":
            options["duration"] = durations
            options |= {"loop": loop} if loop is not None else {}
    cleaned = io.BytesIO()
    frames[0].save(cleaned, written, **options)
    return cleaned.getvalue()
