"""The files that were sent, by whomever."""

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

MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024  # what the public Bot API server lets a bot fetch
_MOST_BYTES = 512 * 1024 * 1024
_ENDINGS = {
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
    """A file with its bytes."""

    id: str
    kind: str
    path: str
    name: str
    mime_type: str | None
    content: bytes

    @property
    def unique_id(self) -> str:
        """The same for the same bytes, whoever sent them."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @property
    def media_type(self) -> str:
        """What to serve it as."""
        guessed = mimetypes.guess_type(self.name)[0] or mimetypes.guess_type(self.path)[0]
        return self.mime_type or guessed or "application/octet-stream"

    def as_json(self) -> Json:
        """Telegram's File, without a path."""
        return {
            "file_id": self.id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.content),
        }


class FileStore:
    """Keeps the newest within a number of bytes."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._by_id: OrderedDict[str, StoredFile] = OrderedDict()
        self._by_path: dict[str, str] = {}
        self._most_bytes = most_bytes
        self._bytes = 0
        self._count = 0

    def store(self, kind: str, upload: UploadedFile) -> StoredFile:
        """Keep a file of a kind (photo, video, ...)."""
        self._count += 1
        ending = _ENDINGS[kind] or PurePosixPath(upload.file_name).suffix
        stored = StoredFile(
            id=f"{kind}-{self._count:06d}-{hashlib.sha256(upload.content).hexdigest()[:12]}",
            kind=kind,
            path=f"{_FOLDERS.get(kind, kind)}/file_{self._count}{ending}",
            name=upload.file_name,
            mime_type=upload.mime_type,
            content=upload.content,
        )
        self._by_id[stored.id] = stored
        self._by_path[stored.path] = stored.id
        self._bytes += len(stored.content)
        self._forget_old()
        return stored

    def _forget_old(self) -> None:
        while self._bytes > self._most_bytes and len(self._by_id) > 1:
            _, old = self._by_id.popitem(last=False)
            del self._by_path[old.path]
            self._bytes -= len(old.content)

    def get(self, file_id: str) -> StoredFile | None:
        """The file, if it is still here."""
        return self._by_id.get(file_id)

    def at(self, path: str) -> StoredFile | None:
        """The file at a download path, if it may be downloaded."""
        stored = self._by_id.get(self._by_path.get(path, ""))
        return stored if stored and len(stored.content) <= MAX_DOWNLOAD_BYTES else None

    def described(self, file_id: str) -> Json:
        """getFile's answer."""
        stored = self._by_id.get(file_id)
        if stored is None:
            raise bad_request("invalid file_id")
        if len(stored.content) > MAX_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {**stored.as_json(), "file_path": stored.path}

    def clear(self) -> None:
        """Forget them all."""
        self._by_id.clear()
        self._by_path.clear()
        self._bytes = 0


def read_picture_size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG; 90 by 90 of what is neither."""
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return int(width), int(height)
    return _size_of_jpeg(content) or (90, 90)


def _size_of_jpeg(content: bytes) -> tuple[int, int] | None:
    place = 2
    while content.startswith(b"\xff\xd8") and place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return int(width), int(height)
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return None
