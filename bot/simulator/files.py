"""A store of the files that bots and people have sent."""

from __future__ import annotations

import hashlib
import mimetypes
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from bot.simulator.api_types import bad_request

if TYPE_CHECKING:
    from bot.simulator.api_types import Json, UploadedFile

MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024  # the limit of the public Bot API server
_MAX_STORE_BYTES = 512 * 1024 * 1024  # of all files together
_EXTENSIONS = {
    "photo": ".jpg",
    "video": ".mp4",
    "voice": ".oga",
    "audio": ".mp3",
    "animation": ".mp4",
    "video_note": ".mp4",
    "sticker": ".webp",
    "document": "",
    "thumbnail": ".jpg",
}
_FOLDERS = {"photo": "photos", "video": "videos", "document": "documents", "audio": "music"}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored file. `path` is its path for downloads."""

    id: str
    kind: str
    path: str
    name: str
    mime_type: str | None
    content: bytes

    @property
    def unique_id(self) -> str:
        """An id that is the same for files with the same content."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @property
    def media_type(self) -> str:
        """The media type for HTTP responses."""
        guessed = mimetypes.guess_type(self.name)[0] or mimetypes.guess_type(self.path)[0]
        return self.mime_type or guessed or "application/octet-stream"

    def as_json(self) -> Json:
        """Return the object "File" of the Bot API, without a path."""
        return {
            "file_id": self.id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.content),
        }


class FileStore:
    """Stores the newest files up to a total size."""

    def __init__(self, max_bytes: int = _MAX_STORE_BYTES) -> None:
        self._by_id: OrderedDict[str, StoredFile] = OrderedDict()
        self._by_path: dict[str, str] = {}
        self._max_bytes = max_bytes
        self._bytes = 0
        self._count = 0

    def add_file(self, kind: str, upload: UploadedFile) -> StoredFile:
        """Store a file of a kind: photo, video and others."""
        self._count += 1
        extension = _EXTENSIONS[kind] or PurePosixPath(upload.file_name).suffix
        stored = StoredFile(
            id=f"{kind}-{self._count:06d}-{hashlib.sha256(upload.content).hexdigest()[:12]}",
            kind=kind,
            path=f"{_FOLDERS.get(kind, kind)}/file_{self._count}{extension}",
            name=upload.file_name,
            mime_type=upload.mime_type,
            content=upload.content,
        )
        self._by_id[stored.id] = stored
        self._by_path[stored.path] = stored.id
        self._bytes += len(stored.content)
        self._delete_oldest()
        return stored

    def _delete_oldest(self) -> None:
        while self._bytes > self._max_bytes and len(self._by_id) > 1:
            _, old = self._by_id.popitem(last=False)
            del self._by_path[old.path]
            self._bytes -= len(old.content)

    def get_file(self, file_id: str) -> StoredFile | None:
        """Return a file, None if it does not exist (any more)."""
        return self._by_id.get(file_id)

    def get_by_path(self, path: str) -> StoredFile | None:
        """Return the file with a download path, None if it is missing or too large."""
        stored = self._by_id.get(self._by_path.get(path, ""))
        return stored if stored and len(stored.content) <= MAX_DOWNLOAD_BYTES else None

    def describe_file(self, file_id: str) -> Json:
        """Return the result of getFile. Raises ApiError."""
        stored = self._by_id.get(file_id)
        if stored is None:
            raise bad_request("invalid file_id")
        if len(stored.content) > MAX_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {**stored.as_json(), "file_path": stored.path}

    def clear(self) -> None:
        """Delete all files."""
        self._by_id.clear()
        self._by_path.clear()
        self._bytes = 0


def read_picture_size(content: bytes) -> tuple[int, int]:
    """Return the width and height of a PNG or JPEG; (90, 90) for other files."""
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return int(width), int(height)
    return _read_jpeg_size(content) or (90, 90)


def _read_jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Return the size from the first frame header of a JPEG, None if there is none."""
    index = 2
    while content.startswith(b"\xff\xd8") and index + 9 <= len(content) and content[index] == 0xFF:
        marker = content[index + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[index + 5 : index + 9])
            return int(width), int(height)
        index += 2 + int.from_bytes(content[index + 2 : index + 4], "big")
    return None
