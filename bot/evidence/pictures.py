"""Pictures without metadata: only the pixels are copied."""

from __future__ import annotations

import io
import warnings
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
# The memory of all frames, unpacked, in bytes. Telephones take photos of 50 million pixels.
_MAX_BYTES = 128 * 1024 * 1024
_MAX_WEBP_BYTES = 64 * 1024 * 1024  # its encoder needs several times the memory of the pixels
_MAX_PHOTO_BYTES = 208 * 1024 * 1024  # of one frame in JPEG, HEIC and AVIF
_MAX_JPEG_PIXELS = (
    150_000_000  # a larger one than _MAX_PHOTO_BYTES is read at half of its resolution
)
_MAX_FRAMES = 2000
_BUDGETS = {"JPEG": _MAX_PHOTO_BYTES, "WEBP": _MAX_WEBP_BYTES}  # by the format that is written
# Bytes of a pixel in memory; in all other modes it has 4 bytes.
_BYTES_OF_MODE = {"1": 1, "L": 1, "P": 1, "I;16": 2}


def clean_picture(content: bytes, content_type: str) -> bytes:
    """Return a picture that has nothing but the pixels of the given one, turned upright.

    All frames of an animation are kept, with their durations. HEIC and AVIF become JPEG, which has
    only the first frame. The size is read from the header, and compared with a limit, before any
    pixel is unpacked. Raises UnreadableMedia, and NotCleanable for too many pixels.
    """
    from PIL import Image, UnidentifiedImageError

    readable, written = _FORMATS[content_type]
    if "HEIF" in readable:
        import pillow_heif

        pillow_heif.register_heif_opener()
    try:
        # The limits below are narrower than those of Pillow, which only warns.
        with (
            warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
            Image.open(io.BytesIO(content), formats=readable) as opened,
        ):
            budget = _BUDGETS.get(written, _MAX_BYTES)
            if "JPEG" in readable:
                _lower_resolution(opened, budget)
            count = getattr(opened, "n_frames", 1) if written != "JPEG" else 1
            if count > _MAX_FRAMES:
                raise NotCleanable("too many frames")
            frames, durations = _copy_frames(opened, count, written, budget)
            return _save(frames, durations, opened.info.get("loop"), written)
    except Image.DecompressionBombError as error:
        raise NotCleanable("too many pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise UnreadableMedia("not a picture") from error


def _lower_resolution(opened: Image.Image, budget: int) -> None:
    """Let a large JPEG be read at half of its resolution. Raises NotCleanable for a huge one."""
    if opened.width * opened.height > _MAX_JPEG_PIXELS:
        raise NotCleanable("too many pixels")
    if _count_bytes(opened) > budget:
        opened.draft(None, (opened.width // 2, opened.height // 2))


def _count_bytes(opened: Image.Image) -> int:
    """Return the memory of one frame, unpacked, in bytes."""
    return opened.width * opened.height * _BYTES_OF_MODE.get(opened.mode, 4)


def _copy_frames(
    opened: Image.Image, count: int, written: str, budget: int
) -> tuple[list[Image.Image], list[int]]:
    """Return copies of the first frames of a picture, and their durations in milliseconds.

    Raises NotCleanable if they need more memory than `budget`, in bytes.
    """
    from PIL import ImageOps

    frames, durations = [], []
    if _count_bytes(opened) * count > budget:
        raise NotCleanable("too many pixels")
    for number in range(count):
        if count > 1:
            opened.seek(number)
        budget -= _count_bytes(opened)  # a frame may be larger than the first one
        if budget < 0:
            raise NotCleanable("too many pixels")
        durations.append(int(opened.info.get("duration", 0)))
        mode = _choose_mode(opened, written)
        if count > 1 or mode != opened.mode:
            copy = ImageOps.exif_transpose(opened).convert(mode)
        else:
            copy = ImageOps.exif_transpose(opened)
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
