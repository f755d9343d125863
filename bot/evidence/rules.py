"""What is taken as evidence: by its content, never by its name or by what somebody calls it."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from datetime import timedelta

# What a bot may fetch from Telegram's servers: https://core.telegram.org/bots/api#getfile
MOST_BYTES = 20 * 1024 * 1024
MEGABYTES = MOST_BYTES // (1024 * 1024)

MOST_ATTEMPTS = 12
_LONGEST_PAUSE = timedelta(hours=2)

# How the accepted types begin: (at, bytes, type). A list of our own, because what is not on it must
# be refused: the libraries that guess call any archive a text document, and an M4A nothing.
_SIGNATURES = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),
)
_BRANDS = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime"}
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"avif")
_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."


def detect_content_type(content: bytes) -> str | None:
    """The type of what is accepted, by its content; None for anything else."""
    for at, begins, found in _SIGNATURES:
        if content[at : at + len(begins)] == begins:
            return found
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        return "image/heif" if brand in _STILL_BRANDS else _BRANDS.get(brand, "video/mp4")
    if content[:4] == b"PK\x03\x04":
        return _document(content)
    return "text/plain" if _is_text(content) else None


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


def _document(content: bytes) -> str | None:
    """A word processor's file or the like is an archive; any other archive is refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                named = archive.read("mimetype").decode("ascii", "replace").strip()
                return named if named.startswith(_OPEN_DOCUMENT) else None
    except _BROKEN:
        return None  # broken, sealed by a password, or packed in a way that nobody knows
    if "[Content_Types].xml" not in names or any("vbaProject" in name for name in names):
        return None
    return next(
        (kind for at, kind in _OFFICE.items() if any(n.startswith(at) for n in names)), None
    )


def _is_text(content: bytes) -> bool:
    """Words: no page or program, which would also be text."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    begins = text.lstrip("\ufeff \t\r\n").casefold()
    return bool(begins) and "\0" not in text and not begins.startswith(("<", "#!", "{\\rtf"))


def compute_pause(attempt: int) -> timedelta:
    """How long to wait after a failed attempt, the first being 1."""
    return min(timedelta(seconds=10) * (1 << min(attempt - 1, 12)), _LONGEST_PAUSE)
