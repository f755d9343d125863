"""Small files for actions of people that contain no file."""

from __future__ import annotations

import struct
import zlib

from bot.simulator.api_types import UploadedFile


def make_sample_file(kind: str) -> UploadedFile:
    """Return a small valid file of a kind: photo, video, voice or document."""
    name, mime_type, content = _SAMPLES[kind]
    return UploadedFile(name, content, mime_type)


def _make_picture(width: int = 320, height: int = 240) -> bytes:
    """Return a PNG image of one colour."""

    def make_chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x3a\x7c\xa5" * width) * height
    parts = (
        make_chunk(b"IHDR", header),
        make_chunk(b"IDAT", zlib.compress(rows)),
        make_chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


_MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x08mdat"
_OGG = b"OggS\0\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01" + bytes(9)
_SAMPLES = {
    "photo": ("photo.png", "image/png", _make_picture()),
    "video": ("video.mp4", "video/mp4", _MP4),
    "voice": ("voice.ogg", "audio/ogg", _OGG),
    "document": ("document.txt", "text/plain", "Tài liệu mẫu.\n".encode()),
}
