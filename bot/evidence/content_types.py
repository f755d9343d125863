"""Detect the type of a file from its content. Its name and the declared type are not trusted."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib

from bot.evidence.old_office import OLE_SIGNATURE, detect_old_document

# The size of the largest file that a bot can fetch: https://core.telegram.org/bots/api#getfile
MAX_FILE_BYTES = 20 * 1024 * 1024

# The signatures of the accepted types: offset, bytes, type. General libraries for detection do not
# fit, because everything that is not in this list must be refused: they call any archive a text
# document, do not know M4A, and take a program that begins like a picture for a picture.
_SIGNATURES = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xfa", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"%PDF-", "application/pdf"),
)
_RIFF_TYPES = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BRANDS = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime"}
_IMAGE_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")
_OFFICE_FOLDERS = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
OFFICE_TYPES = frozenset(_OFFICE_FOLDERS.values())
_OPEN_DOCUMENT_PREFIX = "application/vnd.oasis.opendocument."


def detect_content_type(content: bytes) -> str | None:
    """Return the media type of a file, such as "image/png"; None if its type is not accepted."""
    for offset, signature, content_type in _SIGNATURES:
        if content[offset : offset + len(signature)] == signature:
            return content_type
    if content[:4] == b"RIFF":
        return _RIFF_TYPES.get(content[8:12])
    if content[:8] == OLE_SIGNATURE:
        return detect_old_document(content)
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        return "image/heif" if brand in _IMAGE_BRANDS else _BRANDS.get(brand, "video/mp4")
    if content[:4] == b"PK\x03\x04":
        return _detect_document_type(content)
    return "text/plain" if _is_plain_text(content) else None


_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/tiff": ".tif",
    "image/heif": ".heic",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "application/pdf": ".pdf",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    _OFFICE_FOLDERS["word/"]: ".docx",
    _OFFICE_FOLDERS["xl/"]: ".xlsx",
    _OFFICE_FOLDERS["ppt/"]: ".pptx",
    f"{_OPEN_DOCUMENT_PREFIX}text": ".odt",
    f"{_OPEN_DOCUMENT_PREFIX}spreadsheet": ".ods",
    f"{_OPEN_DOCUMENT_PREFIX}presentation": ".odp",
    "text/plain": ".txt",
}


def is_office_document(content_type: str) -> bool:
    """Return True for the types of office documents that are archives."""
    return content_type in OFFICE_TYPES or content_type.startswith(_OPEN_DOCUMENT_PREFIX)


def seems_uncleanable(file_name: str | None, declared_type: str | None) -> bool:
    """Return True for an office document of the old formats, by its name and declared type."""
    extension = (file_name or "").lower().rpartition(".")[2]
    return extension in {"doc", "xls", "ppt"} or declared_type in {
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
    }


def choose_extension(content_type: str | None) -> str:
    """Return the usual extension of a detected type, with the dot; empty if there is none."""
    return _EXTENSIONS.get(content_type or "", "")


# The errors of a broken archive, of one with a password, and of an unknown compression method.
ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


def _detect_document_type(content: bytes) -> str | None:
    """Return the type of an office document, None for other archives."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                declared = archive.read("mimetype").decode("ascii", "replace").strip()
                return declared if declared.startswith(_OPEN_DOCUMENT_PREFIX) else None
    except ARCHIVE_ERRORS:
        return None
    if "[Content_Types].xml" not in names:
        return None
    return next(
        (
            content_type
            for folder, content_type in _OFFICE_FOLDERS.items()
            if any(name.startswith(folder) for name in names)
        ),
        None,
    )


def _is_plain_text(content: bytes) -> bool:
    """Return True for UTF-8 text that is not HTML, XML, RTF or a script."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    text = text.lstrip("\ufeff \t\r\n").casefold()
    return bool(text) and "\0" not in text and not text.startswith(("<", "#!", "{\\rtf"))
